import Settings

/// Legendre polynomials on [0, T]: p_i(t) = P_i(2t/T − 1), i = 0 … m − 1.
///
///     P_0 = 1,   P_1 = x,   (i + 1)·P_{i+1} = (2i + 1)·x·P_i − i·P_{i−1},   ∫₀ᵀ p_i p_k dt = T/(2i + 1)·δ_ik
///
/// The polynomials are orthogonal, so that large coefficients never compensate one another. θ_0 is the mean over time. Because |p_i| ≤ 1 and |p_i| = 1 at both ends, independent coefficients of variance v give
/// the weights the variance m·v at the ends and v·Σ 1/(2i + 1) on average over time. Source: DLMF 14.7, 18.9.1.
package struct PolynomialBasis: TimeBasis {
  /// The largest number of coefficients. Polynomials of higher degree oscillate between the layers.
  package static let maximumCount = 32

  private let coefficients: Int

  /// - Parameter coefficients: m; the degree is m − 1.
  /// - Throws: `.outOfRange` beyond `maximumCount`.
  package init(_ coefficients: Int) throws(Failure) {
    guard 1...Self.maximumCount ~= coefficients else {
      throw Failure(.outOfRange, "basis_count is \(coefficients); weights_in_time polynomial takes between 1 and \(Self.maximumCount) (degree \(Self.maximumCount - 1))")
    }
    self.coefficients = coefficients
  }

  package var support: Int { coefficients }
  package var degree: Int { coefficients - 1 }
  package func count(on grid: TimeGrid) -> Int { coefficients }
  package func breakpoints(on grid: TimeGrid) -> [Double] { [0, grid.horizon] }

  package func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int {
    let x = 2 * min(max(time / grid.horizon, 0), 1) - 1
    values[0] = 1
    if coefficients > 1 { values[1] = x }
    for i in stride(from: 1, to: coefficients - 1, by: 1) {
      values[i + 1] = (Double(2 * i + 1) * x * values[i] - Double(i) * values[i - 1]) / Double(i + 1)
    }
    return 0
  }
}

import LinearAlgebra

/// An explicit Runge–Kutta method of seven stages with an embedded error estimate and a continuous extension, whose last stage is the first of the next step (FSAL).
///
///     Y_i = y + h Σ_{j<i} a_ij k_j,   k_i = f(Y_i),   y₊ = Y_7,   error = h Σ_j e_j k_j,   y(t + θh) ≈ y + h Σ_j w_j(θ) k_j
///
/// The seventh stage does not enter y₊. The field does not depend on time within a layer, so the nodes c_i are not needed.
package final class AdaptiveTableau: Sendable {
  package static let stages = 7

  package let name: String
  /// Order of the step.
  package let order: Int
  /// a_ij, row by row from the second stage; the last row are the weights b_j of y₊.
  private let coefficients: InlineArray<49, Double>
  /// e_j = b_j − b̂_j.
  package let error: InlineArray<7, Double>
  /// w_j(θ): for θ in [0, 1] the weights of the continuous extension.
  package let extensionWeights: @Sendable (_ theta: Double) -> InlineArray<7, Double>
  /// w_jm with w_j(θ) = Σ_{m=1…4} w_jm θᵐ, four for each stage.
  private let extensionCoefficients: InlineArray<28, Double>

  /// - Parameter rows: the second to the seventh stage's coefficients, 1 … 6 of them.
  init(
    _ name: String, order: Int, rows: [[Double]], error: InlineArray<7, Double>, extensionWeights: @escaping @Sendable (_ theta: Double) -> InlineArray<7, Double>
  ) {
    self.name = name
    self.order = order
    var coefficients = InlineArray<49, Double>(repeating: 0)
    for (row, values) in rows.enumerated() {
      for (column, value) in values.enumerated() { coefficients[(row + 1) * 7 + column] = value }
    }
    self.coefficients = coefficients
    self.error = error
    self.extensionWeights = extensionWeights
    extensionCoefficients = Self.coefficients(of: extensionWeights)
  }

  /// The coefficients of the quartics w_j, which are 0 at 0, from their values at ¼, ½, ¾ and 1: Newton's form in 4θ, expanded.
  private static func coefficients(of weights: (_ theta: Double) -> InlineArray<7, Double>) -> InlineArray<28, Double> {
    let (first, second, third, fourth) = (weights(0.25), weights(0.5), weights(0.75), weights(1))
    var coefficients = InlineArray<28, Double>(repeating: 0)
    for j in 0..<7 {
      let (f1, f2, f3, f4) = (first[j], second[j], third[j], fourth[j])
      let (d1, d2, d3, d4) = (f1, f2 - 2 * f1, f3 - 3 * f2 + 3 * f1, f4 - 4 * f3 + 6 * f2 - 4 * f1)
      coefficients[4 * j] = 4 * (d1 - d2 / 2 + d3 / 3 - d4 / 4)
      coefficients[4 * j + 1] = 16 * (d2 / 2 - d3 / 2 + 11 * d4 / 24)
      coefficients[4 * j + 2] = 64 * (d3 / 6 - d4 / 4)
      coefficients[4 * j + 3] = 256 * (d4 / 24)
    }
    return coefficients
  }

  /// a_ij with i and j counted from 0.
  package func a(_ i: Int, _ j: Int) -> Double { coefficients[i * 7 + j] }
  /// b_j with j counted from 0.
  package func b(_ j: Int) -> Double { coefficients[42 + j] }
  /// w_jm of the continuous extension, with the stage j counted from 0 and the power m from 1 to 4.
  package func extensionCoefficient(_ j: Int, _ power: Int) -> Double { extensionCoefficients[4 * j + power - 1] }
}

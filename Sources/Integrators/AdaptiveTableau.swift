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
  }

  /// a_ij, both from 0.
  package func a(_ i: Int, _ j: Int) -> Double { coefficients[i * 7 + j] }
  /// b_j, from 0.
  package func b(_ j: Int) -> Double { coefficients[42 + j] }
}

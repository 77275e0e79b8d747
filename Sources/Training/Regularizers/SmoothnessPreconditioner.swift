import LinearAlgebra
import Settings

/// The exact inverse of the Hessian of smoothness and weight decay together, shifted: x ← (α_s LᵀL + α_w W + γI)⁻¹x, over all parameters of a network, in place.
///
/// LᵀL = DᵀD/h acts over the layers of each tensor and is diagonalized by the cosine transform (`SmoothnessSolve`); W is the identity on weights and zero on biases. What has no layers is divided.
/// Source: theory §4 ("the smoothness term has a DCT-based exact preconditioner"), for the conjugate gradients of Newton's and Gauss & Newton's methods.
package struct SmoothnessPreconditioner {
  private let layout: ParameterLayout
  private let smoothness: Double
  private let weightDecay: Double
  private let solve: SmoothnessSolve

  /// - Parameters:
  ///   - smoothness: α_s ≥ 0.
  ///   - weightDecay: α_w ≥ 0.
  /// - Throws: `memory`.
  package init(_ layout: ParameterLayout, smoothness: Double, weightDecay: Double = 0) throws(Failure) {
    self.layout = layout
    self.smoothness = smoothness
    self.weightDecay = weightDecay
    solve = try SmoothnessSolve(maximumLayers: layout.regions.map(\.layers).max() ?? 1)
  }

  /// Solves in place.
  /// - Parameters:
  ///   - x: as many numbers as the network has parameters.
  ///   - shift: γ > 0.
  /// - Complexity: a transform of length N and back for each number of a layer; allocates nothing.
  package func apply(_ x: Vector, shift: Double) {
    for region in layout.regions {
      let shift = shift + (region.isWeight ? weightDecay : 0)
      if region.distances.isEmpty {
        solve.solve(x[region.range], layers: region.layers, factor: smoothness / region.stepSize, shift: shift)
      } else {
        solve.solve(x[region.range], distances: region.distances, strength: smoothness, shift: shift)
      }
    }
  }
}

import LinearAlgebra
import Settings

/// Averages the gradient of a first-order method over neighboring layers: g_j ← (1 − 2s)g_j + s·g_{j−1} + s·g_{j+1}, each end being its own neighbor.
///
/// Source: Xu, Chen & Li 2023 (arXiv:2306.02192), for whom it is a post-processing: of multi-step and leapfrog schemes the exact discrete gradient can oscillate from layer to layer although the weights vary slowly. The result
/// is no longer the gradient of the objective. For s ≤ ¼ it is still a direction of descent, because the averaging is symmetric and positive semidefinite. It acts on tensors with one entry for each layer, after the
/// regularizers and before clipping; weights that layers share, or that are mixed from coefficients, keep their gradients.
package struct GradientSmoothing: Sendable {
  package static let options = [
    OptionDescription(
      "gradient_smoothing", .real(0...0.5), default: .real(0), unit: "1",
      "share s of the neighbors when gradients are averaged over layers, g_j ← (1−2s)g_j + s·g_{j−1} + s·g_{j+1}, against oscillations of multi-step and leapfrog schemes; the result is not the exact gradient, and for s > 0.25 it may ascend; 0: the exact gradient")
  ]

  package let share: Double

  package init(_ values: OptionValues) throws(Failure) { share = try values.real("gradient_smoothing") }

  /// Averages in place; the same bits for any number of threads.
  package func apply(to gradient: Vector, of objective: any Objective) {
    if share > 0 { objective.averageLayers(of: gradient, share: share) }
  }
}

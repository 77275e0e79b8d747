import LinearAlgebra
import Settings

/// ½‖s − t‖² of a sample's outputs s and targets t: regression.
///
/// The gradient is s − t. This loss defines no accuracy.
package struct LeastSquares: Loss {
  package init() {}
  package var targetKind: TargetKind { .values }
  package var scalesTargets: Bool { true }
  package func classes(outputs: Int) -> Int { 0 }
  package func check(outputs: Int) throws(Failure) {}

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    leastSquares(outputs: scores, targets: targets.values, count: count, weights: targets.weights, scale: scale, gradient: gradient)
  }

  /// ∇²ℓ is the identity.
  package func curvature(at scores: Block, of tangent: Block, scratch: Block) {}

  package func link(_ scores: Block, into out: Block) {
    if out.base != scores.base { copy(scores, into: out) }
  }
}

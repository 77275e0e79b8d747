import LinearAlgebra
import Settings

/// ½ Σ_o w_o (s_o − t_o)² of a sample's outputs s and targets t: regression.
///
/// The gradient is w⊙(s − t). This loss defines no accuracy.
package struct LeastSquares: Loss {
  private let terms: OutputTerms

  package init(weights: [Double] = []) { terms = OutputTerms(.halfSquare, weights: weights) }
  package init(_ options: OptionValues) throws(Failure) { self.init(weights: try OutputWeights.read(options)) }

  package var outputKind: OutputKind { .values }
  package var targetScale: TargetScale? { .standard }
  /// The caller's squares are c² times the scaled ones.
  package func scaled(shifts: [Double], scales: [Double], in unit: LossUnit) -> any Loss { unit == .training ? self : LeastSquares(weights: terms.weights(times: scales.map { $0 * $0 })) }
  package func classes(outputs: Int) -> Int { 0 }
  package func check(outputs: Int) throws(Failure) { try OutputWeights.check(terms.weights, outputs: outputs) }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    guard terms.weights.isEmpty else {
      return terms.sum(scores: scores, targets: targets.values, count: count, sampleWeights: targets.weights, scale: scale, gradient: gradient)
    }
    return leastSquares(outputs: scores, targets: targets.values, count: count, weights: targets.weights, scale: scale, gradient: gradient)
  }

  /// ∇²ℓ is the diagonal of w.
  package func curvature(at scores: Block, of tangent: Block, scratch: Block) { terms.applyCurvature(at: scores, to: tangent) }

  package func link(_ scores: Block, into out: Block) {
    if out.base != scores.base { copy(scores, into: out) }
  }
}

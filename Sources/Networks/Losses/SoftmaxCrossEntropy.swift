import LinearAlgebra
import Settings

/// −log softmax(s)_label for scores s, computed as log Σ exp(s − max s) − (s_label − max s): no overflow for any finite scores.
///
/// Source: Haber & Ruthotto 2017, §2.2. The gradient is softmax(s) − onehot(label).
package struct SoftmaxCrossEntropy: Loss {
  package init() {}
  package var outputKind: OutputKind { .classes }
  package func classes(outputs: Int) -> Int { outputs }

  package func check(outputs: Int) throws(Failure) {
    guard outputs >= 2 else {
      throw Failure(.incompatible, "loss softmax_cross_entropy needs outputs >= 2, one per class; outputs is \(outputs) (for two classes with one score use logistic)")
    }
  }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    softmaxCrossEntropy(
      scores: scores, labels: targets.labels, count: count, weights: targets.weights, smoothing: targets.smoothing, scale: scale, gradient: gradient, correct: &correct)
  }

  /// ∇²ℓ = diag(p) − ppᵀ with p = softmax(scores).
  package func curvature(at scores: Block, of tangent: Block, scratch: Block) {
    let (probabilities, mean) = (scratch.rows(0..<scores.rows), scratch.rows(scores.rows..<scores.rows + 1))
    softmax(scores, into: probabilities)
    columnDots(probabilities, tangent, into: mean)
    multiply(1, probabilities, tangent, addingTo: nil, into: tangent)
    scaleColumns(mean, probabilities, scale: -1, addingTo: tangent, into: tangent)
  }

  package func link(_ scores: Block, into out: Block) { softmax(scores, into: out) }
}

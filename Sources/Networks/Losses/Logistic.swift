import LinearAlgebra
import Settings

/// −log σ(s) for label 1 and −log σ(−s) for label 0, of one score s: softplus(∓s), without overflow at any finite score.
///
/// Source: Haber & Ruthotto 2017, §2.2 (logistic regression). The gradient is σ(s) − label.
package struct Logistic: Loss {
  package init() {}
  package var outputKind: OutputKind { .classes }
  package func classes(outputs: Int) -> Int { 2 }

  package func check(outputs: Int) throws(Failure) {
    guard outputs == 1 else { throw Failure(.incompatible, "loss logistic needs outputs = 1, the score of class 1; outputs is \(outputs)") }
  }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    logistic(
      scores: scores, labels: targets.labels, count: count, weights: targets.weights, smoothing: targets.smoothing, scale: scale, gradient: gradient, correct: &correct)
  }

  /// ∇²ℓ = p(1 − p) with p = σ(score).
  package func curvature(at scores: Block, of tangent: Block, scratch: Block) {
    let probability = scratch.rows(0..<1)
    sigmoid(scores, into: probability)
    multiply(1, probability, tangent, addingTo: nil, into: tangent)
    multiply(-1, probability, tangent, addingTo: tangent, into: tangent)
  }

  /// The probability of class 1.
  package func link(_ scores: Block, into out: Block) { sigmoid(scores, into: out) }
}

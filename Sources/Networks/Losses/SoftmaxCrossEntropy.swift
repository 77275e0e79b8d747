import LinearAlgebra
import Settings

/// −log softmax(s)_label for scores s, computed as log Σ exp(s − max s) − (s_label − max s): no overflow for any finite scores.
///
/// Source: Haber & Ruthotto 2017, §2.2. The gradient is softmax(s) − onehot(label).
package struct SoftmaxCrossEntropy: Loss {
  package init() {}
  package var targetKind: TargetKind { .labels }
  package func classes(outputs: Int) -> Int { outputs }

  package func check(outputs: Int) throws(Failure) {
    guard outputs >= 2 else {
      throw Failure(.incompatible, "loss softmax_cross_entropy needs outputs >= 2, one a class; outputs is \(outputs) (for two classes with one score use logistic)")
    }
  }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    softmaxCrossEntropy(scores: scores, labels: targets.labels, count: count, scale: scale, gradient: gradient, correct: &correct)
  }

  package func link(_ scores: Block, into out: Block) { softmax(scores, into: out) }
}

import CKernels

/// Softmax cross-entropy of a tile: Σ_s (log Σ_c exp(s_c − max) − (s_label − max)), summed over the samples in Double, in their order.
///
/// - Parameters:
///   - scores: classes × samples.
///   - labels: one per sample, 0 ..< classes, or −1 for none, which adds nothing; another makes the loss NaN.
///   - count: the samples of the tile; the columns past it are padding.
///   - scale: factor of the gradient, 1/batch for a mean loss.
///   - weights: float64, one for each sample, by which its loss and gradient are multiplied; nil: 1.
///   - smoothing: ε in [0, 1): the label's distribution is q = (1 − ε) onehot + ε/classes.
///   - gradient: scale·(softmax − q), zeros in padding.
///   - correct: increased by the number of samples whose largest score (the first of equal ones) is their label's.
package func softmaxCrossEntropy(
  scores: Block, labels: UnsafePointer<Int32>, count: Int, weights: Vector? = nil, smoothing: Double = 0, scale: Double, gradient: Block?, correct: inout Int
) -> Double {
  var call = LossCall(scores, count: count, gradient: gradient, scale: scale, labels: labels, weights: weights, smoothing: smoothing)
  Kernels.table(scores.precision).pointee.crossEntropy(&call)
  correct += call.correct
  return call.loss
}

/// Logistic loss of a tile of one row: Σ_s −log σ(s) for label 1, −log σ(−s) for label 0.
///
/// Parameters as for `softmaxCrossEntropy`; the gradient is scale·(σ(s) − q), q = label or, smoothed, (1 − ε)·label + ε/2. A score above 0 predicts class 1.
package func logistic(
  scores: Block, labels: UnsafePointer<Int32>, count: Int, weights: Vector? = nil, smoothing: Double = 0, scale: Double, gradient: Block?, correct: inout Int
) -> Double {
  var call = LossCall(scores, count: count, gradient: gradient, scale: scale, labels: labels, weights: weights, smoothing: smoothing)
  Kernels.table(scores.precision).pointee.logistic(&call)
  correct += call.correct
  return call.loss
}

/// Least squares of a tile: Σ_s w_s·½‖o_s − t_s‖²; the gradient is scale·w·(o − t), zeros in padding. Without weights w = 1. A target that is NaN is not observed and adds nothing.
package func leastSquares(outputs: Block, targets: Block, count: Int, weights: Vector? = nil, scale: Double, gradient: Block?) -> Double {
  var call = LossCall(outputs, count: count, gradient: gradient, scale: scale, labels: nil, weights: weights)
  call.targets = UnsafeRawPointer(targets.base)
  call.targetStride = targets.stride
  Kernels.table(outputs.precision).pointee.leastSquares(&call)
  return call.loss
}

/// out = softmax of each sample's scores, over the classes; `out` may not be `scores`.
package func softmax(_ scores: Block, into out: Block) {
  var call = LossCall(scores, count: scores.columns, gradient: out, scale: 1, labels: nil)
  Kernels.table(out.precision).pointee.softmax(&call)
}

extension LossCall {
  fileprivate init(
    _ scores: Block, count: Int, gradient: Block?, scale: Double, labels: UnsafePointer<Int32>?, weights: Vector? = nil, smoothing: Double = 0
  ) {
    precondition(weights.map { $0.precision == .float64 && $0.count >= count } ?? true, "a float64 weight a sample")
    self.init(
      scores: scores.base, scoreStride: scores.stride, classes: scores.rows, columns: scores.columns, count: count, labels: labels, targets: nil, targetStride: 0,
      gradient: gradient?.base, gradientStride: gradient?.stride ?? 0, scale: scale,
      weights: weights.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }, smoothing: smoothing, loss: 0, correct: 0)
  }
}

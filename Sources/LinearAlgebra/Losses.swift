import KernelInterface

/// Softmax cross-entropy of a tile: Σ_s (log Σ_c exp(s_c − max) − (s_label − max)), summed over the samples in Double, in their order.
///
/// - Parameters:
///   - scores: classes × samples.
///   - labels: one a sample, 0 ..< classes; another makes the loss NaN.
///   - count: the samples of the tile; the columns past it are padding.
///   - scale: factor of the gradient, 1/batch for a mean loss.
///   - gradient: scale·(softmax − onehot), zeros in padding.
///   - correct: grows by the samples whose largest score, the first of equals, is their label's.
package func softmaxCrossEntropy(scores: Block, labels: UnsafePointer<Int32>, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
  var call = LossCall(scores, count: count, gradient: gradient, scale: scale, labels: labels)
  Kernels.table(scores.precision).pointee.crossEntropy(&call)
  correct += call.correct
  return call.loss
}

/// Logistic loss of a tile of one row: Σ_s −log σ(s) for label 1, −log σ(−s) for label 0.
///
/// Parameters as for `softmaxCrossEntropy`; the gradient is scale·(σ(s) − label). A score above 0 says 1.
package func logistic(scores: Block, labels: UnsafePointer<Int32>, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
  var call = LossCall(scores, count: count, gradient: gradient, scale: scale, labels: labels)
  Kernels.table(scores.precision).pointee.logistic(&call)
  correct += call.correct
  return call.loss
}

/// Least squares of a tile: Σ_s ½‖o_s − t_s‖²; the gradient is scale·(o − t), zeros in padding.
package func leastSquares(outputs: Block, targets: Block, count: Int, scale: Double, gradient: Block?) -> Double {
  var call = LossCall(outputs, count: count, gradient: gradient, scale: scale, labels: nil)
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
  fileprivate init(_ scores: Block, count: Int, gradient: Block?, scale: Double, labels: UnsafePointer<Int32>?) {
    self.init(
      scores: scores.base, scoreStride: scores.stride, classes: scores.rows, columns: scores.columns, count: count, labels: labels, targets: nil, targetStride: 0,
      gradient: gradient?.base, gradientStride: gradient?.stride ?? 0, scale: scale, loss: 0, correct: 0)
  }
}

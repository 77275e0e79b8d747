import KernelInterface

/// out = base + scale·σ(W x + bias) and slope = σ'(W x + bias), in one pass.
///
/// Each number accumulates its bias and then w[i,k]·x[k], k ascending, so a sample's bits do not depend on the block it is in.
///
/// - Parameters:
///   - weights: outputs × inputs with any strides; for one sample the fast path wants `rowStride` 1.
///   - bias: one number an output, one for all, or none.
///   - x: inputs × samples: one column, or a multiple of 16.
///   - base: nil stands for zeros; it may be the memory of `out`, which may not be that of `x`.
///   - slope: where σ' goes, when asked for.
/// - Accuracy: σ as documented at `apply`; tanh' = 1 − tanh² and sigmoid' = σ(1 − σ) are accurate absolutely, not relatively, where they vanish.
/// - Cost: 2·outputs·inputs·samples operations and one activation an output; no allocation.
package func affine(_ weights: Matrix, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?) {
  assert(x.rows == weights.columns && out.rows == weights.rows && x.columns == out.columns, "affine: shapes")
  var call = AffineCall(
    weights: weights.base, rowStride: weights.rowStride, columnStride: weights.columnStride, outputs: weights.rows, inputs: weights.columns,
    bias: bias.map { UnsafeRawPointer($0.base) }, biasStride: bias?.stride ?? 0, activation: activation.rawValue, scale: scale, x: x.base, xStride: x.stride,
    base: base.map { UnsafeRawPointer($0.base) }, baseStride: base?.stride ?? 0, out: out.base, outStride: out.stride, slope: slope?.base, slopeStride: slope?.stride ?? 0,
    columns: out.columns)
  let table = Kernels.table(out.precision)
  if out.columns == 1 {
    table.pointee.affineOne(&call)
  } else {
    table.pointee.affineTile(&call)
  }
}

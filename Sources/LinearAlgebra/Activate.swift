import CKernels

/// out = base + scale·σ(x) and slope = σ'(x), elementwise: the last part of `affine`, with the same bits.
///
/// - Parameters:
///   - base: nil stands for zeros; it may be the memory of `out`.
///   - out, slope: either may be the memory of `x`, not both.
///   - slope: receives σ'; nil if it is not needed.
/// - Accuracy: σ as documented at `apply`, σ' as at `affine`.
package func activate(_ activation: Activation, _ x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?) {
  assert(x.rows == out.rows && x.columns == out.columns, "activate: shapes")
  if BlockPieces.areMany(out) {
    return forEachPiece(of: out.rows, BlockPieces.rows(out)) { rows in activate(activation, x.rows(rows), scale: scale, addingTo: base?.rows(rows), into: out.rows(rows), slope: slope?.rows(rows)) }
  }
  let flat = x.isContiguous && out.isContiguous && base?.isContiguous != false && slope?.isContiguous != false
  var call = ActivateCall(
    activation: activation.rawValue, scale: scale, x: x.base, xStride: x.stride, base: base.map { UnsafeRawPointer($0.base) }, baseStride: base?.stride ?? 0, out: out.base,
    outStride: out.stride, slope: slope?.base, slopeStride: slope?.stride ?? 0, rows: flat ? 1 : out.rows, columns: flat ? out.rows * out.columns : out.columns)
  Kernels.table(out.precision).pointee.activate(&call)
}

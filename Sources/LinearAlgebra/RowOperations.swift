import CKernels

/// out[i,s] = base[i,s] + scale·f[i]·x[i,s], with one factor f[i] for each row.
///
/// - Parameters:
///   - factors: one number per row (`stride` 1), per `factors.rows` rows, or one for all (`stride` 0), in the precision of `x`.
///   - base: nil stands for zeros; it may be the memory of `out`, as may `x`.
/// - Accuracy: scale·f is rounded once, then one fused multiply-add a number.
package func scaleRows(_ factors: Bias, _ x: Block, scale: Double, addingTo base: Block?, into out: Block) {
  if BlockPieces.isOver(before: x) { return }
  assert(x.rows == out.rows && x.columns == out.columns && x.rows % factors.rows == 0, "scaleRows: shapes")
  if factors.rows > 1, factors.stride > 0 {
    return factors.forEachGroup(of: x.rows, x.precision) { scaleRows($0, x.rows($1), scale: scale, addingTo: base?.rows($1), into: out.rows($1)) }
  }
  var call = ElementwiseCall(
    a: scale, b: 0, x: factors.base, xStride: factors.stride, y: UnsafeRawPointer(x.base), yStride: x.stride, base: base.map { UnsafeRawPointer($0.base) },
    baseStride: base?.stride ?? 0, out: out.base, outStride: out.stride, rows: out.rows, columns: out.columns)
  Kernels.table(out.precision).pointee.scaleRows(&call)
}

/// out[i·stride] += scale·Σ_s x[i,s]·y[i,s]: the gradient of a factor per row; `out.rows` consecutive rows, or with stride 0 all rows, sum into one number.
///
/// The order of the sum is fixed: within a row by lanes, then row by row. Padding columns are included, so `x` or `y` must be zero there.
package func accumulateRowDots(_ x: Block, _ y: Block, scale: Double, addingTo out: Bias) {
  if BlockPieces.isOver(before: x) { return }
  assert(x.rows == y.rows && x.columns == y.columns && x.rows % out.rows == 0, "accumulateRowDots: shapes")
  if out.rows > 1, out.stride > 0 {
    return out.forEachGroup(of: x.rows, x.precision) { accumulateRowDots(x.rows($1), y.rows($1), scale: scale, addingTo: $0) }
  }
  var call = ElementwiseCall(
    a: scale, b: 0, x: x.base, xStride: x.stride, y: UnsafeRawPointer(y.base), yStride: y.stride, base: nil, baseStride: 0, out: out.base, outStride: out.stride, rows: x.rows,
    columns: x.columns)
  Kernels.table(x.precision).pointee.rowDots(&call)
}

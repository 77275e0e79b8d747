import CKernels

/// out[i,s] = base[i,s] + scale·c[s]·x[i,s], with one factor c[s] for each sample.
///
/// - Parameters:
///   - factors: one row, as many columns as `x`.
///   - base: nil stands for zeros; it may be the memory of `out`, as may `x`.
package func scaleColumns(_ factors: Block, _ x: Block, scale: Double, addingTo base: Block?, into out: Block) {
  assert(factors.rows == 1 && factors.columns == x.columns && x.rows == out.rows && x.columns == out.columns, "scaleColumns: shapes")
  // The stride is 0, so that the one row is read for every row of x.
  var call = ElementwiseCall(
    a: scale, b: 0, x: factors.base, xStride: 0, y: UnsafeRawPointer(x.base), yStride: x.stride, base: base.map { UnsafeRawPointer($0.base) }, baseStride: base?.stride ?? 0,
    out: out.base, outStride: out.stride, rows: out.rows, columns: out.columns)
  Kernels.table(out.precision).pointee.multiply(&call)
}

/// out[s] = Σ_i x[i,s]·y[i,s], i ascending with fused multiply-adds: an inner product per sample, whose bits do not depend on its neighbors.
///
/// - Parameter out: one row; not the memory of `x` or `y`, unless they have one row.
package func columnDots(_ x: Block, _ y: Block, into out: Block) {
  assert(out.rows == 1 && x.rows == y.rows && x.columns == y.columns && x.columns == out.columns, "columnDots: shapes")
  var call = ElementwiseCall(
    a: 1, b: 0, x: x.base, xStride: x.stride, y: UnsafeRawPointer(y.base), yStride: y.stride, base: nil, baseStride: 0, out: out.base, outStride: out.stride, rows: x.rows,
    columns: x.columns)
  Kernels.table(out.precision).pointee.columnDots(&call)
}

/// out[i,s] = mask[s] ≠ 0 ? a[i,s] : b[i,s]. The numbers that are not chosen have no effect, even if they are NaN.
///
/// - Parameters:
///   - mask: one row of 0 and 1.
///   - out: may be the memory of `a` or `b`.
package func selectColumns(_ mask: Block, _ a: Block, _ b: Block, into out: Block) {
  assert(mask.rows == 1 && mask.columns == out.columns && a.rows == out.rows && b.rows == out.rows, "selectColumns: shapes")
  var call = ElementwiseCall(
    a: 0, b: 0, x: a.base, xStride: a.stride, y: UnsafeRawPointer(b.base), yStride: b.stride, base: UnsafeRawPointer(mask.base), baseStride: 0, out: out.base,
    outStride: out.stride, rows: out.rows, columns: out.columns)
  Kernels.table(out.precision).pointee.selectColumns(&call)
}

import CKernels

/// out = base + scale·a⊙b; base nil stands for zeros and may be `out`, as may `a` and `b`.
package func multiply(_ scale: Double, _ a: Block, _ b: Block, addingTo base: Block?, into out: Block) {
  if BlockPieces.areMany(out) {
    return forEachPiece(of: out.rows, BlockPieces.rows(out)) { rows in multiply(scale, a.rows(rows), b.rows(rows), addingTo: base?.rows(rows), into: out.rows(rows)) }
  }
  let flat = a.isContiguous && b.isContiguous && out.isContiguous && base?.isContiguous != false
  var call = ElementwiseCall(
    a: scale, b: 0, x: a.base, xStride: a.stride, y: UnsafeRawPointer(b.base), yStride: b.stride, base: base.map { UnsafeRawPointer($0.base) }, baseStride: base?.stride ?? 0,
    out: out.base, outStride: out.stride, rows: out.rows, columns: out.columns)
  if flat { call.flatten() }
  Kernels.table(out.precision).pointee.multiply(&call)
}

/// out = a·x + b·y; `out` may be `x` or `y`.
package func combine(_ a: Double, _ x: Block, _ b: Double, _ y: Block, into out: Block) {
  if BlockPieces.areMany(out) {
    return forEachPiece(of: out.rows, BlockPieces.rows(out)) { rows in combine(a, x.rows(rows), b, y.rows(rows), into: out.rows(rows)) }
  }
  var call = ElementwiseCall(
    a: a, b: b, x: x.base, xStride: x.stride, y: UnsafeRawPointer(y.base), yStride: y.stride, base: nil, baseStride: 0, out: out.base, outStride: out.stride, rows: out.rows,
    columns: out.columns)
  if x.isContiguous && y.isContiguous && out.isContiguous { call.flatten() }
  Kernels.table(out.precision).pointee.combine(&call)
}

/// out = x.
package func copy(_ x: Block, into out: Block) {
  if BlockPieces.areMany(out) {
    return forEachPiece(of: out.rows, BlockPieces.rows(out)) { rows in copy(x.rows(rows), into: out.rows(rows)) }
  }
  var call = ElementwiseCall(
    a: 0, b: 0, x: x.base, xStride: x.stride, y: nil, yStride: 0, base: nil, baseStride: 0, out: out.base, outStride: out.stride, rows: out.rows, columns: out.columns)
  if x.isContiguous && out.isContiguous { call.flatten() }
  Kernels.table(out.precision).pointee.copy(&call)
}

/// Every number of `out` = value.
package func fill(_ out: Block, _ value: Double) {
  if BlockPieces.areMany(out) {
    return forEachPiece(of: out.rows, BlockPieces.rows(out)) { rows in LinearAlgebra.fill(out.rows(rows), value) }
  }
  let fill = Kernels.table(out.precision).pointee.fill
  if out.isContiguous { return fill(out.base, value, out.rows * out.columns) }
  for row in 0..<out.rows { fill(out.base + row * out.stride * out.precision.byteCount, value, out.columns) }
}

/// y *= a.
func scale(_ a: Double, _ y: Block) { combine(a, y, 0, y, into: y) }

/// Σ x⊙y in Double of two blocks without gaps, in the order of a vector's `dot`; very large ones in pieces of rows, whose sums are added. If the work must end, the remaining pieces are left out.
func inner(_ x: Block, _ y: Block) -> Double {
  var sum = 0.0
  forEachPiece(of: x.rows, max(1, BlockPieces.summed / max(x.columns, 1))) { rows in sum += dot(x.rows(rows), y.rows(rows)) }
  return sum
}

/// `inner` of a block with itself.
func sumOfSquares(_ x: Block) -> Double { inner(x, x) }

/// Σ x⊙y in Double, rows in order.
package func dot(_ x: Block, _ y: Block) -> Double {
  let dot = Kernels.table(x.precision).pointee.dot
  if x.isContiguous && y.isContiguous { return dot(x.base, y.base, x.rows * x.columns) }
  var sum = 0.0
  let bytes = x.precision.byteCount
  for row in 0..<x.rows { sum += dot(x.base + row * x.stride * bytes, y.base + row * y.stride * bytes, x.columns) }
  return sum
}

/// out[i·stride] += Σ_s x[i,s]; with stride 0 all rows sum into one number.
package func accumulateRowSums(_ x: Block, addingTo out: Bias) {
  if BlockPieces.isOver(before: x) { return }
  var call = ElementwiseCall(
    a: 0, b: 0, x: x.base, xStride: x.stride, y: nil, yStride: 0, base: nil, baseStride: 0, out: out.base, outStride: out.stride, rows: x.rows, columns: x.columns)
  Kernels.table(x.precision).pointee.rowSums(&call)
}

extension ElementwiseCall {
  /// Treats contiguous rows as one long row.
  fileprivate mutating func flatten() {
    columns *= rows
    rows = 1
  }
}

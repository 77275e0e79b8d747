import CKernels
import COpenBLAS
import CShims
import Settings

/// out[i,k] += Σ_s left[i,s]·right[k,s]: the gradient of a product's weights, summed over the samples of a tile.
///
/// The library's own kernel computes it with AVX-512 and for small products, OpenBLAS otherwise; both sum in an order that depends on the shapes alone. A large product is computed in pieces of rows, as `affine` does, and of inputs where 64 rows would take long.
///
/// - Parameters:
///   - left: outputs × samples; right: inputs × samples, as many columns.
///   - out: outputs × inputs, any strides.
/// - Cost: 2·outputs·inputs·samples operations; 16 KB of stack. OpenBLAS packs its operands into memory of its own.
package func accumulateOuter(_ left: Block, _ right: Block, addingTo out: Matrix) {
  assert(left.columns == right.columns && out.rows == left.rows && out.columns == right.rows, "accumulateOuter: shapes")
  if left.columns > 1, InstructionSet.current != .avx512, left.rows * right.rows * left.columns >= outerCrossover, out.columnStride == 1 || out.rowStride == 1,
    sode_shim_blas_memory_ready() != 0
  {
    return multiply(
      1, Matrix(left.base, rows: left.rows, columns: left.columns, rowStride: left.stride, columnStride: 1, precision: left.precision),
      Matrix(right.base, rows: right.columns, columns: right.rows, rowStride: 1, columnStride: right.stride, precision: right.precision), 1, addingTo: out)
  }
  if ProductPieces.isOne(outputs: left.rows, inputs: right.rows, columns: left.columns) { return outer(left, right, out) }
  let inputs = ProductPieces.inputs(right.rows, columns: left.columns)
  forEachPiece(of: left.rows, ProductPieces.rows(inputs: inputs, columns: left.columns)) { rows in
    forEachPiece(of: right.rows, inputs) { columns in
      outer(left.rows(rows), right.rows(columns), out.part(rows.lowerBound, columns.lowerBound, rows.count, columns.count))
    }
  }
}

private func outer(_ left: Block, _ right: Block, _ out: Matrix) {
  var call = OuterCall(
    left: left.base, leftStride: left.stride, right: right.base, rightStride: right.stride, rows: left.rows, columns: right.rows, samples: left.columns, out: out.base,
    rowStride: out.rowStride, columnStride: out.columnStride)
  Kernels.table(out.precision).pointee.outer(&call)
}

/// The number of multiply-adds of an outer product from which OpenBLAS is faster than the library's kernel below AVX-512, as measured. With AVX-512 it is always slower: at 64 × 64 × 64 the kernel takes 0.86 of its
/// time in Float and 0.83 in Double, at 128 × 128 × 128 0.90 and 0.89.
private let outerCrossover = 4_000

/// out = beta·out + alpha·A·B by OpenBLAS, one of each matrix's strides being 1.
///
/// A large product is computed in pieces, between which this thread's watch is asked; if the work must end, the remaining ones are left out.
/// - Precondition: `sode_shim_blas_memory_ready`.
/// - Parameters: a: m × k, b: k × n, out: m × n. `out` may not be the memory of `a` or `b`.
package func multiply(_ alpha: Double, _ a: Matrix, _ b: Matrix, _ beta: Double, addingTo out: Matrix) {
  if out.columnStride != 1 {
    // A transposed result is the product of the transposed factors in the other order.
    return multiply(alpha, b.transposed, a.transposed, beta, addingTo: out.transposed)
  }
  let piece = piece(rows: out.rows, columns: out.columns, inner: a.columns)
  if piece.rows >= out.rows, piece.columns >= out.columns { return product(alpha, a, b, beta, addingTo: out) }
  let watch = Watch.current
  for row in stride(from: 0, to: out.rows, by: piece.rows) {
    let rows = min(piece.rows, out.rows - row)
    for column in stride(from: 0, to: out.columns, by: piece.columns) where !watch.isOver {
      let columns = min(piece.columns, out.columns - column)
      product(alpha, a.part(row, 0, rows, a.columns), b.part(0, column, a.columns, columns), beta, addingTo: out.part(row, column, rows, columns))
    }
  }
}

/// The rows and columns of a product that one uninterrupted piece of work takes. Where a piece of whole rows would have fewer than 256, pieces are blocks: few rows would read all of B as often as there are pieces, and of long rows
/// even 64 would take long.
private func piece(rows: Int, columns: Int, inner: Int) -> (rows: Int, columns: Int) {
  let whole = piece(operationsPerRow: columns * inner)
  guard whole < min(rows, 256) else { return (whole, columns) }
  let height = min(rows, inner > 1 << 13 ? 64 : 256)
  return (height, min(columns, piece(operationsPerRow: height * inner)))
}

/// The rows of a matrix that one uninterrupted piece of work takes: a multiple of 64, or of 16 where 64 are too many, with about 2²⁷ multiply-adds, which take some 10 ms.
func piece(operationsPerRow: Int) -> Int {
  let count = (1 << 27) / max(operationsPerRow, 1)
  return count >= 64 ? count & ~63 : max(16, count & ~15)
}

/// `multiply` in one piece, for rows that are neighbors.
private func product(_ alpha: Double, _ a: Matrix, _ b: Matrix, _ beta: Double, addingTo out: Matrix) {
  precondition(out.columnStride == 1 && (a.rowStride == 1 || a.columnStride == 1) && (b.rowStride == 1 || b.columnStride == 1), "multiply: one stride of each matrix is 1")
  let (m, n, k) = (Int32(out.rows), Int32(out.columns), Int32(a.columns))
  let (aTransposed, aLeading) = leading(a)
  let (bTransposed, bLeading) = leading(b)
  let outLeading = Int32(max(out.rowStride, out.columns, 1))
  sode_shim_blas_enter()
  defer { sode_shim_blas_leave() }
  switch out.precision {
  case .float32:
    cblas_sgemm(
      CblasRowMajor, aTransposed, bTransposed, m, n, k, Float(alpha), a.base.assumingMemoryBound(to: Float.self), aLeading, b.base.assumingMemoryBound(to: Float.self), bLeading,
      Float(beta), out.base.assumingMemoryBound(to: Float.self), outLeading)
  case .float64:
    cblas_dgemm(
      CblasRowMajor, aTransposed, bTransposed, m, n, k, alpha, a.base.assumingMemoryBound(to: Double.self), aLeading, b.base.assumingMemoryBound(to: Double.self), bLeading, beta,
      out.base.assumingMemoryBound(to: Double.self), outLeading)
  }
}

/// How BLAS reads a matrix: whether it is the transpose of what is stored in rows, and the distance of the rows.
private func leading(_ matrix: Matrix) -> (CBLAS_TRANSPOSE, Int32) {
  matrix.columnStride == 1
    ? (CblasNoTrans, Int32(max(matrix.rowStride, matrix.columns, 1))) : (CblasTrans, Int32(max(matrix.columnStride, matrix.rows, 1)))
}

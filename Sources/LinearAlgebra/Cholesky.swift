import COpenBLAS
import CShims
import Settings

/// Whether Cholesky's factorization of aI − X succeeds, which proves aI − X to be positive definite up to its roundings (Rump 2006). X is overwritten.
///
/// A large matrix is factorized block by block, between which this thread's watch is asked; if the work must end, the answer is false. The theorem holds for any order of the operations.
///
/// - Parameter x: symmetric, row-major without gaps; one of its triangles is read.
/// - Cost: n³/3 operations, by LAPACK in OpenBLAS's form. `sode_shim_blas_memory_ready` must hold.
package func isPositiveDefinite(_ a: Double, minus x: Matrix) -> Bool {
  precondition(x.rows == x.columns && x.columnStride == 1 && x.rowStride == x.columns, "a square matrix without gaps")
  let numbers = Vector(x.base, count: x.rows * x.columns, precision: x.precision)
  scale(-1, Block(x.base, rows: x.rows, columns: x.columns, precision: x.precision))
  for i in 0..<x.rows { numbers.store(numbers.load(i * (x.columns + 1)) + a, at: i * (x.columns + 1)) }
  let size = x.rows <= 2 * blockSize ? max(x.rows, 1) : blockSize
  let watch = Watch.current
  for start in stride(from: 0, to: x.rows, by: size) {
    guard !watch.isOver else { return false }
    let width = min(size, x.rows - start)
    let corner = x.part(start, start, width, width)
    guard factorize(corner) else { return false }
    let end = start + width
    // The rows below: A_ik L_kk^{−T}, and then what they take from the columns to their right.
    for row in stride(from: end, to: x.rows, by: size) where !watch.isOver {
      divide(x.part(row, start, min(size, x.rows - row), width), by: corner)
    }
    for column in stride(from: end, to: x.rows, by: size) where !watch.isOver {
      let count = min(size, x.rows - column)
      multiply(
        -1, x.part(column, start, x.rows - column, width), x.part(column, start, count, width).transposed, 1, addingTo: x.part(column, column, x.rows - column, count))
    }
  }
  return !watch.isOver
}

/// Rows of a block: its factorization takes a few milliseconds.
private let blockSize = 256

/// The lower factor of a block, in its place; false if it has none.
private func factorize(_ block: Matrix) -> Bool {
  var (n, leading, info) = (Int32(block.rows), Int32(block.rowStride), Int32(0))
  var triangle = CChar(UInt8(ascii: "U"))
  switch block.precision {
  case .float32: spotrf_(&triangle, &n, block.base.assumingMemoryBound(to: Float.self), &leading, &info)
  case .float64: dpotrf_(&triangle, &n, block.base.assumingMemoryBound(to: Double.self), &leading, &info)
  }
  guard info == 0 else { return false }
  // A factorization does not notice NaN; the factor's diagonal shows it.
  let diagonal = Vector(block.base, count: (block.rows - 1) * (block.rowStride + 1) + 1, precision: block.precision)
  return (0..<block.rows).allSatisfy { diagonal.load($0 * (block.rowStride + 1)) > 0 }
}

/// block ← block·L^{−T}.
private func divide(_ block: Matrix, by lower: Matrix) {
  let (m, n) = (Int32(block.rows), Int32(block.columns))
  sode_shim_blas_enter()
  defer { sode_shim_blas_leave() }
  switch block.precision {
  case .float32:
    cblas_strsm(
      CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, m, n, 1, lower.base.assumingMemoryBound(to: Float.self), Int32(lower.rowStride), block.base.assumingMemoryBound(to: Float.self),
      Int32(block.rowStride))
  case .float64:
    cblas_dtrsm(
      CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, m, n, 1, lower.base.assumingMemoryBound(to: Double.self), Int32(lower.rowStride), block.base.assumingMemoryBound(to: Double.self),
      Int32(block.rowStride))
  }
}

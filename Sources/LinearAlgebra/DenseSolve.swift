import COpenBLAS
import CShims

/// Factorizes A = P·L·U with partial pivoting, in place, for `divide`. Returns false if A is singular to working precision.
///
/// - Parameters:
///   - a: square, row-major Doubles without gaps.
///   - memory: gets the pivots; it holds one factorization at a time.
/// - Cost: ⅔n³ operations, by LAPACK.
package func factorize(_ a: Matrix, _ memory: SquareMatrices) -> Bool {
  checkDense(a, memory.size)
  var (n, info) = (Int32(a.rows), Int32(0))
  guard n > 0 else { return true }
  sode_shim_blas_enter()
  defer { sode_shim_blas_leave() }
  // Read by columns, the memory holds Aᵀ.
  dgetrf_(&n, &n, a.base.assumingMemoryBound(to: Double.self), &n, memory.pivots, &info)
  return info == 0
}

/// B ← B·A⁻¹, A as `factorize` left it.
///
/// - Parameter b: rows of A's length, row-major Doubles without gaps.
/// - Cost: 2n² operations per row.
package func divide(_ b: Matrix, byFactorized a: Matrix, _ memory: SquareMatrices) {
  checkDense(a, memory.size)
  checkDense(b, memory.size)
  var (n, rows, info) = (Int32(a.rows), Int32(b.rows), Int32(0))
  guard n > 0, rows > 0 else { return }
  sode_shim_blas_enter()
  defer { sode_shim_blas_leave() }
  // Read by columns, the memory of B holds Bᵀ: AᵀXᵀ = Bᵀ.
  var asStored = CChar(UInt8(ascii: "N"))
  dgetrs_(
    &asStored, &n, &rows, a.base.assumingMemoryBound(to: Double.self), &n, memory.pivots, b.base.assumingMemoryBound(to: Double.self), &n, &info)
}

private func checkDense(_ matrix: Matrix, _ columns: Int) {
  precondition(
    matrix.precision == .float64 && matrix.columnStride == 1 && matrix.rowStride == columns && matrix.columns == columns, "dense rows of Doubles")
}

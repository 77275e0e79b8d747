import COpenBLAS
import CShims
import Glibc
import Settings

/// Factorizes A = P·L·U with partial pivoting, in place, for `divide`. Returns false if A is singular to working precision.
///
/// - Parameters:
///   - a: square, row-major Doubles without gaps.
///   - memory: gets the pivots; it holds one factorization at a time.
/// - Cost: ⅔n³ operations, by LAPACK. This thread's watch is asked about every 10 ms; if the work must end, the result is meaningless.
package func factorize(_ a: Matrix, _ memory: SquareMatrices) -> Bool {
  checkDense(a, memory.size)
  guard a.rows > 0 else { return true }
  // Read by columns, the memory holds Aᵀ.
  let numbers = a.base.assumingMemoryBound(to: Double.self)
  return a.rows < blockedOrder ? factorizePanel(numbers, rows: a.rows, columns: a.rows, distance: a.rows, memory.pivots) : factorizeBlocks(numbers, order: a.rows, memory.pivots)
}

/// The order from which a factorization is interrupted for the watch. LAPACK's takes some 10 ms for smaller matrices.
private let blockedOrder = 768

/// LU of rows × columns numbers, stored by columns at the given distance.
private func factorizePanel(_ a: UnsafeMutablePointer<Double>, rows: Int, columns: Int, distance: Int, _ pivots: UnsafeMutablePointer<Int32>) -> Bool {
  var (m, n, lda, info) = (Int32(rows), Int32(columns), Int32(distance), Int32(0))
  sode_shim_blas_enter()
  defer { sode_shim_blas_leave() }
  dgetrf_(&m, &n, a, &lda, pivots, &info)
  return info == 0
}

/// The factorization by panels of 64 columns: a panel's own LU, its exchanges of rows in the other columns, the rows of U to its right, and the update of what remains.
///
/// Source: Golub & Van Loan 2013, "Matrix computations", §3.2.11.
private func factorizeBlocks(_ a: UnsafeMutablePointer<Double>, order n: Int, _ pivots: UnsafeMutablePointer<Int32>) -> Bool {
  let watch = Watch.current
  for k in stride(from: 0, to: n, by: 64) where !watch.isOver {
    let width = min(64, n - k)
    let next = k + width
    let panel = a + k * n + k
    guard factorizePanel(panel, rows: n - k, columns: width, distance: n, pivots + k) else { return false }
    for i in k..<next { pivots[i] += Int32(k) }
    let columns = piece(operationsPerRow: (n - next) * width)
    exchange(a, k..<next, 0..<k, order: n, pivots)
    for start in stride(from: next, to: n, by: columns) where !watch.isOver {
      let end = min(start + columns, n)
      exchange(a, k..<next, start..<end, order: n, pivots)
      let (right, below) = (a + start * n + k, a + k * n + next)
      sode_shim_blas_enter()
      defer { sode_shim_blas_leave() }
      cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasUnit, Int32(width), Int32(end - start), 1, panel, Int32(n), right, Int32(n))
      guard next < n else { continue }
      cblas_dgemm(
        CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(n - next), Int32(end - start), Int32(width), -1, below, Int32(n), right, Int32(n), 1, a + start * n + next, Int32(n))
    }
  }
  return true
}

/// Makes the row exchanges of a panel in other columns.
private func exchange(_ a: UnsafeMutablePointer<Double>, _ rows: Range<Int>, _ columns: Range<Int>, order n: Int, _ pivots: UnsafeMutablePointer<Int32>) {
  guard !columns.isEmpty else { return }
  sode_shim_blas_enter()
  defer { sode_shim_blas_leave() }
  let first = a + columns.lowerBound * n
  for i in rows {
    let other = Int(pivots[i]) - 1
    if other != i { cblas_dswap(Int32(columns.count), first + i, Int32(n), first + other, Int32(n)) }
  }
}

/// B ← B·A⁻¹, A as `factorize` left it. This thread's watch is asked between pieces of rows; if the work must end, the remaining rows are left as they are.
///
/// - Parameter b: rows of A's length, row-major Doubles without gaps.
/// - Cost: 2n² operations per row.
package func divide(_ b: Matrix, byFactorized a: Matrix, _ memory: SquareMatrices) {
  checkDense(a, memory.size)
  checkDense(b, memory.size)
  guard a.rows > 0, b.rows > 0 else { return }
  let (watch, rows) = (Watch.current, piece(operationsPerRow: a.rows * a.rows))
  for start in stride(from: 0, to: b.rows, by: rows) where !watch.isOver {
    var (n, count, info) = (Int32(a.rows), Int32(min(rows, b.rows - start)), Int32(0))
    sode_shim_blas_enter()
    defer { sode_shim_blas_leave() }
    // Read by columns, the memory of B holds Bᵀ: AᵀXᵀ = Bᵀ.
    var asStored = CChar(UInt8(ascii: "N"))
    dgetrs_(
      &asStored, &n, &count, a.base.assumingMemoryBound(to: Double.self), &n, memory.pivots, b.base.assumingMemoryBound(to: Double.self) + start * a.rows, &n, &info)
  }
}

/// log|det A| and the determinant's sign, of A as `factorize` left it: no overflow for determinants of any size.
///
/// - Returns: −infinity and 0 if U has a zero on its diagonal.
package func logDeterminant(ofFactorized a: Matrix, _ memory: SquareMatrices) -> (logarithm: Double, sign: Double) {
  checkDense(a, memory.size)
  var (logarithm, sign) = (0.0, 1.0)
  for i in 0..<a.rows {
    let pivot = a.element(i, i)
    guard pivot != 0 else { return (-.infinity, 0) }
    if (pivot < 0) != (memory.pivots[i] != Int32(i + 1)) { sign = -sign }
    logarithm += log(abs(pivot))
  }
  return (logarithm, sign)
}

/// - Throws: `memory` if OpenBLAS has no work memory, so that no product or factorization may be asked of it.
package func requireProductMemory() throws(Failure) {
  guard sode_shim_blas_memory_ready() != 0 else { throw Failure(.memory, "memory: no room for the work of matrix products") }
}

private func checkDense(_ matrix: Matrix, _ columns: Int) {
  precondition(
    matrix.precision == .float64 && matrix.columnStride == 1 && matrix.rowStride == columns && matrix.columns == columns, "dense rows of Doubles")
}

/// P·A = L·U with partial pivoting, in place, for `divide`; false when A is singular or not finite.
///
/// Our own loops: OpenBLAS's serial LAPACK shares its buffers between threads, and layers are prepared on several.
/// - Parameters:
///   - a: square, row-major Doubles without gaps.
///   - memory: whose pivots are overwritten; it serves one factorization at a time.
/// - Cost: ⅔n³ operations.
package func factorize(_ a: Matrix, _ memory: SquareMatrices) -> Bool {
  checkDense(a, memory.size)
  let n = a.rows
  let rows = a.base.assumingMemoryBound(to: Double.self)
  for k in 0..<n {
    var best = k
    for i in k..<n where abs(rows[i * n + k]) > abs(rows[best * n + k]) { best = i }
    memory.pivots[k] = Int32(best)
    let pivot = rows[best * n + k]
    guard pivot != 0, pivot.isFinite else { return false }
    if best != k { for j in 0..<n { (rows[k * n + j], rows[best * n + j]) = (rows[best * n + j], rows[k * n + j]) } }
    for i in k + 1..<max(n, k + 1) {
      let factor = rows[i * n + k] / pivot
      rows[i * n + k] = factor
      if factor != 0 { for j in k + 1..<n { rows[i * n + j] -= factor * rows[k * n + j] } }
    }
  }
  return true
}

/// B ← B·A⁻¹, A as `factorize` left it.
///
/// - Parameter b: rows of A's length, row-major Doubles without gaps.
/// - Cost: 2n² operations a row.
package func divide(_ b: Matrix, byFactorized a: Matrix, _ memory: SquareMatrices) {
  checkDense(a, memory.size)
  checkDense(b, memory.size)
  let n = a.rows
  let (lu, all) = (a.base.assumingMemoryBound(to: Double.self), b.base.assumingMemoryBound(to: Double.self))
  for row in 0..<b.rows {
    // x·A = b: z·U = b, y·L = z, x = y·P.
    let x = all + row * n
    for i in 0..<n {
      x[i] /= lu[i * n + i]
      for j in i + 1..<max(n, i + 1) { x[j] -= x[i] * lu[i * n + j] }
    }
    for i in (0..<n).reversed() { for j in 0..<i { x[j] -= x[i] * lu[i * n + j] } }
    for k in (0..<n).reversed() where Int(memory.pivots[k]) != k { (x[k], x[Int(memory.pivots[k])]) = (x[Int(memory.pivots[k])], x[k]) }
  }
}

private func checkDense(_ matrix: Matrix, _ columns: Int) {
  precondition(
    matrix.precision == .float64 && matrix.columnStride == 1 && matrix.rowStride == columns && matrix.columns == columns, "dense rows of Doubles")
}

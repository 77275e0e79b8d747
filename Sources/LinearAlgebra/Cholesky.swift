import COpenBLAS

/// Whether Cholesky's factorization of aI − X succeeds, which proves aI − X to be positive definite up to its roundings (Rump 2006). X is overwritten.
///
/// - Parameter x: symmetric, row-major without gaps; one of its triangles is read.
/// - Cost: n³/3 operations, by LAPACK in OpenBLAS's form. `sode_shim_blas_memory_ready` must hold.
package func isPositiveDefinite(_ a: Double, minus x: Matrix) -> Bool {
  precondition(x.rows == x.columns && x.columnStride == 1 && x.rowStride == x.columns, "a square matrix without gaps")
  scale(-1, Vector(x.base, count: x.rows * x.columns, precision: x.precision))
  var (n, info) = (Int32(x.rows), Int32(0))
  var triangle = CChar(UInt8(ascii: "U"))
  // A factorization does not notice NaN; the factor's diagonal shows it.
  var isPositive = true
  switch x.precision {
  case .float32:
    let values = x.base.assumingMemoryBound(to: Float.self)
    for i in 0..<x.rows { values[i * (x.columns + 1)] += Float(a) }
    spotrf_(&triangle, &n, values, &n, &info)
    for i in 0..<x.rows where !(values[i * (x.columns + 1)] > 0) { isPositive = false }
  case .float64:
    let values = x.base.assumingMemoryBound(to: Double.self)
    for i in 0..<x.rows { values[i * (x.columns + 1)] += a }
    dpotrf_(&triangle, &n, values, &n, &info)
    for i in 0..<x.rows where !(values[i * (x.columns + 1)] > 0) { isPositive = false }
  }
  return info == 0 && isPositive
}

import COpenBLAS
import CShims

/// Eigenvalues and singular values of small matrices in float64, by LAPACK.
///
/// The largest order is `mostRows`, because LAPACK's work cannot be interrupted: 50 ms for such a matrix. All results are sorted, so that equal matrices give equal lists.
package enum DenseSpectrum {
  /// The largest order of a matrix.
  package static let mostRows = 160

  /// The eigenvalues of a square matrix, by falling real part, and of equal real parts by falling imaginary part.
  ///
  /// Balancing, Hessenberg form, QR iteration (Golub & Van Loan 2013, "Matrix computations", §7.5). The error of an eigenvalue is a few roundings of the matrix's norm times the eigenvalue's condition.
  /// - Parameter matrix: row-major, `order`² finite numbers.
  /// - Returns: nil if the iteration does not converge.
  /// - Cost: about 25·order³ operations.
  package static func eigenvalues(_ matrix: [Double], order: Int) -> [ComplexNumber]? {
    precondition(order <= mostRows && matrix.count == order * order, "a square matrix of at most mostRows rows")
    guard order > 0 else { return [] }
    // Read by columns, the memory holds the transpose, which has the same eigenvalues.
    var (a, n) = (matrix, Int32(order))
    var (low, high, info) = (Int32(1), n, Int32(0))
    var (scale, tau, work) = ([Double](repeating: 0, count: order), [Double](repeating: 0, count: order), [Double](repeating: 0, count: order))
    var (real, imaginary) = ([Double](repeating: 0, count: order), [Double](repeating: 0, count: order))
    sode_shim_blas_enter()
    defer { sode_shim_blas_leave() }
    var job = CChar(UInt8(ascii: "B"))
    dgebal_(&job, &n, &a, &n, &low, &high, &scale, &info)
    guard info == 0 else { return nil }
    dgehd2_(&n, &low, &high, &a, &n, &tau, &work, &info)
    guard info == 0 else { return nil }
    // The reflectors lie below the subdiagonal; the iteration takes zeros there.
    for column in 0..<order {
      for row in stride(from: column + 2, to: order, by: 1) { a[column * order + row] = 0 }
    }
    var (no, one, unused) = (Int32(0), Int32(1), 0.0)
    dlahqr_(&no, &no, &n, &low, &high, &a, &n, &real, &imaginary, &one, &n, &unused, &one, &info)
    guard info == 0 else { return nil }
    // The eigenvalues outside of low … high are on the diagonal.
    for index in 0..<order where index + 1 < Int(low) || index + 1 > Int(high) { (real[index], imaginary[index]) = (a[index * order + index], 0) }
    return (0..<order).map { ComplexNumber(real[$0], imaginary[$0]) }.sorted { $0.real > $1.real || $0.real == $1.real && $0.imaginary > $1.imaginary }
  }

  /// The eigenvalues of a symmetric matrix, ascending.
  ///
  /// - Parameter matrix: row-major, finite numbers; the lower triangle is read.
  /// - Returns: nil if the iteration does not converge.
  package static func symmetricEigenvalues(_ matrix: [Double], order: Int) -> [Double]? {
    precondition(order <= mostRows && matrix.count == order * order, "a square matrix of at most mostRows rows")
    guard order > 0 else { return [] }
    var (a, n, info) = (matrix, Int32(order), Int32(0))
    var (diagonal, beside, tau) = ([Double](repeating: 0, count: order), [Double](repeating: 0, count: order), [Double](repeating: 0, count: order))
    var triangle = CChar(UInt8(ascii: "U"))
    sode_shim_blas_enter()
    defer { sode_shim_blas_leave() }
    dsytd2_(&triangle, &n, &a, &n, &diagonal, &beside, &tau, &info)
    guard info == 0 else { return nil }
    dsterf_(&n, &diagonal, &beside, &info)
    return info == 0 ? diagonal : nil
  }

  /// The eigenvalues of a symmetric tridiagonal matrix, ascending; nil if the iteration does not converge.
  package static func tridiagonalEigenvalues(diagonal: [Double], beside: [Double]) -> [Double]? {
    precondition(beside.count + 1 >= diagonal.count, "one number beside the diagonal less than on it")
    guard !diagonal.isEmpty else { return [] }
    var (d, e, n, info) = (diagonal, beside + [0], Int32(diagonal.count), Int32(0))
    sode_shim_blas_enter()
    defer { sode_shim_blas_leave() }
    dsterf_(&n, &d, &e, &info)
    return info == 0 ? d : nil
  }

  /// The singular values of an upper bidiagonal matrix, descending, each with a small relative error (Demmel & Kahan 1990); nil if the iteration does not converge.
  package static func bidiagonalSingularValues(diagonal: [Double], above: [Double]) -> [Double]? {
    precondition(above.count + 1 >= diagonal.count, "one number above the diagonal less than on it")
    guard !diagonal.isEmpty else { return [] }
    var (d, e, n, none, one, info) = (diagonal, above + [0], Int32(diagonal.count), Int32(0), Int32(1), Int32(0))
    var (work, unused) = ([Double](repeating: 0, count: 4 * diagonal.count), 0.0)
    var (u, c) = (0.0, 0.0)
    var triangle = CChar(UInt8(ascii: "U"))
    sode_shim_blas_enter()
    defer { sode_shim_blas_leave() }
    dbdsqr_(&triangle, &n, &none, &none, &none, &d, &e, &unused, &one, &u, &one, &c, &one, &work, &info)
    return info == 0 ? d : nil
  }
}

import Settings

/// The nearest matrix to A with ‖·‖₂ ≤ c: its singular values above c become c, its singular vectors stay. It is nearest in the spectral and in the Frobenius norm, in which its distance is √Σ max(σᵢ − c, 0)².
///
/// Source: Higham 1989, "Matrix nearness problems and applications", §2; the singular values come from one-sided Jacobi rotations of the shorter side (Golub & Van Loan 2013, §8.6.3), whose rows have small relative errors, and
/// which can end between any two of them. For A = UᵀB with orthogonal rows of B, the result is A − Uᵀdiag(1 − c/σᵢ)B over the rows with σᵢ > c, so that a matrix within the limit keeps its bits. Where c is far below ‖A‖ this would cancel, and
/// the result is Uᵀdiag(min(1, c/σᵢ))B.
///
/// Cost: about 10 sweeps of 6·r²·s operations for the extents r ≤ s; memory for r² + r·s Doubles.
package enum SingularClipping {
  /// Sweeps after which the rows count as orthogonal: convergence is quadratic, and 10 are rarely needed.
  private static let mostSweeps = 60

  /// Clips the singular values of A in place.
  /// - Parameters:
  ///   - matrix: finite Doubles in rows without gaps.
  ///   - limit: c > 0.
  /// - Throws: `memory`; the reason why the work must end.
  package static func clip(_ matrix: Matrix, to limit: Double) throws(Failure) {
    precondition(matrix.precision == .float64 && matrix.columnStride == 1 && matrix.rowStride == matrix.columns && limit > 0, "Doubles in rows without gaps")
    let count = matrix.rows * matrix.columns
    let largest = largestMagnitude(Vector(matrix.base, count: count, precision: .float64))
    guard largest > 0, largest.isFinite else { return }
    // A power of two keeps the squares of huge and of tiny numbers within Double.
    let unit = Double(sign: .plus, exponent: max(-1000, min(Int(largest.exponent), 1000)), significand: 1)
    let side = matrix.rows <= matrix.columns ? matrix : matrix.transposed
    let (rows, length) = (side.rows, side.columns)
    let memory = try Buffer(count: rows * length + rows * rows + rows, precision: .float64)
    defer { withExtendedLifetime(memory) {} }
    try requireProductMemory()
    let base = memory.base
    let b = Matrix(base, rows: rows, columns: length, precision: .float64)
    let u = Matrix(base + 8 * rows * length, rows: rows, columns: rows, precision: .float64)
    let squares = Vector(base + 8 * rows * (length + rows), count: rows, precision: .float64)
    copy(side, into: b)
    fill(Block(u.base, rows: rows, columns: rows, precision: .float64), 0)
    for i in 0..<rows { row(u, i).store(1, at: i) }
    try Watch.check()
    scale(1 / unit, Block(b.base, rows: rows, columns: length, precision: .float64))
    try Watch.check()
    try orthogonalize(b, u, squares)
    let bound = limit / unit
    let largestValue = (0..<rows).reduce(0.0) { max($0, squares.load($1)) }.squareRoot()
    // Of numbers that are a thousand times as small, a difference would leave 43 binary digits.
    let isFar = bound < 0x1p-10 * largestValue
    for i in 0..<rows {
      let sigma = squares.load(i).squareRoot()
      let share = sigma > bound ? bound / sigma : 1
      scale(isFar ? share : 1 - share, row(b, i))
    }
    try Watch.check()
    if isFar {
      multiply(unit, u.transposed, b, 0, addingTo: side)
    } else if largestValue > bound {
      multiply(-unit, u.transposed, b, 1, addingTo: side)
    }
    try Watch.check()
  }

  private static func row(_ matrix: Matrix, _ i: Int) -> Vector { Vector(matrix.base + 8 * i * matrix.columns, count: matrix.columns, precision: .float64) }

  /// Rotates the rows of B, and those of U with them, until they are orthogonal. `squares` receives their squared lengths.
  private static func orthogonalize(_ b: Matrix, _ u: Matrix, _ squares: Vector) throws(Failure) {
    // Rows count as orthogonal when their product is as small as its own rounding.
    let small = Double.ulpOfOne * Double(b.columns).squareRoot()
    var work = 0
    for _ in 0..<mostSweeps {
      for i in 0..<b.rows { squares.store(dot(row(b, i), row(b, i)), at: i) }
      var rotated = false
      for p in 0..<b.rows {
        for q in p + 1..<max(b.rows, p + 1) {
          work += b.columns + u.columns
          if work > 1 << 18 {
            work = 0
            try Watch.check()
          }
          let (alpha, beta, product) = (squares.load(p), squares.load(q), dot(row(b, p), row(b, q)))
          guard abs(product) > small * (alpha * beta).squareRoot() else { continue }
          rotated = true
          let zeta = (beta - alpha) / (2 * product)
          let tangent = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
          let cosine = 1 / (1 + tangent * tangent).squareRoot()
          rotate(row(b, p), row(b, q), cosine, cosine * tangent)
          rotate(row(u, p), row(u, q), cosine, cosine * tangent)
          squares.store(alpha - tangent * product, at: p)
          squares.store(beta + tangent * product, at: q)
        }
      }
      if !rotated { break }
    }
    for i in 0..<b.rows { squares.store(dot(row(b, i), row(b, i)), at: i) }
  }

  /// (x, y) ← (cx − sy, sx + cy).
  private static func rotate(_ x: Vector, _ y: Vector, _ c: Double, _ s: Double) {
    let (first, second) = (x.base.assumingMemoryBound(to: Double.self), y.base.assumingMemoryBound(to: Double.self))
    for i in 0..<x.count {
      let (a, b) = (first[i], second[i])
      first[i] = c * a - s * b
      second[i] = s * a + c * b
    }
  }
}

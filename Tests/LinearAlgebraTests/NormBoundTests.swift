import LinearAlgebra
import Testing

/// σ_max from the largest eigenvalue of WᵀW by Jacobi rotations, up to rounding: an independent reference.
func spectralNorm(_ rows: [[Double]]) -> Double {
  let n = rows[0].count
  if n > rows.count { return spectralNorm((0..<n).map { column in rows.map { $0[column] } }) }
  var a = (0..<n).map { i in (0..<n).map { j in rows.reduce(0.0) { $0 + $1[i] * $1[j] } } }
  let negligible = 1e-18 * (0..<n).reduce(0) { $0 + a[$1][$1] }
  for _ in 0..<60 {
    for p in 0..<n {
      for q in p + 1..<max(n, p + 1) where abs(a[p][q]) > negligible {
        let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        let t = (theta >= 0 ? 1.0 : -1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<n { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
        for k in 0..<n { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
      }
    }
  }
  return (0..<n).map { a[$0][$0] }.max().map { max($0, 0).squareRoot() } ?? 0
}

@Suite struct NormBoundTests {
  @Test(arguments: [(1, 1), (2, 2), (4, 4), (8, 8), (3, 9), (9, 3), (16, 16), (5, 40)], Precision.allCases)
  func isAnUpperBoundAndCloseToTheNorm(_ shape: (Int, Int), _ precision: Precision) throws {
    let (m, n) = shape
    let bound = try NormBound(rows: 16, columns: 40)
    let looseness = NormBound.looseness(rows: m, columns: n, precision: precision)
    // 1 % from the trials, and rounding errors of Floats.
    #expect(looseness < 1.0102)
    for seed in 1...5 as ClosedRange<UInt64> {
      let x = try Numbers(m * n, precision, seed: seed)
      let matrix = Matrix(x.vector.base, rows: m, columns: n, precision: precision)
      let rows = (0..<m).map { i in (0..<n).map { x[i * n + $0] } }
      let (found, norm) = (bound.bound(matrix), spectralNorm(rows))
      // The reference is accurate up to a few rounding errors.
      #expect(found >= norm * (1 - 1e-13) && found <= norm * looseness)
      #expect(bound.bound(matrix.transposed) >= norm * (1 - 1e-13) && bound.bound(matrix.transposed) <= norm * looseness)
      // The cheap bound must be an upper bound too.
      let cheap = bound.bound(matrix, enough: 1e300)
      #expect(cheap >= found * (1 - 1e-6) && cheap <= rows.flatMap { $0 }.reduce(0) { $0 + $1 * $1 }.squareRoot() * (1 + 8 * precision.epsilon + 1e-12))
      guard m == n else { continue }
      let parts = (0..<n).map { i in (0..<n).map { 0.5 * (rows[i][$0] - rows[$0][i]) } }
      let (antisymmetric, wanted) = (bound.bound(matrix, isAntisymmetric: true), spectralNorm(parts))
      #expect(antisymmetric >= wanted * (1 - 1e-13) && antisymmetric <= wanted * looseness)
    }
  }

  /// For larger orders bounds in Float are widened more, and then Doubles are used. The test compares with the known singular value of W = σuvᵀ + a small rest of known norm.
  @Test(arguments: [64, 200, 300], Precision.allCases) func holdsAtLargerOrders(_ n: Int, _ precision: Precision) throws {
    let x = try Numbers(n * n, precision)
    for i in 0..<n { for j in 0..<n { x[i * n + j] = (i == j ? 1 : 0) - 2 / Double(n) } }
    // All singular values of a reflection are 1. This is the hardest case for estimates in general but the easiest here, and it leaves the proof no margin.
    let found = try NormBound(rows: n, columns: n).bound(Matrix(x.vector.base, rows: n, columns: n, precision: precision))
    // The entries are rounded, which changes the matrix by at most √n·ε/2 relative to them.
    #expect(found >= 1 - precision.epsilon && found <= NormBound.looseness(rows: n, columns: n, precision: precision) * (1 + Double(n) * precision.epsilon))
    #expect(NormBound.looseness(rows: n, columns: n, precision: precision) < 1.02)
  }

  /// Rotations, zeros and NaN; numbers of any magnitude do not overflow.
  @Test(arguments: [1.0, 1e-200, 1e200]) func sizesDoNotOverflow(_ size: Double) throws {
    let x = try Numbers(9, .float64)
    for (index, value) in [0, 3, 4, 5, 0, 0, 0, 4, -3].enumerated() { x[index] = size * Double(value) }
    let bound = try NormBound(rows: 3, columns: 3)
    let matrix = Matrix(x.vector.base, rows: 3, columns: 3, precision: .float64)
    let found = bound.bound(matrix)
    #expect(found >= 5 * size && found < 5.051 * size)
    for index in 0..<9 { x[index] = 0 }
    #expect(bound.bound(matrix) == 0)
    x[4] = .nan
    #expect(bound.bound(matrix).isNaN)
    x[4] = .infinity
    #expect(!bound.bound(matrix).isFinite)
  }

  /// The same in the smallest and largest Floats.
  @Test(arguments: [1e-38 as Float, 1e37]) func sizesOfFloatsDoNotOverflow(_ size: Float) throws {
    let x = try Numbers(4, .float32)
    for (index, value) in [3, 4, -4, 3].enumerated() { x[index] = Double(size * Float(value)) }
    let found = try NormBound(rows: 2, columns: 2).bound(Matrix(x.vector.base, rows: 2, columns: 2, precision: .float32))
    #expect(found >= 5 * Double(size) * (1 - 1e-6) && found < 5.1 * Double(size))
  }
}

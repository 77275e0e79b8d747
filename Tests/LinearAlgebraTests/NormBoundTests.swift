import LinearAlgebra
import Testing

/// σ_max by the largest eigenvalue of WᵀW from Jacobi's rotations, to rounding: an independent reference.
func spectralNorm(_ rows: [[Double]]) -> Double {
  let n = rows[0].count
  var a = (0..<n).map { i in (0..<n).map { j in rows.reduce(0.0) { $0 + $1[i] * $1[j] } } }
  for _ in 0..<60 {
    for p in 0..<n {
      for q in p + 1..<max(n, p + 1) where abs(a[p][q]) > 1e-300 {
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
  @Test(arguments: [(1, 1), (4, 4), (8, 8), (3, 9), (9, 3), (16, 16)], Precision.allCases)
  func isAnUpperBoundAndCloseToTheNorm(_ shape: (Int, Int), _ precision: Precision) throws {
    let (m, n) = shape
    let bound = try NormBound(largest: 16)
    for seed in 1...5 as ClosedRange<UInt64> {
      let x = try Numbers(m * n, precision, seed: seed)
      let matrix = Matrix(x.vector.base, rows: m, columns: n, precision: precision)
      let rows = (0..<m).map { i in (0..<n).map { x[i * n + $0] } }
      let (found, norm) = (bound.bound(matrix), spectralNorm(rows))
      // The reference is right to some roundings; the factor is that of the doc comment.
      #expect(found >= norm * (1 - 1e-13))
      #expect(found <= norm * exponential(Double(min(m, n))) * (1 + 1e-11))
      #expect(abs(bound.bound(matrix.transposed) - found) <= 1e-12 * found)
      // Any cheap bound is a bound.
      let cheap = bound.bound(matrix, enough: 1e300)
      #expect(cheap >= found && cheap <= rows.flatMap { $0 }.reduce(0) { $0 + $1 * $1 }.squareRoot() * (1 + 1e-11))
      guard m == n else { continue }
      let parts = (0..<n).map { i in (0..<n).map { 0.5 * (rows[i][$0] - rows[$0][i]) } }
      let (antisymmetric, wanted) = (bound.bound(matrix, isAntisymmetric: true), spectralNorm(parts))
      #expect(antisymmetric >= wanted * (1 - 1e-13) && antisymmetric <= wanted * exponential(Double(n)) * (1 + 1e-11))
    }
  }

  /// n^{1/32}.
  private func exponential(_ n: Double) -> Double { (0..<5).reduce(n) { value, _ in value.squareRoot() } }

  /// Matrices of one singular value are met exactly but for the widening; so are zeros; sizes do not overflow.
  @Test(arguments: [1.0, 1e-200, 1e200]) func isExactForRotationsOfAnySize(_ size: Double) throws {
    let x = try Numbers(9, .float64)
    for (index, value) in [0, 3, 4, 5, 0, 0, 0, 4, -3].enumerated() { x[index] = size * Double(value) }
    let bound = try NormBound(largest: 3)
    let found = bound.bound(Matrix(x.vector.base, rows: 3, columns: 3, precision: .float64))
    // Three equal singular values: the excess is 3^{1/32}, 3.5 %.
    #expect(found >= 5 * size && found < 5.18 * size)
    for index in 0..<9 { x[index] = 0 }
    #expect(bound.bound(Matrix(x.vector.base, rows: 3, columns: 3, precision: .float64)) == 0)
  }
}

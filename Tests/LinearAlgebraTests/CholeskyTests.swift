import LinearAlgebra
import Testing

struct CholeskyTests {
  /// aI − X of a matrix with known eigenvalues: positive definite exactly if a exceeds the largest one.
  @Test(arguments: [1, 2, 7, 40, 700], Precision.allCases) func knowsWhatIsPositiveDefinite(n: Int, precision: Precision) throws {
    // X = 3vvᵀ/‖v‖² + 1: eigenvalues 4, and 1.
    let v = (0..<n).map { Double($0 % 5) - 1.5 }
    let squares = v.reduce(0) { $0 + $1 * $1 }
    let x = try Numbers(n * n, precision)
    for (a, expected) in [(4.01, true), (3.99, false), (-1.0, false), (.nan, false)] {
      for i in 0..<n { for j in 0..<n { x[i * n + j] = 3 * v[i] * v[j] / squares + (i == j ? 1 : 0) } }
      #expect(isPositiveDefinite(a, minus: Matrix(x.vector.base, rows: n, columns: n, precision: precision)) == expected)
    }
  }
}

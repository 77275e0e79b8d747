import LinearAlgebra
import Testing

struct LargestEigenvalueTests {
  /// For WᵀW with random W the result is a lower bound within 2 %, the accuracy that bounds rely on. It is exact up to rounding if the order is at most the number of iterations.
  @Test(arguments: [1, 2, 5, 20, 32], Precision.allCases) func estimatesFromBelow(n: Int, precision: Precision) throws {
    let w = try Numbers(n * n, .float64, seed: 7)
    let rows = (0..<n).map { i in (0..<n).map { w[i * n + $0] } }
    let gram = try Numbers(n * n, precision)
    for i in 0..<n { for j in 0..<n { gram[i * n + j] = rows.reduce(0) { $0 + $1[i] * $1[j] } } }
    let memory = try (0..<LargestEigenvalue.vectors).map { _ in try Numbers(n, precision) }
    let found = LargestEigenvalue.estimate(Matrix(gram.vector.base, rows: n, columns: n, precision: precision), memory.map(\.vector))
    let largest = spectralNorm(rows) * spectralNorm(rows)
    #expect(found <= largest * (1 + 32 * precision.epsilon) && found >= largest * (n <= 20 ? 1 - 1000 * precision.epsilon : 0.98))
  }

  @Test func zeroAndNaN() throws {
    let gram = try Numbers(9, .float64)
    for index in 0..<9 { gram[index] = 0 }
    let memory = try (0..<LargestEigenvalue.vectors).map { _ in try Numbers(3, .float64) }
    let matrix = Matrix(gram.vector.base, rows: 3, columns: 3, precision: .float64)
    #expect(abs(LargestEigenvalue.estimate(matrix, memory.map(\.vector))) < 1e-300)
    gram[4] = .nan
    #expect(LargestEigenvalue.estimate(matrix, memory.map(\.vector)).isNaN)
  }
}

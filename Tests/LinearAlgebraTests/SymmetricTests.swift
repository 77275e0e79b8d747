import LinearAlgebra
import Testing

@Suite struct SymmetricTests {
  /// ½(K + Kᵀ) number by number, plain, transposed, with mixed strides and in place: one sum and one halving, so exact up to one rounding.
  @Test(arguments: Precision.allCases, [1, 2, 5]) func isTheMeanOfTheMatrixAndItsTranspose(_ precision: Precision, _ n: Int) throws {
    let k = try Numbers(n * n, precision, seed: 4)
    let before = k.values
    let (m, transposed, mixed) = (try Numbers(n * n, precision), try Numbers(n * n, precision), try Numbers(n * n, precision))
    func matrix(_ x: Numbers) -> Matrix { Matrix(x.buffer.base, rows: n, columns: n, precision: precision) }
    symmetrize(matrix(k), into: matrix(m))
    symmetrize(matrix(k).transposed, into: matrix(transposed).transposed)
    symmetrize(matrix(k), into: matrix(mixed).transposed)
    symmetrize(matrix(k), into: matrix(k))
    for i in 0..<n {
      for j in 0..<n {
        #expect(abs(m[i * n + j] - 0.5 * (before[i * n + j] + before[j * n + i])) <= precision.epsilon)
        #expect(m[i * n + j] == m[j * n + i])
      }
    }
    #expect(m.values == k.values && m.values == transposed.values && m.values == mixed.values)
  }
}

import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct AntisymmetricTests {
    /// ½(K − Kᵀ − γI) and its pullback number by number, for sizes with and without a remainder of the 4 × 4 squares, plain and transposed. Each number is one
    /// subtraction, one halving and one damping: exact up to the rounding of the subtractions.
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormula(_ precision: Precision) throws {
      for level in levels {
        for n in [1, 2, 3, 4, 5, 8, 11, 16] {
          for turned in [false, true] {
            let (k, m, dk) = (try Numbers(n * n, precision, seed: 1), try Numbers(n * n, precision), try Numbers(n * n, precision, seed: 2))
            let before = dk.values
            func matrix(_ x: Numbers) -> Matrix {
              let plain = Matrix(x.buffer.base, rows: n, columns: n, precision: precision)
              return turned ? plain.transposed : plain
            }
            withInstructionSet(level) {
              antisymmetrize(matrix(k), damping: 0.25, into: matrix(m))
              accumulateAntisymmetrized(matrix(k), addingTo: matrix(dk))
            }
            for i in 0..<n {
              for j in 0..<n {
                let difference = k[i * n + j] - k[j * n + i]
                #expect(abs(m[i * n + j] - 0.5 * (difference - (i == j ? 0.25 : 0))) <= precision.epsilon)
                #expect(abs(dk[i * n + j] - before[i * n + j] - 0.5 * difference) <= 2 * precision.epsilon)
                if i != j { #expect(m[i * n + j] == -m[j * n + i]) }
              }
            }
          }
        }
      }
    }

    /// Strides of different order take the path of single numbers.
    @Test func mixedStrides() throws {
      let (k, m) = (try Numbers(25, .float64), try Numbers(25, .float64))
      let plain = Matrix(k.buffer.base, rows: 5, columns: 5, precision: .float64)
      antisymmetrize(plain, damping: 0, into: Matrix(m.buffer.base, rows: 5, columns: 5, precision: .float64).transposed)
      #expect(m[1] == 0.5 * (k[5] - k[1]) && m[5] == -m[1])
    }
  }
}

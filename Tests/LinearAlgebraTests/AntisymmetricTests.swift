import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct AntisymmetricTests {
    /// ½(K − Kᵀ − γI) number by number, for sizes with and without a remainder of the squares of every width, plain and transposed. Each number is one
    /// subtraction, one halving and one damping: exact up to the rounding of the subtractions.
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormula(_ precision: Precision) throws {
      for level in levels {
        for n in [1, 2, 3, 4, 5, 8, 11, 16, 32, 39] {
          for (turned, resultTurned) in [(false, false), (false, true), (true, false), (true, true)] {
            let (k, m) = (try Numbers(n * n, precision, seed: 1), try Numbers(n * n, precision))
            func matrix(_ x: Numbers, _ turned: Bool) -> Matrix {
              let plain = Matrix(x.buffer.base, rows: n, columns: n, precision: precision)
              return turned ? plain.transposed : plain
            }
            withInstructionSet(level) { antisymmetrize(matrix(k, turned), damping: 0.25, into: matrix(m, resultTurned)) }
            for i in 0..<n {
              for j in 0..<n {
                let difference = (turned == resultTurned ? 1 : -1) * (k[i * n + j] - k[j * n + i])
                #expect(abs(m[i * n + j] - 0.5 * (difference - (i == j ? 0.25 : 0))) <= precision.epsilon)
                if i != j { #expect(m[i * n + j] == -m[j * n + i]) }
              }
            }
          }
        }
      }
    }

    /// In place the result is the same, bit for bit.
    @Test(arguments: Precision.allCases)
    func inPlace(_ precision: Precision) throws {
      for level in levels {
        for n in [5, 8, 39] {
          let (k, m) = (try Numbers(n * n, precision, seed: 1), try Numbers(n * n, precision))
          let matrix = Matrix(k.buffer.base, rows: n, columns: n, precision: precision)
          withInstructionSet(level) {
            antisymmetrize(matrix, damping: 0.25, into: Matrix(m.buffer.base, rows: n, columns: n, precision: precision))
            antisymmetrize(matrix, damping: 0.25, into: matrix)
          }
          #expect(k.values == m.values, "\(level.name) \(n)")
        }
      }
    }

    /// Rows with gaps between them give the same bits, and what lies in the gaps stays.
    @Test(arguments: Precision.allCases)
    func rowsWithGaps(_ precision: Precision) throws {
      for level in levels {
        for n in [5, 16, 39] {
          let distance = n + 3
          let (k, m) = (try Numbers(n * n, precision, seed: 1), try Numbers(n * n, precision))
          let (wideK, wideM) = (try Numbers(n * distance, precision, seed: 2), try Numbers(n * distance, precision, seed: 3))
          let before = wideM.values
          for i in 0..<n {
            for j in 0..<n { wideK[i * distance + j] = k[i * n + j] }
          }
          func wide(_ x: Numbers) -> Matrix { Matrix(x.buffer.base, rows: n, columns: n, rowStride: distance, columnStride: 1, precision: precision) }
          withInstructionSet(level) {
            antisymmetrize(Matrix(k.buffer.base, rows: n, columns: n, precision: precision), damping: 0.25, into: Matrix(m.buffer.base, rows: n, columns: n, precision: precision))
            antisymmetrize(wide(wideK), damping: 0.25, into: wide(wideM))
          }
          for i in 0..<n {
            for j in 0..<distance { #expect(wideM[i * distance + j] == (j < n ? m[i * n + j] : before[i * distance + j]), "\(level.name) \(n)") }
          }
        }
      }
    }

    /// If neither stride is 1, the path for single numbers is used.
    @Test func anyStrides() throws {
      let (k, m) = (try Numbers(50, .float64), try Numbers(25, .float64))
      antisymmetrize(
        Matrix(k.buffer.base, rows: 5, columns: 5, rowStride: 10, columnStride: 2, precision: .float64), damping: 0,
        into: Matrix(m.buffer.base, rows: 5, columns: 5, precision: .float64))
      #expect(m[1] == 0.5 * (k[2] - k[10]) && m[5] == -m[1])
    }
  }
}

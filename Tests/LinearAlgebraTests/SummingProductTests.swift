import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct SummingProductTests {
    /// The products are those of `multiply`, bit for bit; their sums, added to the present contents, agree with sums in Double, for one sample, every remainder of the four chains, strided blocks, one
    /// sum a row and one for all.
    @Test(arguments: Precision.allCases)
    func agreesWithTheProductAndItsSums(_ precision: Precision) throws {
      for level in levels {
        for columns in [1, 16, 48, 64, 80, 144] {
          for sumStride in [0, 1] {
            let (rows, stride) = (5, columns + 16)
            let (x, y) = (try Numbers(rows * stride, precision, seed: 1), try Numbers(rows * stride, precision, seed: 2))
            let (out, plain) = (try Numbers(rows * stride, precision, seed: 3), try Numbers(rows * stride, precision, seed: 3))
            let sums = try Numbers(rows, precision, seed: 4)
            var expected = sums.values
            func block(_ numbers: Numbers) -> Block { numbers.block(rows: rows, columns: columns, stride: stride) }
            withInstructionSet(level) {
              multiply(-0.3, block(x), block(y), addingTo: nil, into: block(plain))
              multiply(-0.3, block(x), block(y), into: block(out), addingRowSumsTo: Bias(sums.buffer.base, stride: sumStride))
            }
            #expect(out.values == plain.values)
            for i in 0..<rows {
              for s in 0..<columns { expected[i * sumStride] += out[i * stride + s] }
            }
            // `columns` additions a row of numbers below 1, at sums below 32.
            for i in 0..<rows { #expect(abs(sums[i] - expected[i]) <= precision.epsilon * Double(rows * (8 + columns)), "\(level.name) \(columns)") }
          }
        }
      }
    }

    /// In place.
    @Test func outMayBeAFactor() throws {
      let (x, y, sums) = (try Numbers(64, .float64, seed: 1), try Numbers(64, .float64, seed: 2), try Numbers(4, .float64, seed: 3))
      let expected = (0..<64).map { 2 * (x[$0] * y[$0]) }
      let block = x.block(rows: 4, columns: 16)
      multiply(2, block, y.block(rows: 4, columns: 16), into: block, addingRowSumsTo: Bias(sums.buffer.base, stride: 1))
      #expect(x.values == expected)
    }
  }
}

import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct AffineOneTests {
    /// A sample has the same bits alone and at any place in a tile, for weights of either stride.
    @Test(arguments: Precision.allCases, Activation.allCases)
    func aSampleAloneGivesTheBitsOfTheTile(_ precision: Precision, _ activation: Activation) throws {
      for level in levels {
        for m in [1, 2, 3, 5, 8, 10, 13, 16, 31, 64, 67, 128] {
          for n in [1, 7, 64] {
            for columns in [16, 80] {
              let w = try Numbers(m * n, precision, seed: UInt64(m + n))
              let x = try Numbers(n * columns, precision, seed: 7, low: -2, high: 2)
              let b = try Numbers(m, precision, seed: 3)
              let base = try Numbers(m * columns, precision, seed: 4)
              let (out, slope) = (try Numbers(m * columns, precision), try Numbers(m * columns, precision))
              for transposed in [false, true] {
                let weights = transposed ? Matrix(w.buffer.base, rows: n, columns: m, precision: precision).transposed : Matrix(w.buffer.base, rows: m, columns: n, precision: precision)
                let s = columns - 3
                let (x1, base1) = (try Numbers(n, precision), try Numbers(m, precision))
                let (out1, slope1) = (try Numbers(m, precision), try Numbers(m, precision))
                for k in 0..<n { x1[k] = x[k * columns + s] }
                for i in 0..<m { base1[i] = base[i * columns + s] }
                withInstructionSet(level) {
                  affine(
                    weights, bias: Bias(b.buffer.base, stride: 1), activation: activation, of: x.block(rows: n, columns: columns), scale: -0.7,
                    addingTo: base.block(rows: m, columns: columns), into: out.block(rows: m, columns: columns), slope: slope.block(rows: m, columns: columns))
                  affine(
                    weights, bias: Bias(b.buffer.base, stride: 1), activation: activation, of: x1.block(rows: n, columns: 1), scale: -0.7, addingTo: base1.block(rows: m, columns: 1),
                    into: out1.block(rows: m, columns: 1), slope: slope1.block(rows: m, columns: 1))
                }
                var different = 0
                for i in 0..<m {
                  if out1[i].bitPattern != out[i * columns + s].bitPattern { different += 1 }
                  if slope1[i].bitPattern != slope[i * columns + s].bitPattern { different += 1 }
                }
                #expect(different == 0, "\(level.name) \(m)×\(n) transposed \(transposed)")
              }
            }
          }
        }
      }
    }
  }
}

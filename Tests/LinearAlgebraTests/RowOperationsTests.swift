import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct RowOperationsTests {
    @Test(arguments: Precision.allCases)
    func eachRowHasItsFactor(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          for one in [false, true] {
            let (x, base, out) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2), try Tile(rows, columns, stride, precision, seed: 3))
            let factors = try Numbers(rows, precision, seed: 4)
            let f = Bias(factors.buffer.base, stride: one ? 0 : 1)
            let before = out.numbers.values
            withInstructionSet(level) { scaleRows(f, x.block, scale: -0.7, addingTo: base.block, into: out.block) }
            // Three rounding errors of numbers below 2.
            let tolerance = 4 * precision.epsilon
            #expect(out.worstError(keeping: before) { base[$0, $1] - 0.7 * factors[one ? 0 : $0] * x[$0, $1] } <= tolerance)
            let last = columns - 1
            let (x1, base1, out1) = (try x.sample(last), try base.sample(last), try Tile(rows, 1, 1, precision))
            withInstructionSet(level) { scaleRows(f, x1.block, scale: -0.7, addingTo: base1.block, into: out1.block) }
            #expect(out.column(last, hasTheBitsOf: out1))

            // In place, without a base.
            let kept = x.numbers.values
            withInstructionSet(level) { scaleRows(f, x.block, scale: 2, addingTo: nil, into: x.block) }
            #expect(x.worstError(keeping: kept) { 2 * factors[one ? 0 : $0] * kept[$0 * stride + $1] } <= tolerance)
          }
        }
      }
    }

    /// The two are each other's transpose: Σ w⊙(f x) = Σ_i f_i·(row dots of w and x)_i, and both agree with their formulas.
    @Test(arguments: Precision.allCases)
    func rowDotsAddTheirSums(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let (x, y) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2))
          let (out, all) = (try Numbers(rows, precision, seed: 3), try Numbers(1, precision, seed: 4))
          let (before, start) = (out.values, all[0])
          withInstructionSet(level) {
            accumulateRowDots(x.block, y.block, scale: 0.5, addingTo: Bias(out.buffer.base, stride: 1))
            accumulateRowDots(x.block, y.block, scale: -2, addingTo: Bias(all.buffer.base, stride: 0))
          }
          var total = 0.0
          for i in 0..<rows {
            let sum = (0..<columns).map { x[i, $0] * y[i, $0] }.reduce(0, +)
            total += sum
            #expect(abs(out[i] - before[i] - 0.5 * sum) <= Double(columns + 2) * precision.epsilon)
          }
          #expect(abs(all[0] - start + 2 * total) <= 2 * Double(columns * rows + 2) * precision.epsilon)
        }
      }
    }
  }
}

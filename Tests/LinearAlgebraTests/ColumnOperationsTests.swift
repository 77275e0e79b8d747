import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct ColumnOperationsTests {
    @Test(arguments: Precision.allCases)
    func eachSampleHasItsFactor(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let (x, base, out) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2), try Tile(rows, columns, stride, precision, seed: 3))
          let factors = try Tile(1, columns, columns, precision, seed: 4)
          let before = out.numbers.values
          withInstructionSet(level) { scaleColumns(factors.block, x.block, scale: 0.6, addingTo: base.block, into: out.block) }
          // Three rounding errors of numbers below 2.
          #expect(out.worstError(keeping: before) { base[$0, $1] + 0.6 * factors[0, $1] * x[$0, $1] } <= 4 * precision.epsilon)
          let last = columns - 1
          let (x1, base1, f1, out1) = (try x.sample(last), try base.sample(last), try factors.sample(last), try Tile(rows, 1, 1, precision))
          withInstructionSet(level) { scaleColumns(f1.block, x1.block, scale: 0.6, addingTo: base1.block, into: out1.block) }
          #expect(out.column(last, hasTheBitsOf: out1))

          let kept = x.numbers.values
          withInstructionSet(level) { scaleColumns(factors.block, x.block, scale: -1, addingTo: nil, into: x.block) }
          #expect(x.worstError(keeping: kept) { -factors[0, $1] * kept[$0 * stride + $1] } <= 4 * precision.epsilon)
        }
      }
    }

    @Test(arguments: Precision.allCases)
    func columnsHaveTheirInnerProducts(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let (x, y) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2))
          let out = try Tile(1, columns, columns, precision, seed: 3)
          withInstructionSet(level) { columnDots(x.block, y.block, into: out.block) }
          // One rounding error per term, of sums below `rows`.
          let tolerance = Double(rows * rows + 1) * precision.epsilon
          #expect(out.worstError(keeping: []) { _, j in (0..<rows).map { x[$0, j] * y[$0, j] }.reduce(0, +) } <= tolerance)
          let last = columns - 1
          let (x1, y1, out1) = (try x.sample(last), try y.sample(last), try Tile(1, 1, 1, precision))
          withInstructionSet(level) { columnDots(x1.block, y1.block, into: out1.block) }
          #expect(out.column(last, hasTheBitsOf: out1))
        }
      }
    }

    /// Each sample is taken from the block that its mask selects, into a third block or one of the two. NaN and ∞ in the other block have no effect.
    @Test(arguments: Precision.allCases, [0, 1, 2])
    func samplesComeFromTheBlockOfTheirMask(_ precision: Precision, _ place: Int) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          for first in [0, 1] {
            let (a, b, mask) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2), try Tile(1, columns, columns, precision))
            for j in 0..<columns {
              mask[0, j] = (j * j / 3 + first) % 2 == 0 ? 0 : 1
              for i in 0..<rows { (mask[0, j] == 0 ? a : b)[i, j] = (i + j) % 2 == 0 ? .nan : .infinity }
            }
            let out = place == 0 ? try Tile(rows, columns, stride, precision, seed: 3) : place == 1 ? a : b
            let (wasA, wasB, before) = (a.numbers.values, b.numbers.values, out.numbers.values)
            withInstructionSet(level) { selectColumns(mask.block, a.block, b.block, into: out.block) }
            #expect(out.worstError(keeping: before) { (mask[0, $1] == 0 ? wasB : wasA)[$0 * stride + $1] } == 0)
          }
        }
      }
    }
  }
}

import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct ErrorNormsTests {
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormula(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let error = try Tile(rows, columns, stride, precision, seed: 1, low: -1e-3, high: 1e-3)
          let (from, to) = (try Tile(rows, columns, stride, precision, seed: 2), try Tile(rows, columns, stride, precision, seed: 3))
          let out = try Tile(1, columns, columns, precision)
          withInstructionSet(level) { errorNorms(error.block, from.block, to.block, relative: 1e-3, absolute: 1e-4, into: out.block) }
          var worst = 0.0
          for j in 0..<columns {
            var sum = 0.0
            for i in 0..<rows {
              let quotient = error[i, j] / (1e-4 + 1e-3 * max(abs(from[i, j]), abs(to[i, j])))
              sum += quotient * quotient
            }
            let wanted = (sum / Double(rows)).squareRoot()
            worst = max(worst, abs(out[0, j] - wanted) / wanted)
          }
          // Relative: 3 roundings in the quotient, its square, a sum of positive terms, the root.
          #expect(worst <= Double(rows + 6) * precision.epsilon)
          let last = columns - 1
          let (error1, from1, to1, out1) = (try error.sample(last), try from.sample(last), try to.sample(last), try Tile(1, 1, 1, precision))
          withInstructionSet(level) { errorNorms(error1.block, from1.block, to1.block, relative: 1e-3, absolute: 1e-4, into: out1.block) }
          #expect(out.column(last, hasTheBitsOf: out1))
        }
      }
    }

    /// A number that is not finite, in any of the three blocks, affects its own sample and no other.
    @Test(arguments: Precision.allCases, [Double.nan, .infinity, -.infinity])
    func whatIsNotFiniteStaysInItsSample(_ precision: Precision, _ bad: Double) throws {
      for level in levels {
        for columns in [1, 48] {
          for place in 0..<3 {
            let blocks = try (0..<3).map { try Tile(4, columns, columns, precision, seed: UInt64($0)) }
            let at = columns / 2 + columns / 5
            blocks[place][2, at] = bad
            let out = try Tile(1, columns, columns, precision)
            withInstructionSet(level) { errorNorms(blocks[0].block, blocks[1].block, blocks[2].block, relative: 1e-3, absolute: 1e-6, into: out.block) }
            for j in 0..<columns { #expect(out[0, j].isFinite == (j != at), "block \(place) sample \(j) \(level.name)") }
          }
        }
      }
    }
  }
}

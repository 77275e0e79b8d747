import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct LargestDifferenceTests {
    /// The numbers are exact, and so is their difference in Double.
    @Test(arguments: Precision.allCases) func isTheLargestWhereverItLies(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let (x, y) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2))
          for (i, j) in [(0, 0), (rows - 1, columns - 1), (rows / 2, columns / 2)] {
            let before = x[i, j]
            x[i, j] = -8
            let wanted = 8 + y[i, j]
            let found = withInstructionSet(level) { (largestDifference(x.block, y.block), largestDifference(y.block, x.block), largestMagnitude(x.block)) }
            #expect(found == (wanted, wanted, 8))
            x[i, j] = before
          }
        }
      }
    }

    /// Memory between the columns and the stride does not belong to the block.
    @Test func gapsDoNotCount() throws {
      let (x, y) = (try Tile(5, 48, 64, .float32), try Tile(5, 48, 64, .float32, seed: 2))
      for row in 0..<5 { x[row, 50] = 1e6 }
      #expect(largestDifference(x.block, y.block) < 2)
      #expect(largestMagnitude(x.block) <= 1)
    }

    @Test(arguments: Precision.allCases) func whatIsNotFiniteIsSeen(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let (x, y) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2))
          for bad in [Double.nan, .infinity] {
            let before = x[rows - 1, columns - 1]
            x[rows - 1, columns - 1] = bad
            #expect(withInstructionSet(level) { largestDifference(x.block, y.block) }.isNaN)
            #expect(withInstructionSet(level) { largestMagnitude(x.block) }.isNaN)
            x[rows - 1, columns - 1] = before
          }
          #expect(withInstructionSet(level) { largestDifference(x.block, x.block) } == 0)
        }
      }
    }
  }

  @Test(arguments: Precision.allCases) func vectorsAreOneRow(_ precision: Precision) throws {
    let numbers = try Numbers(5, precision)
    for (index, value) in [1, -7.5, 0, 7, -0.25].enumerated() { numbers[index] = value }
    #expect(largestMagnitude(numbers.vector) == 7.5)
    #expect(largestMagnitude(numbers.vector[2..<3]) == 0 && largestMagnitude(numbers.vector[0..<0]) == 0)
    for value in [Double.nan, .infinity] {
      numbers[3] = value
      #expect(largestMagnitude(numbers.vector).isNaN)
    }
  }
}

import LinearAlgebra
import Testing

@Suite struct PixelGridTests {
  private func numbers(_ values: [Double]) throws -> Numbers {
    let numbers = try Numbers(values.count, .float64)
    for (index, value) in values.enumerated() { numbers[index] = value }
    return numbers
  }

  @Test func imagesAreRepeatedAndSummed() throws {
    let grid = PixelGrid(channels: 2, height: 2, width: 4)
    #expect(grid.share == 4)
    let coarse = try numbers([1, 2, 3, 4]), fine = try Numbers(16, .float64), sums = try Numbers(4, .float64)
    grid.spread(coarse.vector, by: 0.5, into: fine.vector)
    #expect(fine.values == [0.5, 0.5, 1, 1, 0.5, 0.5, 1, 1, 1.5, 1.5, 2, 2, 1.5, 1.5, 2, 2])
    grid.sum(fine.vector, by: 0.5, into: sums.vector)
    #expect(sums.values == [1, 2, 3, 4])
    let signal = PixelGrid(channels: 1, height: 1, width: 4)
    let pairs = try Numbers(2, .float64)
    signal.sum(coarse.vector, by: 1, into: pairs.vector)
    #expect(signal.share == 2 && pairs.values == [3, 7])
  }
}

import LinearAlgebra
import Settings
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
    try grid.spread(coarse.vector, by: 0.5, into: fine.vector)
    #expect(fine.values == [0.5, 0.5, 1, 1, 0.5, 0.5, 1, 1, 1.5, 1.5, 2, 2, 1.5, 1.5, 2, 2])
    try grid.sum(fine.vector, by: 0.5, into: sums.vector)
    #expect(sums.values == [1, 2, 3, 4])
    let signal = PixelGrid(channels: 1, height: 1, width: 4)
    let pairs = try Numbers(2, .float64)
    try signal.sum(coarse.vector, by: 1, into: pairs.vector)
    #expect(signal.share == 2 && pairs.values == [3, 7])
  }

  /// One image alone may be large: the watch is asked within it, also within its rows.
  @Test(arguments: [(2048, 1024), (1, 1 << 21)]) func theWorkEndsWithinAnImage(_ height: Int, _ width: Int) throws {
    let grid = PixelGrid(channels: 1, height: height, width: width)
    let (fine, coarse) = (try Numbers(height * width, .float64), try Numbers(height * width / grid.share, .float64, low: 1, high: 1))
    try grid.spread(coarse.vector, by: 2, into: fine.vector)
    #expect(fine.values.allSatisfy { $0 == 2 })
    try grid.sum(fine.vector, by: 1 / Double(grid.share), into: coarse.vector)
    #expect(coarse.values.allSatisfy { $0 == 2 })
    var asked = 0
    let watch = Watch(isCancelled: {
      asked += 1
      return asked > 2
    })
    #expect(throws: Failure.self) { try watch.asCurrent { () throws(Failure) in try grid.spread(coarse.vector, by: 3, into: fine.vector) } }
    #expect(fine.values.first == 6 && fine.values.last == 2)
  }
}

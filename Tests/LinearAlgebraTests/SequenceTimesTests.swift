import LinearAlgebra
import Testing

@Suite struct SequenceTimesTests {
  private static let format = SequenceFormat(.timesValuesAndMasks, steps: 4, channels: 1)

  /// For rows in any order, with padding first and last, gives t − t₀ of the steps with an observation, exact to the second.
  @Test(arguments: Precision.allCases) func timesCountFromTheFirstObservation(_ precision: Precision) throws {
    let origin = 1.7e9
    let rows: [[Double]] = [
      [origin + 1, 7, 1, origin + 2, 7, 1, origin + 2.5, 7, 1, origin + 999, 7, 1],
      [0, 7, 0, origin + 5, 7, 1, 3e300, 7, 0, origin + 6, 7, 1],
      [1, 7, 0, 2, 7, 0, 3, 7, 0, 4, 7, 0],
    ]
    let features = try SampleNumbers(rows.flatMap { $0 }, .float64)
    let tile = try SampleNumbers(12 * 16, precision)
    let order: [Int64] = [9, 2, 1, 0]
    try order.withUnsafeBufferPointer { order in
      let view = features.view(rows: 3, columns: 12)
      gather(view, rows: order.baseAddress, start: 1, count: 3, into: tile.block(rows: 12, columns: 16))
      gatherElapsedTimes(view, Self.format, rows: order.baseAddress, start: 1, count: 3, into: tile.block(rows: 12, columns: 16))
    }
    func times(_ sample: Int) -> [Double] { [0, 3, 6, 9].map { tile[$0 * 16 + sample] } }
    #expect(times(2) == [0, 1, 1.5, 998] && times(1) == [0, 0, 0, 1] && times(0) == [0, 0, 0, 0])
    // Values and masks do not change.
    #expect((0..<3).allSatisfy { tile[1 * 16 + $0] == 7 } && tile[2 * 16 + 2] == 1)
  }

  /// int64 nanoseconds that float64 cannot distinguish.
  @Test func integersAreSubtractedAsIntegers() throws {
    let numbers: [Int64] = (0..<4).flatMap { [Int64(1) << 60 + Int64($0 * $0), 7] }
    let tile = try SampleNumbers(8, .float32)
    try numbers.withUnsafeBytes {
      let view = TensorView(try #require($0.baseAddress), type: .int64, rows: 1, columns: 8)
      gatherElapsedTimes(view, SequenceFormat(.timesAndValues, steps: 4, channels: 1), rows: nil, start: 0, count: 1, into: tile.block(rows: 8, columns: 1))
    }
    #expect([0, 2, 4, 6].map { tile[$0] } == [0, 1, 4, 9])
  }
}

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

  /// Intervals are differences of the caller's numbers, so that a long sequence far from 0 keeps them in float32; steps without an observation count for nothing.
  @Test(arguments: Precision.allCases) func intervalsAreThoseBetweenObservations(_ precision: Precision) throws {
    let origin = 1.7e9
    let features = try SampleNumbers([origin, 7, 1, origin + 5e6, 7, 1, .nan, 7, 0, origin + 5e6 + 0.25, 7, 1], .float64)
    let tile = try SampleNumbers(12, precision)
    let view = features.view(rows: 1, columns: 12)
    gather(view, rows: nil, start: 0, count: 1, into: tile.block(rows: 12, columns: 1))
    gatherIntervals(view, Self.format, rows: nil, start: 0, count: 1, into: tile.block(rows: 12, columns: 1))
    #expect([0, 3, 6, 9].map { tile[$0] } == [0, 5e6, 0, 0.25])
    // The tangent and its transpose, with the masks of the tile.
    let (tangent, cotangent) = (try SampleNumbers([3, 1, 1, 5, 1, 1, 100, 1, 1, 6, 1, 1], precision), try SampleNumbers([7, 1, 1, 2, 1, 1, 50, 1, 1, -4, 1, 1], precision))
    differenceTimes(tangent.block(rows: 12, columns: 1), Self.format, of: tile.block(rows: 12, columns: 1))
    differenceTimesTransposed(cotangent.block(rows: 12, columns: 1), Self.format, of: tile.block(rows: 12, columns: 1))
    #expect([0, 3, 6, 9].map { tangent[$0] } == [0, 2, 0, 1])
    #expect([0, 3, 6, 9].map { cotangent[$0] } == [-2, 6, 0, -4])
    #expect(tangent[1] == 1 && cotangent[2] == 1)
  }

  /// A trajectory's times follow its state.
  @Test func trajectoriesHaveTheirTimesBehindTheState() throws {
    let format = SequenceFormat(.stateAndTimes, steps: 3, channels: 2)
    #expect(format.features == 5 && (0..<5).map { format.channel(of: $0) } == [0, 1, nil, nil, nil])
    #expect((0..<3).map { format.exempt($0) } == [[2..<3], [3..<4], [4..<5]])
    let features = try SampleNumbers([8, 9, 1, 1, 4], .float64)
    let tile = try SampleNumbers([8, 9, 1, 1, 4], .float64)
    gatherIntervals(features.view(rows: 1, columns: 5), format, rows: nil, start: 0, count: 1, into: tile.block(rows: 5, columns: 1))
    #expect((0..<5).map { tile[$0] } == [8, 9, 0, 0, 3])
  }
}

import LinearAlgebra
import Testing

struct FeatureMomentsTests {
  /// Mean and deviation, computed by hand: (2, 4, 4, 4, 5, 5, 7, 9) has the mean 5 and the deviation 2; a constant feature has exactly its value and 0.
  @Test func smallCase() throws {
    let features: [Float] = [2, 0.1, 4, 0.1, 4, 0.1, 4, 0.1, 5, 0.1, 5, 0.1, 7, 0.1, 9, 0.1]
    let (mean, deviation) = (try Numbers(2, .float64), try Numbers(2, .float64))
    try features.withUnsafeBytes {
      let base = try #require($0.baseAddress)
      try featureMoments(TensorView(base, type: .float32, rows: 8, columns: 2), mean: mean.vector, deviation: deviation.vector)
    }
    #expect(mean.values == [5, Double(Float(0.1))] && deviation.values == [2, 0])
  }

  /// More samples than a tile holds, strided bytes, and a large mean agree with sums in Double.
  @Test func manySamples() throws {
    let (rows, columns) = (1000, 3)
    let bytes = (0..<rows * columns).map { UInt8(truncatingIfNeeded: $0 * $0 % 251) }
    let (mean, deviation) = (try Numbers(columns, .float64), try Numbers(columns, .float64))
    try bytes.withUnsafeBytes {
      let base = try #require($0.baseAddress)
      let view = TensorView(base, type: .uint8, rows: rows, columns: columns, rowStride: 1, columnStride: rows)
      try featureMoments(view, mean: mean.vector, deviation: deviation.vector)
    }
    for column in 0..<columns {
      let values = (0..<rows).map { Double(bytes[column * rows + $0]) }
      let center = values.reduce(0, +) / Double(rows)
      #expect(abs(mean[column] - center) < 1e-11)
      #expect(abs(deviation[column] - (values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(rows)).squareRoot()) < 1e-11)
    }
    var large = (0..<rows).map { 1e9 + Double($0 % 2) }
    try large.withUnsafeMutableBytes {
      let base = try #require($0.baseAddress)
      try featureMoments(TensorView(base, type: .float64, rows: rows, columns: 1), mean: mean.vector[0..<1], deviation: deviation.vector[0..<1])
    }
    // Half are 1e9, half 1e9 + 1: a one-pass sum of squares would have lost everything.
    #expect(mean[0] == 1e9 + 0.5 && deviation[0] == 0.5)
  }

  /// 200 000 rows around 1e8 with deviation 1, and integers around 2⁶⁰: the mean to 1e-7 deviations, which is its own rounding, as against sums of the differences.
  @Test func offsetsDoNotDrownTheSpread() throws {
    let rows = 200_000
    let noise = try SampleNumbers.normal(rows, .float64, seed: 4).values
    let numbers = noise.map { 1e8 + $0 }
    let moments = try SampleNumbers(2, .float64)
    try numbers.withUnsafeBytes {
      try featureMoments(TensorView(try #require($0.baseAddress), type: .float64, rows: rows, columns: 1), mean: moments.vector[0..<1], deviation: moments.vector[1..<2])
    }
    // Of the numbers as float64 has them: 1e8 + x − 1e8 is exact.
    let differences = numbers.map { $0 - 1e8 }
    let center = differences.reduce(0, +) / Double(rows)
    let spread = (differences.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(rows)).squareRoot()
    #expect(abs(moments[0] - 1e8 - center) < 1e-7 && abs(moments[1] - spread) < 1e-12)

    let integers = (0..<1001).map { Int64(1) << 60 + Int64($0 % 2) }
    try integers.withUnsafeBytes {
      try featureMoments(TensorView(try #require($0.baseAddress), type: .int64, rows: 1000, columns: 1), mean: moments.vector[0..<1], deviation: moments.vector[1..<2])
    }
    #expect(moments[1] == 0.5)
  }

  /// Squares neither overflow nor vanish.
  @Test(arguments: [1e-320, 1e-200, 1e-99, 1e99, 1e200, 1e307]) func anySpread(_ size: Double) throws {
    let (features, moments) = (try SampleNumbers([size, 3 * size], .float64), try SampleNumbers(2, .float64))
    try featureMoments(features.view(rows: 2, columns: 1), mean: moments.vector[0..<1], deviation: moments.vector[1..<2])
    // To the last digit that a number of this size has.
    #expect(abs(moments[0] - 2 * size) <= 4 * size.ulp && abs(moments[1] - size) <= 4 * size.ulp)
  }

  /// Each channel has one mean and one deviation over its observations at all steps; times, masks, and values with a mask of 0 do not count.
  @Test func channelsCountTheirObservations() throws {
    // Steps of a time, two channels and their masks. Channel 0 has 1, 2, 6 and channel 1 has 5, 5; the third step of each is padding.
    let rows: [[Double]] = [
      [10, 1, 5, 1, 1, 11, 2, 99, 1, 0, 777, 888, 999, 0, 0],
      [20, 6, 88, 1, 0, 21, 77, 5, 0, 1, 0, 0, 0, 0, 0],
    ]
    let (features, mean, deviation) = (try SampleNumbers(rows.flatMap { $0 }, .float64), try SampleNumbers(15, .float64), try SampleNumbers(15, .float64))
    let format = SequenceFormat(.timesValuesAndMasks, steps: 3, channels: 2)
    try featureMoments(features.view(rows: 2, columns: 15), sequences: format, mean: mean.vector, deviation: deviation.vector)
    let spread = (14 / 3.0).squareRoot()
    for step in 0..<3 {
      #expect(Array(mean.values[5 * step..<5 * step + 5]) == [0, 3, 5, 0, 0])
      #expect(abs(deviation[5 * step + 1] - spread) < 1e-15 && [0, 2, 3, 4].allSatisfy { deviation[5 * step + $0] == 0 })
    }
    // Without masks all values count; a channel that is never observed has mean 0 and deviation 0.
    let values = SequenceFormat(.values, steps: 5, channels: 3)
    try featureMoments(features.view(rows: 2, columns: 15), sequences: values, mean: mean.vector, deviation: deviation.vector)
    #expect(mean[0] == mean[12] && abs(mean[1] - (1 + 11 + 1 + 777 + 0 + 6 + 21 + 0 + 0 + 0) / 10.0) > 0)
    let hidden = try SampleNumbers([1, 5, 0, 2, 6, 0], .float64)
    let one = SequenceFormat(.timesValuesAndMasks, steps: 2, channels: 1)
    try featureMoments(hidden.view(rows: 1, columns: 6), sequences: one, mean: mean.vector[0..<6], deviation: deviation.vector[0..<6])
    #expect(mean.values[..<6].allSatisfy { $0 == 0 } && deviation.values[..<6].allSatisfy { $0 == 0 })
  }
}

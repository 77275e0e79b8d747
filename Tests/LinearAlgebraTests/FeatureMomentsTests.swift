import LinearAlgebra
import Testing

struct FeatureMomentsTests {
  /// Mean and deviation by hand: (2, 4, 4, 4, 5, 5, 7, 9) has 5 and 2; a constant feature has exactly its value and 0.
  @Test func smallCase() throws {
    let features: [Float] = [2, 0.1, 4, 0.1, 4, 0.1, 4, 0.1, 5, 0.1, 5, 0.1, 7, 0.1, 9, 0.1]
    let (mean, deviation) = (try Numbers(2, .float64), try Numbers(2, .float64))
    try features.withUnsafeBytes {
      let base = try #require($0.baseAddress)
      try featureMoments(TensorView(base, type: .float32, rows: 8, columns: 2), mean: mean.vector, deviation: deviation.vector)
    }
    #expect(mean.values == [5, Double(Float(0.1))] && deviation.values == [2, 0])
  }

  /// More samples than a tile, of bytes with strides, and a large mean: against sums in Double.
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
}

import Settings

/// Mean, spread and range of each feature of a batch, in float64.
///
/// Mean m = Σx/n, deviation √(Σ(x−m)²/n): two passes, each summing the rows in their order, so that large means do not drown small spreads.
/// - Parameters:
///   - source: samples × features, any type and strides, finite.
///   - mean, deviation: float64, one number a feature, overwritten. The deviation of a feature that never changes is exactly 0, its mean exactly its value.
/// - Throws: `memory`; why the work must end.
/// - Complexity: two passes over the data; memory for 256 samples.
package func featureMoments(_ source: TensorView, mean: Vector, deviation: Vector) throws(Failure) {
  let (tile, features) = (256, source.columns)
  let (elements, overflow) = tile.multipliedReportingOverflow(by: features)
  let memory = try Buffer(count: overflow ? Int.max : elements, precision: .float64)
  let block = Block(memory.base, rows: features, columns: tile, precision: .float64)
  let ranges = try Buffer(count: 2 * features, precision: .float64)
  let (low, high) = (ranges.vector(count: features, precision: .float64), ranges.vector(count: features, precision: .float64, offset: 8 * features))
  fill(mean, 0)
  fill(deviation, 0)
  fill(low, .infinity)
  fill(high, -.infinity)
  func forEachTile(_ body: (_ values: UnsafePointer<Double>, _ feature: Int, _ count: Int) -> Void) throws(Failure) {
    for start in stride(from: 0, to: source.rows, by: tile) {
      try Watch.check()
      let count = min(tile, source.rows - start)
      gather(source, rows: nil, start: start, count: count, shift: nil, scale: nil, into: block)
      for feature in 0..<features {
        body(UnsafeRawPointer(block.base).assumingMemoryBound(to: Double.self) + feature * block.stride, feature, count)
      }
    }
  }
  try forEachTile { values, feature, count in
    var (sum, least, most) = (mean.load(feature), low.load(feature), high.load(feature))
    for index in 0..<count {
      sum += values[index]
      least = min(least, values[index])
      most = max(most, values[index])
    }
    mean.store(sum, at: feature)
    low.store(least, at: feature)
    high.store(most, at: feature)
  }
  for feature in 0..<features {
    mean.store(low.load(feature) == high.load(feature) ? low.load(feature) : mean.load(feature) / Double(source.rows), at: feature)
  }
  try forEachTile { values, feature, count in
    let center = mean.load(feature)
    var sum = deviation.load(feature)
    for index in 0..<count { sum += (values[index] - center) * (values[index] - center) }
    deviation.store(sum, at: feature)
  }
  for feature in 0..<features { deviation.store((deviation.load(feature) / Double(source.rows)).squareRoot(), at: feature) }
  withExtendedLifetime((memory, ranges)) {}
}

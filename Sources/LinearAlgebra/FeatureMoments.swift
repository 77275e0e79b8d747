import Settings

/// The mean and the standard deviation of each feature of a batch, in float64. If samples are sequences or images, those of each channel over all its observations or pixels.
///
/// The mean is m = Σx/n and the deviation √(Σ(x−m)²/n). The first pass sums x − x₀, where x₀ is the first observation of the feature; the second pass sums the squares of x − m and corrects for Σ(x−m), which rounding
/// keeps from being zero. Each pass sums the rows in their order. Small deviations are not lost in large means or many rows: with n up to 10⁷ and |m| up to 10⁸ deviations, the mean is right to 1e-7 deviations.
/// - Parameters:
///   - source: samples × features, any type and strides, finite.
///   - format: how samples hold sequences: a channel's values count at all steps together, where its mask is not 0, and times and masks have mean and deviation 0; nil for plain features.
///   - pixels: consecutive features that are the pixels of one channel; 1 for plain features.
///   - period: where the features are those of consecutive steps: how many there are of a step; each has one mean and deviation over all steps, without numbers that are NaN. nil for others.
///   - mean, deviation: float64, one number per feature, overwritten. The deviation of what never changes is exactly 0, its mean exactly its value; of what is never observed both are 0.
/// - Throws: `memory`; why the work must end.
/// - Complexity: three passes over the data; memory for a tile of at most 256 samples.
package func featureMoments(_ source: TensorView, sequences format: SequenceFormat? = nil, pixels: Int = 1, period: Int? = nil, mean: Vector, deviation: Vector) throws(Failure) {
  let features = source.columns
  precondition(mean.count == features && deviation.count == features && format.map { $0.features == features } ?? true, "moments: one number a feature")
  let groupCount = format?.channels ?? period ?? features / pixels
  /// The feature's channel, or its place in its step; nil for times and masks.
  func group(of feature: Int) -> Int? { format.map { $0.channel(of: feature) } ?? period.map { feature % $0 } ?? feature / pixels }
  let groups = try Buffer(byteCount: groupCount * MemoryLayout<Moments>.stride)
  let moments = groups.base.bindMemory(to: Moments.self, capacity: groupCount)
  for group in 0..<groupCount { moments[group] = Moments() }
  let tile = max(1, min(256, (1 << 20) / max(features, 1)))
  let memory = try Buffer(count: tile * features, precision: .float64)
  let block = Block(memory.base, rows: features, columns: tile, precision: .float64)

  /// Gives each feature's or channel's moments its numbers minus the entry of `mean`, one column of a tile at a time with its masks, until all rows were given or `isEnough` returns true.
  func forEachColumn(isEnough: () -> Bool = { false }, _ body: (_ column: ObservedColumn, _ moments: inout Moments) -> Void) throws(Failure) {
    for start in stride(from: 0, to: source.rows, by: tile) where !isEnough() {
      try Watch.check()
      let count = min(tile, source.rows - start)
      gather(source, rows: nil, start: start, count: count, scaling: FeatureScaling(shift: mean, scale: nil), into: block)
      let numbers = UnsafeRawPointer(block.base).assumingMemoryBound(to: Double.self)
      for feature in 0..<features {
        guard let group = group(of: feature) else { continue }
        let mask = format?.mask(of: feature).map { numbers + $0 * block.stride }
        body(ObservedColumn(numbers: numbers + feature * block.stride, mask: mask, mayMiss: period != nil, count: count), &moments[group])
      }
    }
  }
  /// Writes a number of each feature's group; 0 for times and masks.
  func spread(_ value: (Moments) -> Double, into vector: Vector) {
    for feature in 0..<features { vector.store(group(of: feature).map { value(moments[$0]) } ?? 0, at: feature) }
  }

  fill(mean, 0)
  var missing = groupCount
  try forEachColumn(isEnough: { missing == 0 }) { column, moments in
    guard moments.origin == nil else { return }
    moments.origin = column.first
    if moments.origin != nil { missing -= 1 }
  }
  spread({ $0.origin ?? 0 }, into: mean)
  try forEachColumn { column, moments in moments.add(column) }
  try forEachColumn { column, moments in moments.addSquares(column) }
  spread(\.mean, into: mean)
  spread(\.deviation, into: deviation)
  withExtendedLifetime((memory, groups)) {}
}

/// Numbers of one feature, and which of them were observed: all without a mask.
private struct ObservedColumn {
  let numbers: UnsafePointer<Double>
  let mask: UnsafePointer<Double>?
  /// Whether NaN stands for a number that was not observed.
  let mayMiss: Bool
  let count: Int

  /// The first that was observed.
  var first: Double? { (0..<count).first { isObserved($0) }.map { numbers[$0] } }

  @inline(__always) func isObserved(_ sample: Int) -> Bool { mask.map { $0[sample] != 0 } ?? !(mayMiss && numbers[sample].isNaN) }
}

/// What is summed of one feature, or one channel.
private struct Moments {
  /// The first number.
  var origin: Double?
  /// Of the numbers less the first.
  private var count = 0.0
  private var sum = 0.0
  /// The largest of their magnitudes: 0 where nothing changes.
  private var reach = 0.0
  /// Of these less their mean, in units of `unit`: rounding alone keeps the sum from 0.
  private var remainder = 0.0
  private var squares = 0.0

  private var offset: Double { count > 0 ? sum / count : 0 }
  /// 1, or the reach where squares would overflow or vanish.
  private var unit: Double { reach == 0 || (1e-100 < reach && reach < 1e100) ? 1 : reach }
  var mean: Double { (origin ?? 0) + (reach > 0 ? offset + unit * (remainder / count) : 0) }
  var deviation: Double { reach > 0 ? unit * max(squares / count - (remainder / count) * (remainder / count), 0).squareRoot() : 0 }

  mutating func add(_ column: ObservedColumn) {
    var (count, sum, reach) = (count, sum, reach)
    for sample in 0..<column.count where column.isObserved(sample) {
      count += 1
      sum += column.numbers[sample]
      reach = max(reach, abs(column.numbers[sample]))
    }
    (self.count, self.sum, self.reach) = (count, sum, reach)
  }

  mutating func addSquares(_ column: ObservedColumn) {
    let (offset, unit) = (offset, unit)
    var (remainder, squares) = (remainder, squares)
    for sample in 0..<column.count where column.isObserved(sample) {
      let difference = (column.numbers[sample] - offset) / unit
      remainder += difference
      squares += difference * difference
    }
    (self.remainder, self.squares) = (remainder, squares)
  }
}

import Datasets
import Glibc
import LinearAlgebra
import Networks
import Settings

extension Network {
  /// Makes the normalization that gives each feature of a data set mean 0 and standard deviation 1, and keeps it with the model: x' = (x − mean)/deviation.
  ///
  /// A constant feature keeps the scale 1 and so enters as 0, and so does one whose deviation has no inverse in float64, below 1e-308. Use training data alone, without validation data. Every sample counts once, whatever its weight.
  ///
  /// If samples are sequences, each channel has one mean and deviation for all steps, computed from its observations without masked or padded steps. Times and masks stay as they are.
  /// If samples are images, each channel has one mean and deviation over all its pixels.
  /// - Throws: `shapeMismatch` for another number of features; `notFinite` when a mean or scale is too large for float64; `memory`.
  /// - Complexity: three passes over the features.
  package func fitNormalization(on dataset: Dataset) throws(Failure) { replaceNormalization(with: try plan.normalization(standardizing: dataset)) }
}

extension NetworkPlan {
  /// The normalization of a data set: each feature with mean 0 and standard deviation 1, as `Network.fitNormalization` keeps it.
  ///
  /// With `squashingHeavyTails` a feature with heavy tails gets its median and quartiles instead, and enters as asinh of that (`robustScaling`).
  func normalization(standardizing dataset: Dataset, squashingHeavyTails: Bool = false) throws(Failure) -> Normalization {
    try requireNormalizable()
    let features = try arrange(dataset, called: "the data")
    let count = inputs
    let memory = try Buffer(count: 2 * count, precision: .float64)
    let (mean, deviation) = (memory.vector(count: count, precision: .float64), memory.vector(count: count, precision: .float64, offset: 8 * count))
    try featureMoments(features, sequences: sequence?.format, pixels: inputShape.pixels, mean: mean, deviation: deviation)
    for feature in 0..<count {
      let spread = deviation.load(feature)
      guard mean.load(feature).isFinite, spread.isFinite else {
        throw Failure(.notFinite, "feature \(feature) is too large to be normalized: its mean and standard deviation must be finite in float64, as they are for magnitudes up to 1e150; divide it by a constant")
      }
      deviation.store((1 / spread).isFinite ? 1 / spread : 1, at: feature)
    }
    let squashed = squashingHeavyTails && squashesInputs ? try robustScaling(features, shift: mean, scale: deviation) : []
    func view(_ vector: Vector) -> TensorView { TensorView(vector.base, type: .float64, rows: 1, columns: count) }
    defer { withExtendedLifetime((memory, dataset)) {} }
    return try Normalization(shift: view(mean), scale: view(deviation), squashed: squashed, inputs: count, precision: precision)
  }

  /// Gives each feature with heavy tails its median as shift and 1/s as scale, s being the deviation of a normal distribution whose quartiles are as far from the median as the nearer one that differs from it.
  ///
  /// With the nearer one, both halves of a skewed feature are spread: most numbers of a log-normal one lie close above 0.
  ///
  /// Standardization presses most numbers of such a feature into a small interval, because the few that are far out make up its deviation. Its tails are heavy if the deviation is more than 3 times, and the distance of some
  /// number from the median more than 30 times, that of a normal distribution with the same quartiles. A feature stays as it is if its quartiles are the same number, as among many zeros, or differ by roundings only; if it would
  /// become too large for the network's precision; and if there are so many features that the rows read for quartiles would be fewer than 256.
  /// - Parameters:
  ///   - shift, scale: of the standardization; those of features with heavy tails are overwritten.
  /// - Returns: the features with heavy tails, ascending.
  /// - Complexity: 192 passes over at most 4 096 rows, of at most 2²² numbers, for the quartiles; a pass over all rows if some feature has a large deviation.
  private func robustScaling(_ features: TensorView, shift: Vector, scale: Vector) throws(Failure) -> [Int] {
    let sampled = min(features.rows, 1 << 12, (1 << 22) / inputs)
    guard sampled >= min(features.rows, 256) else { return [] }
    var wide: [WideFeature] = []
    let memory = try Buffer(count: sampled * inputs, precision: .float64)
    let sample = Block(memory.base, rows: inputs, columns: sampled, precision: .float64)
    let rows = (0..<sampled).map { Int64($0 * features.rows / sampled) }
    rows.withUnsafeBufferPointer { gather(features, rows: $0.baseAddress, start: 0, count: sampled, into: sample) }
    try quartiles(TensorView(memory.base, type: .float64, rows: sampled, columns: inputs, rowStride: 1, columnStride: sample.stride), rows: sampled) { feature, lower, median, upper in
      let spread = upper / Self.quartileDistance - lower / Self.quartileDistance
      let halves = [(median - lower, abs(lower)), (upper - median, abs(upper))].filter { $0.0 > 0x1p-20 * max($0.1, abs(median)) }
      guard let nearer = halves.map(\.0).min(), 1 / scale.load(feature) > 3 * spread else { return }
      wide.append(WideFeature(number: feature, median: median, spread: spread, scale: 0.5 * Self.quartileDistance / nearer))
    }
    guard !wide.isEmpty else { return [] }
    let largest = try largestDistances(features, columns: wide.map(\.number), centers: wide.map(\.median))
    let heavy = zip(wide, largest).filter { $1 > 30 * $0.spread && $1 * $0.scale <= 0x1p-10 * precision.largest }.map(\.0)
    for feature in heavy {
      shift.store(feature.median, at: feature.number)
      scale.store(feature.scale, at: feature.number)
    }
    return heavy.map(\.number)
  }

  /// A feature whose deviation is large beside its quartiles.
  private struct WideFeature {
    let number: Int
    let median: Double
    let spread: Double
    let scale: Double
  }

  /// The scaling of the target values of a data set that suits the network's loss (`TargetScale`). A target that does not change keeps the scale 1. Every sample counts once, whatever its weight.
  ///
  /// Where there are outputs at every step, each output's scaling is that of its targets at all steps, without those that are not observed.
  /// Quartiles become those of a normal distribution of deviation 1. Where both are the same number, as among many zeros, the standard deviation takes the place of their distance.
  /// - Throws: `incompatible` for a loss that scales no targets; `notFinite` when a mean or deviation is too large for float64; `memory`; the reason why the work must end.
  /// - Complexity: three passes over the targets, and for quartiles 192 over at most 65 536 rows.
  func targetScaling(standardizing values: TensorView) throws(Failure) -> TargetScaling {
    let count = targetsOfStep
    let moments = try Buffer(count: 2 * values.columns, precision: .float64)
    let memory = try Buffer(count: 2 * count, precision: .float64)
    let (shift, scale) = (memory.vector(count: count, precision: .float64), memory.vector(count: count, precision: .float64, offset: 8 * count))
    let period = steps == nil ? nil : count
    let (mean, deviation) = (moments.vector(count: values.columns, precision: .float64), moments.vector(count: values.columns, precision: .float64, offset: 8 * values.columns))
    try featureMoments(values, period: period, mean: mean, deviation: deviation)
    copy(mean[0..<count], into: shift)
    copy(deviation[0..<count], into: scale)
    switch loss.targetScale {
    case .robust:
      try quartiles(values, period: period) { target, lower, median, upper in
        shift.store(median, at: target)
        let spread = upper / Self.quartileDistance - lower / Self.quartileDistance
        if spread > 0 { scale.store(spread, at: target) }
      }
    case .logarithmic:
      for target in 0..<count {
        let (mean, deviation) = (shift.load(target), scale.load(target))
        let logarithm = mean > 0 ? log(mean) : 0
        shift.store(min(max(logarithm, -600), 600), at: target)
        // The deviation of the logarithm of a log-normal variable. Where it is larger, many targets are near 0.
        scale.store(mean > 0 ? min(max(log1p(deviation / mean * (deviation / mean)).squareRoot(), 0.05), 1) : 1, at: target)
      }
    case .standard, nil: break
    }
    for target in 0..<count {
      let number = scale.load(target)
      guard number.isFinite, shift.load(target).isFinite else {
        throw Failure(.notFinite, "target \(target) is too large to be scaled: its mean and standard deviation must be finite in float64, as they are for magnitudes up to 1e150; divide it by a constant")
      }
      if !(number > 0 && (1 / number).isFinite) { scale.store(1, at: target) }
    }
    func view(_ vector: Vector) -> TensorView { TensorView(vector.base, type: .float64, rows: 1, columns: count) }
    defer { withExtendedLifetime((memory, moments)) {} }
    return try TargetScaling(shift: view(shift), scale: view(scale), for: self)
  }

  /// The distance of the quartiles of the standard normal distribution.
  private static let quartileDistance = 1.3489795003921634
}

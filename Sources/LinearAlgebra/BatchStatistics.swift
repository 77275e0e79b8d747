import CKernels

/// Statistics of a batch whose samples are spread over several tiles: each channel's mean and variance over all its pixels and samples, and the sums of their derivatives.
///
/// Everybody writes what was found in each quantum of 16 columns to the quantum's slots. When all are there, everybody merges all slots in the order of the columns, so the result has the same bits for any number of
/// threads. Slots, means and variances are float64 in both precisions. Source of the normalization: Ioffe & Szegedy (2015), "Batch normalization", algorithms 1 and 2.
package enum BatchStatistics {
  /// Numbers of the slots of a block for `collectMoments`.
  package static func momentSlots(channels: Int, columns: Int) -> Int { 3 * channels * quanta(columns) }
  /// Numbers of the slots of a block for `collectSums`.
  package static func sumSlots(channels: Int, columns: Int) -> Int { 2 * channels * quanta(columns) }
  private static func quanta(_ columns: Int) -> Int { (columns + Block.quantum - 1) / Block.quantum }

  /// slots[quantum, channel] = (count, mean, Σ(x − mean)²) of the channel's pixels in the columns below `samples`.
  ///
  /// Summed in Double about numbers of the image, so that no mean is too large; each column by itself, and then the columns.
  /// - Cost: one pass over `x`.
  package static func collectMoments(of x: Block, channels: Int, samples: Int, into slots: Vector) {
    if BlockPieces.isOver(before: x) { return }
    assert(
      x.rows % channels == 0 && slots.precision == .float64 && slots.count == momentSlots(channels: channels, columns: x.columns), "collectMoments: shapes")
    let call = MomentsCall(
      groups: channels, rows: x.rows / channels, columns: x.columns, x: Operand(x), epsilon: 0, statistics: Operand(),
      slots: slots.base.assumingMemoryBound(to: Double.self), samples: samples)
    let kernel = Kernels.table(x.precision).pointee.image.moments
    call.forEachPiece(x) { kernel(&$0) }
  }

  /// The mean and the variance Σ(x − mean)²/count of each channel over all slots, in their order.
  ///
  /// Source: Chan, Golub & LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances", eq. 2.1.
  /// - Parameters:
  ///   - slots: of any number of blocks, one behind the other.
  ///   - mean, variance: float64, one number a channel.
  /// - Returns: the numbers of a channel, pixels · samples.
  package static func mergeMoments(_ slots: Vector, mean: Vector, variance: Vector) -> Double {
    let channels = mean.count
    assert(slots.precision == .float64 && slots.count % (3 * channels) == 0 && variance.count == channels, "mergeMoments: shapes")
    let numbers = UnsafePointer(slots.base.assumingMemoryBound(to: Double.self))
    var total = 0.0
    for channel in 0..<channels {
      var (count, center, squares) = (0.0, 0.0, 0.0)
      for slot in stride(from: 3 * channel, to: slots.count, by: 3 * channels) where numbers[slot] > 0 {
        let (n, m, s) = (numbers[slot], numbers[slot + 1], numbers[slot + 2])
        let difference = m - center
        squares += s + (count > 0 ? difference * difference * (count * (n / (count + n))) : 0)
        center = count > 0 ? center + difference * (n / (count + n)) : m
        count += n
      }
      mean.store(center, at: channel)
      variance.store(count > 0 ? squares / count : 0, at: channel)
      total = count
    }
    return total
  }

  /// The statistics of `normalize` with one group a channel, from means and variances: three numbers a channel, in the precision of the image.
  ///
  /// - Parameter epsilon: above 0.
  package static func statistics(mean: Vector, variance: Vector, epsilon: Double, into statistics: Vector) {
    assert(variance.count == mean.count && statistics.count == 3 * mean.count, "statistics: shapes")
    for channel in 0..<mean.count {
      let exact = mean.load(channel)
      statistics.store(exact, at: 3 * channel)
      statistics.store(exact - statistics.load(3 * channel), at: 3 * channel + 1)
      statistics.store(1 / (variance.load(channel) + epsilon).squareRoot(), at: 3 * channel + 2)
    }
  }

  /// slots[quantum, channel] = (Σg, Σg⊙x̂) with g = v⊙slope over the channel's pixels in the columns below `samples`.
  ///
  /// For a tangent v, Σv/count is the tangent of the mean and 2σ·Σv⊙x̂/count that of the variance. For a cotangent of scale⊙x̂ + shift, they are the gradients of shift and scale.
  /// - Parameters:
  ///   - statistics: of one group a channel.
  ///   - factors: those of the normalization, from which ReLU's slopes are computed; they are not multiplied.
  ///   - activation, slope: as in `pushNormalization`.
  /// - Cost: one pass over `v` and `x`.
  package static func collectSums(
    _ geometry: NormalizationGeometry, _ statistics: NormalizationRows, _ factors: NormalizationFactors = NormalizationFactors(), of v: Block,
    activation: Activation = .identity, slope: Block? = nil, at x: Block, samples: Int, into slots: Vector
  ) {
    if BlockPieces.isOver(before: x) { return }
    assert(
      geometry.groups == geometry.channels && slots.precision == .float64 && slots.count == sumSlots(channels: geometry.channels, columns: x.columns),
      "collectSums: shapes")
    var call = geometry.call(x, statistics, factors)
    call.v = Operand(v)
    call.use(activation, slope)
    call.slots = slots.base.assumingMemoryBound(to: Double.self)
    call.samples = samples
    let kernel = Kernels.table(x.precision).pointee.image.normalizationSums
    call.forEachPiece(x) { kernel(&$0) }
  }

  /// The sums of `pushNormalization` and `pullNormalization`: the means of f⊙g and f⊙g⊙x̂ over the batch, slots added in their order.
  ///
  /// - Parameters:
  ///   - factors: the scale f of each channel for a cotangent, nil (1) for a tangent.
  ///   - count: as `mergeMoments` returned it.
  ///   - sums: two numbers a channel, in the precision of the image.
  package static func mergeSums(_ slots: Vector, count: Double, factors: Bias?, into sums: Vector) {
    let channels = sums.count / 2
    forEachSum(slots, channels: channels) { channel, sum, product in
      let factor = factors.map { Vector($0.base, count: channels, precision: sums.precision).load($0.stride * channel) } ?? 1
      sums.store(factor * sum / count, at: 2 * channel)
      sums.store(factor * product / count, at: 2 * channel + 1)
    }
  }

  /// gradient.shift += scale·Σg and gradient.scale += scale·Σg⊙x̂ over the slots, in their order: of one's own slots where everybody adds to a gradient of their own.
  package static func accumulateGradient(_ slots: Vector, channels: Int, precision: Precision, scale: Double = 1, addingTo gradient: NormalizationFactors) {
    func add(_ value: Double, to numbers: Bias?, _ channel: Int) {
      guard let numbers else { return }
      let vector = Vector(numbers.base, count: channels, precision: precision)
      vector.store(vector.load(numbers.stride * channel) + scale * value, at: numbers.stride * channel)
    }
    forEachSum(slots, channels: channels) { channel, sum, product in
      add(sum, to: gradient.shift, channel)
      add(product, to: gradient.scale, channel)
    }
  }

  private static func forEachSum(_ slots: Vector, channels: Int, _ body: (_ channel: Int, _ sum: Double, _ product: Double) -> Void) {
    assert(slots.precision == .float64 && slots.count % (2 * channels) == 0, "slots: shapes")
    let numbers = UnsafePointer(slots.base.assumingMemoryBound(to: Double.self))
    for channel in 0..<channels {
      var (sum, product) = (0.0, 0.0)
      for slot in stride(from: 2 * channel, to: slots.count, by: 2 * channels) {
        sum += numbers[slot]
        product += numbers[slot + 1]
      }
      body(channel, sum, product)
    }
  }

  /// running ← (1 − momentum)·running + momentum·statistic, with the unbiased variance Σ(x − mean)²/(count − 1), as is usual. Of a single number the variance is 0.
  ///
  /// - Parameter runningMean, runningVariance: of any precision.
  package static func updateRunning(_ runningMean: Vector, _ runningVariance: Vector, mean: Vector, variance: Vector, count: Double, momentum: Double) {
    let correction = count > 1 ? count / (count - 1) : 1
    for channel in 0..<mean.count {
      runningMean.store((1 - momentum) * runningMean.load(channel) + momentum * mean.load(channel), at: channel)
      runningVariance.store((1 - momentum) * runningVariance.load(channel) + momentum * (correction * variance.load(channel)), at: channel)
    }
  }
}

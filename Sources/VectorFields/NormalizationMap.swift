import LinearAlgebra
import Settings

/// x ↦ σ(a⊙x̂ + c) with x̂ a normalized image, and trained a and c, one of each a channel.
///
/// Per sample (`NormalizationKind`), the statistics depend on the sample alone. Across samples (`batch`), training takes the mean and variance of each channel over all samples of the batch, for which the tiles meet
/// (`TileMeeting`); the derivatives go through these statistics. Evaluation, outside of meetings, takes running averages, which lie in the tensor behind a and c. A sample has the same bits in any tile.
///
/// The record holds the statistics alone; x̂ and the activation's slopes are computed again where they are needed. Cost: two passes over the image forward, two to four for tangents and cotangents.
/// Sources: Ioffe & Szegedy 2015 (batch); Ulyanov et al. 2016 (instance); Wu & He 2018 (group); Ba et al. 2016 (layer); Ruthotto & Haber 2018 (tv).
package struct NormalizationMap: LayerMap {
  private let geometry: NormalizationGeometry
  private let activation: Activation?
  private let place: NormalizationPlace
  private let epsilon: Double

  /// - Parameters:
  ///   - geometry: for `batch`, one group for each channel.
  ///   - place: that of a and c.
  ///   - epsilon: what is added to the variance, or to the sum of squares.
  package init(_ geometry: NormalizationGeometry, _ place: NormalizationPlace, _ activation: Activation?, epsilon: Double) {
    self.geometry = geometry
    self.place = place
    self.activation = activation
    self.epsilon = epsilon
  }

  private var channels: Int { geometry.channels }
  package var outputs: Int { geometry.rows }
  private var statisticsRows: Int { place.isAcrossSamples ? 3 * channels : geometry.statisticsRows }
  package var recordWidth: Int { statisticsRows }
  /// The statistics, if there is no record; the sums of a derivative, or means and variances in float64, which begin on the next 64-byte line; then, if kernels do not compute the activation's slopes, these and its values.
  package var scratchWidth: Int { slopeStart + (storesSlopes ? 2 * outputs : 0) }
  private var storesSlopes: Bool { !geometry.computesSlopes(of: activation ?? .identity) }
  /// The activation whose slopes the kernels compute.
  private var computed: Activation { storesSlopes ? .identity : activation ?? .identity }
  private var slopeStart: Int { statisticsRows + (place.isAcrossSamples ? 4 * channels + 16 : geometry.sumRows) }

  package var isComputedAgain: Bool { true }
  package func computeAgain(_ layer: Layer, at x: Block, record: Block, into out: Block) {
    normalize(geometry, rows(record), place(layer), of: x, activation: activation ?? .identity, into: out)
  }

  /// The slopes of the activation at x; nil if the kernels compute them.
  private func slopes(_ layer: Layer, at x: Block, _ record: Block, _ scratch: Block) -> Block? {
    guard storesSlopes, let activation else { return nil }
    let slopes = scratch.rows(slopeStart..<slopeStart + outputs)
    normalize(geometry, rows(record), place(layer), of: x, activation: activation, into: scratch.rows(slopeStart + outputs..<scratchWidth), slope: slopes)
    return slopes
  }
  private func sums(_ scratch: Block) -> Block { scratch.rows(statisticsRows..<statisticsRows + geometry.sumRows) }
  /// The statistics of all samples lie without gaps from the beginning of the record's memory.
  private func shared(_ record: Block) -> Vector { Vector(record.base, count: 3 * channels, precision: record.precision) }
  private func rows(_ record: Block) -> NormalizationRows {
    place.isAcrossSamples ? NormalizationRows(shared: shared(record)) : NormalizationRows(record.rows(0..<statisticsRows))
  }

  /// `count` numbers of float64 or of the block's precision behind the statistics' place in scratch.
  private func numbers(_ scratch: Block, _ index: Int, _ precision: Precision) -> Vector {
    let base = (scratch.base + statisticsRows * scratch.stride * scratch.precision.byteCount).alignedUp(toMultipleOf: 64)
    return Vector(base + index * channels * precision.byteCount, count: channels, precision: precision)
  }

  private func findStatistics(_ layer: Layer, of x: Block, into memory: Block, scratch: Block) {
    guard place.isAcrossSamples else { return normalizationStatistics(geometry, of: x, epsilon: epsilon, into: memory.rows(0..<statisticsRows)) }
    let (mean, variance) = (numbers(scratch, 0, .float64), numbers(scratch, 1, .float64))
    if let seat = TileMeeting.Seat.current {
      let merged = seat.exchange(3 * channels, results: 2 * channels) {
        BatchStatistics.collectMoments(of: x, channels: channels, samples: seat.samples, into: $0)
      } merge: { slots, result in
        _ = BatchStatistics.mergeMoments(slots, mean: result[0..<channels], variance: result[channels..<2 * channels])
      }
      copy(merged[0..<channels], into: mean)
      copy(merged[channels..<2 * channels], into: variance)
      place.note(layer, seat, mean: mean, variance: variance, count: Double(seat.samplesOfAll * geometry.pixels))
    } else {
      place.readStored(layer, mean: mean, variance: variance)
    }
    BatchStatistics.statistics(mean: mean, variance: variance, epsilon: epsilon, into: shared(memory))
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    let memory = record ?? scratch
    findStatistics(layer, of: x, into: memory, scratch: scratch)
    normalize(geometry, rows(memory), place(layer), of: x, activation: activation ?? .identity, scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    var sums: NormalizationRows?
    var changes = direction.map { place($0) }
    if let v {
      if !place.isAcrossSamples {
        tangentSums(geometry, rows(record), of: v, at: x, into: self.sums(scratch))
        sums = NormalizationRows(self.sums(scratch))
      } else if let seat = TileMeeting.Seat.current {
        sums = meet(seat, place(layer), of: v, .identity, slope: nil, isScaled: false, at: x, record, scratch).sums
      }
    }
    if place.isAcrossSamples, TileMeeting.Seat.current == nil, let direction { changes = place.changes(layer, direction, shared(record), into: factors(scratch, x.precision)) }
    pushNormalization(
      geometry, rows(record), place(layer), at: x, tangent: v, sums: sums, direction: changes, activation: computed,
      slope: slopes(layer, at: x, record, scratch), scale: scale, addingTo: base, into: out)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    let slopes = slopes(layer, at: x, record, scratch)
    var sums: NormalizationRows?
    var padding: Int?
    if place.isAcrossSamples, let seat = TileMeeting.Seat.current {
      let met = meet(seat, place(layer), of: p, computed, slope: slopes, isScaled: true, at: x, record, scratch)
      sums = met.sums
      padding = seat.samples
      if let gradient { BatchStatistics.accumulateGradient(met.own, channels: channels, precision: p.precision, scale: scale, addingTo: place(gradient)) }
    } else if place.isAcrossSamples {
      if let gradient { accumulateStored(layer, at: x, record: record, slopes, scale: scale, cotangent: p, gradient: gradient, scratch: scratch) }
    } else {
      sums = NormalizationRows(self.sums(scratch))
      cotangentSums(
        geometry, rows(record), place(layer), of: p, activation: computed, slope: slopes, at: x, into: self.sums(scratch), scale: scale, addingTo: gradient.map { place($0) })
    }
    pullNormalization(
      geometry, rows(record), place(layer), at: x, cotangent: p, sums: sums, activation: computed, slope: slopes, scale: scale, addingTo: base, into: q)
    // The statistics' cotangents reach the padding columns, which must stay zero.
    if let padding, padding < q.columns { clearColumns(q, from: padding) }
  }

  package func accumulateGradient(_ layer: Layer, at x: Block, record: Block, cotangent p: Block, gradient: Layer, scratch: Block) {
    let slopes = slopes(layer, at: x, record, scratch)
    if place.isAcrossSamples, TileMeeting.Seat.current == nil {
      return accumulateStored(layer, at: x, record: record, slopes, scale: 1, cotangent: p, gradient: gradient, scratch: scratch)
    }
    cotangentSums(geometry, rows(record), place(layer), of: p, activation: computed, slope: slopes, at: x, into: nil, addingTo: place(gradient))
  }

  /// Two numbers a channel, as factors, in scratch.
  private func factors(_ scratch: Block, _ precision: Precision) -> Vector { Vector(numbers(scratch, 0, precision).base, count: 2 * channels, precision: precision) }

  /// The gradient in evaluation, where the statistics are numbers of the tensor too.
  private func accumulateStored(_ layer: Layer, at x: Block, record: Block, _ slopes: Block?, scale: Double, cotangent p: Block, gradient: Layer, scratch: Block) {
    let sums = factors(scratch, x.precision)
    fill(sums, 0)
    cotangentSums(
      geometry, rows(record), place(layer), of: p, activation: computed, slope: slopes, at: x, into: nil, scale: scale, addingTo: place.factors(sums))
    place.accumulate(sums, layer, shared(record), into: gradient)
  }

  /// The sums over the batch of v⊙slope and v⊙slope⊙x̂, times the scales if `isScaled`, divided by the count; and those of this tile alone, undivided.
  private func meet(
    _ seat: TileMeeting.Seat, _ factors: NormalizationFactors, of v: Block, _ activation: Activation, slope: Block?, isScaled: Bool, at x: Block, _ record: Block,
    _ scratch: Block
  ) -> (sums: NormalizationRows, own: Vector) {
    let merged = seat.exchange(2 * channels, results: 2 * channels) {
      BatchStatistics.collectSums(
        geometry, rows(record), factors, of: v, activation: activation, slope: slope, at: x, samples: seat.samples, into: $0)
    } merge: { slots, result in
      BatchStatistics.mergeSums(slots, count: Double(seat.samplesOfAll * geometry.pixels), factors: nil, into: result)
    }
    let sums = self.factors(scratch, x.precision)
    for index in 0..<2 * channels {
      // Two numbers a channel.
      let factor = isScaled ? factors.scale.map { Vector($0.base, count: channels, precision: x.precision).load(index / 2) } ?? 1 : 1
      sums.store(factor * merged.load(index), at: index)
    }
    return (NormalizationRows(shared: sums), seat.written(2 * channels))
  }
}

/// The place of a normalization's factors in a field's layers: the tensor [2, channels] of scales a and shifts c, or across samples [4, channels] with the running means and variances behind them.
package struct NormalizationPlace: Sendable {
  package let tensor: Int
  package let channels: Int
  /// Whether the statistics are those of all samples of a batch.
  package let isAcrossSamples: Bool
  private let precision: Precision

  package init(tensor: Int, channels: Int, isAcrossSamples: Bool, precision: Precision) {
    self.tensor = tensor
    self.channels = channels
    self.isAcrossSamples = isAcrossSamples
    self.precision = precision
  }

  private func base(_ layer: Layer) -> UnsafeMutableRawPointer {
    guard let base = layer.tensors[tensor] else { preconditionFailure("a layer without its normalization") }
    return base
  }

  package func callAsFunction(_ layer: Layer) -> NormalizationFactors {
    let base = base(layer)
    return NormalizationFactors(scale: Bias(base, stride: 1), shift: Bias(base + channels * precision.byteCount, stride: 1))
  }

  private func stored(_ layer: Layer) -> Vector { Vector(base(layer), count: 4 * channels, precision: precision) }

  /// The running averages in float64.
  func readStored(_ layer: Layer, mean: Vector, variance: Vector) {
    let numbers = stored(layer)
    for channel in 0..<channels {
      mean.store(numbers.load(2 * channels + channel), at: channel)
      variance.store(max(numbers.load(3 * channels + channel), 0), at: channel)
    }
  }

  func factors(_ numbers: Vector) -> NormalizationFactors {
    NormalizationFactors(scale: Bias(numbers.base, stride: 1), shift: Bias(numbers.base + channels * precision.byteCount, stride: 1))
  }

  /// ∂y by the mean is −a/σ times that by c, and by the variance −½a/σ² times that by a: 0 where a variance is not positive.
  private func slope(_ channel: Int, _ layer: Layer, _ statistics: Vector) -> (mean: Double, variance: Double) {
    let (numbers, inverse) = (stored(layer), statistics.load(3 * channel + 2))
    return (-numbers.load(channel) * inverse, numbers.load(3 * channels + channel) > 0 ? -0.5 * numbers.load(channel) * inverse * inverse : 0)
  }

  /// The direction in a and c that does what a direction in the whole tensor does in evaluation.
  func changes(_ layer: Layer, _ direction: Layer, _ statistics: Vector, into numbers: Vector) -> NormalizationFactors {
    let given = stored(direction)
    for channel in 0..<channels {
      let slope = slope(channel, layer, statistics)
      numbers.store(given.load(channel) + slope.variance * given.load(3 * channels + channel), at: channel)
      numbers.store(given.load(channels + channel) + slope.mean * given.load(2 * channels + channel), at: channels + channel)
    }
    return factors(numbers)
  }

  /// The transpose of `changes`: adds the gradients by a and c to those of the whole tensor.
  func accumulate(_ sums: Vector, _ layer: Layer, _ statistics: Vector, into gradient: Layer) {
    let all = stored(gradient)
    for channel in 0..<channels {
      let (slope, scale, shift) = (slope(channel, layer, statistics), sums.load(channel), sums.load(channels + channel))
      all.store(all.load(channel) + scale, at: channel)
      all.store(all.load(channels + channel) + shift, at: channels + channel)
      all.store(all.load(2 * channels + channel) + slope.mean * shift, at: 2 * channels + channel)
      all.store(all.load(3 * channels + channel) + slope.variance * scale, at: 3 * channels + channel)
    }
  }

  /// Adds a meeting's statistics to the sums of this step, which lie in the layout of the parameters. The place of the first scale sums the weights, one for each evaluation of the layer.
  ///
  /// The variance is Σ(x − m)²/(n − 1), as running averages usually have it.
  func note(_ layer: Layer, _ seat: TileMeeting.Seat, mean: Vector, variance: Vector, count: Double) {
    seat.note(base(layer)) { sums in
      let (weight, correction) = (seat.weight, count > 1 ? count / (count - 1) : 1)
      sums.store(sums.load(0) + weight, at: 0)
      for channel in 0..<channels {
        sums.store(sums.load(2 * channels + channel) + weight * mean.load(channel), at: 2 * channels + channel)
        sums.store(sums.load(3 * channels + channel) + weight * correction * variance.load(channel), at: 3 * channels + channel)
      }
    }
  }
}

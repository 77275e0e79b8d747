import CKernels
import Settings

/// Sequences that arrive one observation at a time, a sample in each column: the present observation, and what a network still knows of the earlier ones.
///
/// A network without interpolation reads of the past only each channel's last observation and the time of the sample's last one. These are one step of a sequence, and the present observation is the next, so that the drive of
/// the present observation's layers is the path through two steps, by the kernel and with the bits of the whole sequence.
package struct SequenceStream {
  /// What is wrong with an observation.
  package enum Fault: Equatable, Sendable {
    /// A number that counts is NaN, infinite, or too large for the network's precision: the value of a channel, or the time.
    case number(sample: Int, channel: Int?)
    /// A time before that of the sample's last observation.
    case time(sample: Int, before: Double, here: Double)
    /// A mask other than 0 and 1.
    case mask(sample: Int, channel: Int, mask: Double)
    /// A channel that is not observed, although all channels must be.
    case missing(sample: Int, channel: Int)
  }

  /// The sampling by which the network reads whole sequences.
  private let sampling: PathSampling
  private let samples: Int
  /// The layers that read one observation, and the points of one layer.
  private let layers: Int
  private let count: Int
  private let memory: Buffer
  /// The two steps, each a time, the channels and their masks, whatever the layout of the network's sequences.
  private let steps: Block
  /// The times of the samples' last and present observations as the caller gave them, float64.
  private let times: Vector
  private let present: Vector

  private var format: SequenceFormat { sampling.format }
  private var channels: Int { format.channels }
  private var width: Int { Self.width(format) }
  private static func width(_ format: SequenceFormat) -> Int { SequenceFormat.stepWidth(.timesValuesAndMasks, channels: format.channels) }

  /// Counts the memory of a stream.
  package static func add(_ format: SequenceFormat, columns: Int, precision: Precision, to size: inout Arena.Size) {
    size.add(rows: 2 * width(format), columns: columns, precision: precision)
    for _ in 0..<2 { size.add(count: columns, precision: .float64) }
  }

  /// - Parameters:
  ///   - sampling: without interpolation; of events only with absolute times, or without times.
  ///   - layers: those that read one observation.
  ///   - samples, columns: the sequences, and the columns of a tile that holds them.
  ///   - arena: with room for what `add` counts.
  /// - Throws: `memory`.
  package init(_ sampling: PathSampling, layers: Int, samples: Int, columns: Int, precision: Precision, _ arena: Arena) throws(Failure) {
    precondition(sampling.interpolation == .none, "a path between two observations needs the later one")
    self.sampling = sampling
    self.layers = layers
    self.samples = samples
    count = sampling.count / sampling.format.steps / layers
    memory = try PathSampling.memory(count)
    steps = arena.block(rows: 2 * Self.width(sampling.format), columns: columns, precision: precision)
    times = arena.vector(count: columns, precision: .float64)
    present = arena.vector(count: columns, precision: .float64)
    clear()
  }

  /// Rows of one layer's drive.
  package var driveRows: Int { count * sampling.rowsPerPoint }

  /// Begins the sequences anew.
  package func clear() {
    fill(steps, 0)
    for vector in [times, present] { fill(vector, 0) }
    // Without times, one step is one unit of time; without masks, everything is observed.
    if format.timeOffset < 0 { fill(steps.rows(width..<width + 1), 1) }
    if format.maskOffset < 0 { fill(steps.rows(width + 1 + channels..<2 * width), 1) }
  }

  /// Takes the next observation of each sequence, which counts only once it is kept.
  ///
  /// - Parameters:
  ///   - observation: samples × the features of a step.
  ///   - scaling: of the features of a step.
  ///   - isFirst: whether all channels must be observed.
  /// - Returns: the first fault, by samples.
  package func take(_ observation: TensorView, _ scaling: FeatureScaling?, needsAllChannels: Bool) -> Fault? {
    let first = width + (format.timeOffset < 0 ? 1 : 0)
    gather(observation, rows: nil, start: 0, count: samples, scaling: scaling, into: steps.rows(first..<first + format.stepWidth))
    return switch steps.precision {
    case .float32: fault(observation, needsAllChannels, as: Float.self)
    case .float64: fault(observation, needsAllChannels, as: Double.self)
    }
  }

  private func fault<Number: BinaryFloatingPoint>(_ observation: TensorView, _ needsAllChannels: Bool, as _: Number.Type) -> Fault? {
    let numbers = steps.base.assumingMemoryBound(to: Number.self) + width * steps.stride
    let (values, masks) = (numbers + steps.stride, numbers + (1 + channels) * steps.stride)
    for sample in 0..<samples {
      var isPresent = false
      for channel in 0..<channels {
        let mask = masks[channel * steps.stride + sample]
        guard mask == 1 || mask == 0 else { return .mask(sample: sample, channel: channel, mask: Double(mask)) }
        if mask == 0 {
          if needsAllChannels { return .missing(sample: sample, channel: channel) }
          continue
        }
        isPresent = true
        guard values[channel * steps.stride + sample].isFinite else { return .number(sample: sample, channel: channel) }
      }
      guard isPresent, format.timeOffset >= 0 else { continue }
      let (before, here) = (times.load(sample), observation.number(row: sample, column: format.timeOffset))
      guard here.isFinite, numbers[sample].isFinite else { return .number(sample: sample, channel: nil) }
      if here < before, isSeen(sample) { return .time(sample: sample, before: before, here: here) }
      present.store(here, at: sample)
    }
    return nil
  }

  /// Whether a sequence has had an observation: a channel of its last step is observed.
  private func isSeen(_ sample: Int) -> Bool { (0..<channels).contains { row(1 + channels + $0).load(sample) != 0 } }
  private func row(_ index: Int) -> Vector { Vector(steps.rows(index..<index + 1).base, count: steps.columns, precision: steps.precision) }

  /// The values of the present observation, channels × samples: a network's first input, if it is the first observation and all channels are observed.
  package func values(into out: Block) { copy(steps.rows(width + 1..<width + 1 + channels), into: out) }

  /// The drive of a layer of the present observation, `driveRows` × samples.
  ///
  /// - Parameters:
  ///   - step: the observation's number in its sequence, which may exceed the network's steps.
  ///   - layer: the layer's number among those that read the observation.
  package func drive(of step: Int, layer: Int, into drive: Block) {
    let points = PathSampling.points(memory)
    let whole = PathSampling.points(sampling.memory) + (min(step, format.steps - 1) * layers + layer) * count
    // Without times the network maps its steps onto the horizon.
    let rate = format.timeOffset < 0 ? Double(format.steps - 1) / sampling.horizon : 1
    for index in 0..<count {
      points[index] = whole[index]
      points[index].step = 1
      points[index].gap *= rate > 0 ? 1 / rate : 0
    }
    var call = PathCall(
      knots: steps.base, knotStride: steps.stride, values: steps.base, valueStride: steps.stride, steps: 2, channels: channels, stepWidth: width, timeOffset: 0, valueOffset: 1,
      maskOffset: 1 + channels, interpolation: PathInterpolation.none.rawValue, form: sampling.form.rawValue, points: points, count: count, horizon: 1, isScaled: false, isTangent: false,
      isTransposed: false, lead: sampling.lead, out: drive.base, outStride: drive.stride, columns: steps.columns)
    withExtendedLifetime(memory) { Kernels.table(steps.precision).pointee.path(&call) }
  }

  /// Keeps the present observation: from now on it is each sequence's last one.
  package func keep() {
    switch steps.precision {
    case .float32: keep(as: Float.self)
    case .float64: keep(as: Double.self)
    }
  }

  private func keep<Number: BinaryFloatingPoint>(as _: Number.Type) {
    let (last, here) = (steps.base.assumingMemoryBound(to: Number.self), steps.base.assumingMemoryBound(to: Number.self) + width * steps.stride)
    for sample in 0..<samples {
      var isPresent = false
      for channel in 0..<channels where here[(1 + channels + channel) * steps.stride + sample] != 0 {
        isPresent = true
        last[(1 + channel) * steps.stride + sample] = here[(1 + channel) * steps.stride + sample]
        last[(1 + channels + channel) * steps.stride + sample] = 1
      }
      guard isPresent, format.timeOffset >= 0 else { continue }
      last[sample] = here[sample]
      times.store(present.load(sample), at: sample)
    }
  }

  /// The numbers that a stream remembers of one sequence: whether there has been an observation, its time, and each channel's last value.
  package var memoryWidth: Int { 2 + channels }

  /// Writes what is remembered of a sequence, from place `start` on.
  package func remembered(of sample: Int, into numbers: Vector, at start: Int) {
    numbers.store(isSeen(sample) ? 1 : 0, at: start)
    numbers.store(times.load(sample), at: start + 1)
    for channel in 0..<channels { numbers.store(row(1 + channel).load(sample), at: start + 2 + channel) }
  }

  /// Takes what is remembered of a sequence. A channel that has not been observed has the value 0, as if it had been observed so.
  package func remember(of sample: Int, _ numbers: Vector, at start: Int) {
    let isSeen = numbers.load(start) != 0
    times.store(numbers.load(start + 1), at: sample)
    if format.timeOffset >= 0 { row(0).store(numbers.load(start + 1), at: sample) }
    for channel in 0..<channels {
      row(1 + channel).store(numbers.load(start + 2 + channel), at: sample)
      row(1 + channels + channel).store(isSeen ? 1 : 0, at: sample)
    }
  }
}

import CKernels
import Settings

/// How the features of a sample hold a sequence of observations: step after step, each with the same number of features.
///
/// The features of a step are its channels (`values`); its time and its channels (`timesAndValues`); or its time, its channels and one mask for each channel, which is 1 if the channel was observed and 0 if not
/// (`timesValuesAndMasks`). A step whose masks are all 0 is padding: nothing in it counts, not even its time. What does not count is never read and may hold anything, also NaN. Without times, step j is at time j.
///
/// Of a trajectory (`stateAndTimes`) the features are the channels of its first state, and then its times, one a step.
package struct SequenceFormat: Equatable, Sendable {
  package enum Layout: Int32, CaseIterable, Sendable {
    case values
    case timesAndValues
    case timesValuesAndMasks
    case stateAndTimes
  }

  package let layout: Layout
  package let steps: Int
  package let channels: Int

  package init(_ layout: Layout, steps: Int, channels: Int) {
    self.layout = layout
    self.steps = steps
    self.channels = channels
  }

  /// Features of one step.
  package static func stepWidth(_ layout: Layout, channels: Int) -> Int {
    switch layout {
    case .values: channels
    case .timesAndValues: 1 + channels
    case .timesValuesAndMasks: 1 + 2 * channels
    case .stateAndTimes: 1
    }
  }

  package var stepWidth: Int { Self.stepWidth(layout, channels: channels) }
  /// Features of a sample.
  package var features: Int { steps * stepWidth + (layout == .stateAndTimes ? channels : 0) }
  /// Where a step's time, values and masks begin; -1 for none. The times of a trajectory come after its state, whose place is that of the values of step 0.
  package var timeOffset: Int { layout == .values ? -1 : layout == .stateAndTimes ? channels : 0 }
  package var valueOffset: Int { layout == .values || layout == .stateAndTimes ? 0 : 1 }
  package var maskOffset: Int { layout == .timesValuesAndMasks ? 1 + channels : -1 }

  /// The feature that holds the time of a step, in a layout with times.
  package func time(of step: Int) -> Int { step * stepWidth + timeOffset }

  /// The channel whose value a feature holds; nil for a time or a mask.
  package func channel(of feature: Int) -> Int? {
    if layout == .stateAndTimes { return feature < channels ? feature : nil }
    let place = feature % stepWidth - valueOffset
    return 0..<channels ~= place ? place : nil
  }

  /// The feature that is the mask of a value's feature; nil without masks.
  package func mask(of feature: Int) -> Int? { maskOffset < 0 ? nil : feature - valueOffset + maskOffset }

  /// The features of step `step` that are times or masks, as ranges: before its values and behind them.
  package func exempt(_ step: Int) -> [Range<Int>] {
    if layout == .stateAndTimes { return [time(of: step)..<time(of: step) + 1] }
    let start = step * stepWidth
    return [start..<start + valueOffset, start + valueOffset + channels..<start + stepWidth].filter { !$0.isEmpty }
  }
}

/// How a path is laid through the observations, for each channel separately. If a channel is observed twice at the same time, the path jumps there to the later value.
package enum PathInterpolation: Int32, CaseIterable, Sendable {
  /// No path: each point reads the observation of one step. An unobserved channel has its last value, or 0 before the first.
  case none = 0
  /// Straight lines: exact on affine paths.
  case linear = 1
  /// Cubic Hermite pieces with backward differences as slopes: once continuously differentiable. On [t_i, t_{i+1}] the path depends only on x_{i−1}, x_i and x_{i+1}. It is exact for affine paths. The first piece is
  /// linear. Source: Morrill et al. 2021 (arXiv:2106.11028), §3.
  case hermite = 2
}

/// The quantity that is read from a path.
package enum PathForm: Int32, Sendable {
  /// X(t), preceded by a row that says whether there is an observation, if such a row was requested.
  case value = 0
  /// Ẋ(t), with respect to the block's time.
  case derivative = 1
  /// The rows δ and m and the observation. Between observations δ is the time since the last one; at an observation m is its weight.
  case events = 2
}

/// The points at which the paths of all samples are read, in the time [0, T] of a block.
///
/// With `isScaled` the time from a sample's first observation to its last is mapped onto [0, T]. Otherwise the sample's times are those of the block. If there are no times, the steps are always mapped. Before the first
/// and after the last observation a path is constant.
package struct PathSampling: Sendable {
  package let format: SequenceFormat
  package let interpolation: PathInterpolation
  package let form: PathForm
  /// The rows of a point before its channels.
  package let lead: Int
  package let isScaled: Bool
  package let horizon: Double
  /// The points, about as many as there are layers.
  let memory: Buffer
  let count: Int
  private let readsEachStep: Bool

  /// Points at the nodes of each layer.
  ///
  /// - Parameters:
  ///   - hasPresence: a first row of 1 where there is an observation, or between the first and the last, and 0 elsewhere; for values alone.
  ///   - times: the layers' boundaries, one more than `layers`.
  ///   - nodes: in steps, ascending.
  ///   - evolutions: for events, layers before each observation.
  ///   - stepOfLayer: without interpolation the step that a layer reads; nil: the step of its own number.
  /// - Throws: `memory`.
  package init(
    _ format: SequenceFormat, _ interpolation: PathInterpolation, _ form: PathForm, hasPresence: Bool = false, isScaled: Bool = true, layers: Int,
    times: (Int) -> Double, nodes: [Double], evolutions: Int = 0, stepOfLayer: ((Int) -> Int)? = nil
  ) throws(Failure) {
    self.format = format
    self.interpolation = interpolation
    self.form = form
    lead = form == .events ? 2 : hasPresence ? 1 : 0
    self.isScaled = isScaled || format.timeOffset < 0
    horizon = times(layers)
    let (count, overflow) = layers.multipliedReportingOverflow(by: nodes.count)
    memory = try PathSampling.memory(overflow ? Int.max : count)
    self.count = count
    let points = PathSampling.points(memory)
    var (next, readsEachStep) = (0, true)
    for layer in 0..<layers {
      let begin = times(layer)
      let size = times(layer + 1) - begin
      // This is much more than the rounding errors of times in float32 and much less than a step.
      let little = 1e-5 * size
      for node in nodes {
        let time = begin + node * size
        var point = PathPoint(time: time, lookup: node < 1 ? time + little : time - little, begin: begin + little, gap: 0, weight: 0, step: -1)
        if form == .events {
          point.step = layer / (evolutions + 1)
          if layer % (evolutions + 1) < evolutions { point.gap = 1 / (Double(evolutions) * size) } else { point.weight = 1 / size }
        } else if interpolation == .none {
          point.step = stepOfLayer.map { $0(layer) } ?? layer
        }
        readsEachStep = readsEachStep && Int(point.step) == next
        points[next] = point
        next += 1
      }
    }
    self.readsEachStep = readsEachStep
  }

  /// The beginning of the paths alone: each channel's first observation.
  /// - Parameter readsFirstStepAlone: whether a channel that is not observed at the first step is 0.
  /// - Throws: `memory`.
  package init(beginningOf format: SequenceFormat, readsFirstStepAlone: Bool = false) throws(Failure) {
    self.format = format
    interpolation = readsFirstStepAlone ? .none : .linear
    form = .value
    lead = 0
    isScaled = true
    horizon = 1
    (count, readsEachStep) = (1, false)
    memory = try PathSampling.memory(1)
    // The path is looked up before all observations: at the time of the first one it has jumped to the last of those that share it.
    PathSampling.points(memory)[0] = PathPoint(time: 0, lookup: -.infinity, begin: 0, gap: 0, weight: 0, step: readsFirstStepAlone ? 0 : -1)
  }

  static func memory(_ count: Int) throws(Failure) -> Buffer {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<PathPoint>.stride)
    return try Buffer(byteCount: overflow ? -1 : bytes)
  }
  static func points(_ memory: Buffer) -> UnsafeMutablePointer<PathPoint> {
    memory.base.bindMemory(to: PathPoint.self, capacity: memory.byteCount / MemoryLayout<PathPoint>.stride)
  }

  package var rowsPerPoint: Int { lead + format.channels }
  package var rows: Int { count * rowsPerPoint }

  /// Whether the rows are the features themselves, unchanged.
  package var isIdentity: Bool {
    format.layout == .values && interpolation == .none && form == .value && lead == 0 && count == format.steps && readsEachStep
  }

  fileprivate func call(knots: Block, values: Block, out: Block, isTangent: Bool, isTransposed: Bool) {
    assert(knots.rows == format.features && values.rows == format.features && out.rows == rows, "path: shapes")
    var call = PathCall(
      knots: knots.base, knotStride: knots.stride, values: values.base, valueStride: values.stride, steps: format.steps, channels: format.channels,
      stepWidth: format.stepWidth, timeOffset: format.timeOffset, valueOffset: format.valueOffset, maskOffset: format.maskOffset, interpolation: interpolation.rawValue,
      form: form.rawValue, points: PathSampling.points(memory), count: count, horizon: horizon, isScaled: isScaled, isTangent: isTangent, isTransposed: isTransposed, lead: lead,
      out: out.base, outStride: out.stride, columns: out.columns)
    withExtendedLifetime(memory) { Kernels.table(out.precision).pointee.path(&call) }
  }
}

/// The paths of a tile of samples at the points, `rowsPerPoint` rows each: the lead rows, then the channels.
///
/// - Parameters:
///   - sequences: features × samples, times in ascending order.
///   - out: `sampling.rows` × samples.
/// - Cost: a few operations per point, channel, and sample, and a few a step; no allocation. A sample's bits do not depend on its neighbors.
package func samplePaths(_ sampling: PathSampling, of sequences: Block, into out: Block) {
  sampling.call(knots: sequences, values: sequences, out: out, isTangent: false, isTransposed: false)
}

/// The tangent of `samplePaths` for a tangent of the observations; times and masks are given, and their tangents are ignored.
package func samplePathTangents(_ sampling: PathSampling, of sequences: Block, tangent: Block, into out: Block) {
  sampling.call(knots: sequences, values: tangent, out: out, isTangent: true, isTransposed: false)
}

/// The transpose of `samplePathTangents`: adds to the observations' cotangents; those of times and masks stay as they are.
package func accumulatePathCotangents(_ sampling: PathSampling, of sequences: Block, cotangent: Block, addingTo values: Block) {
  sampling.call(knots: sequences, values: values, out: cotangent, isTangent: false, isTransposed: true)
}

/// What may be wrong with a sequence.
package enum SequenceFault: Equatable, Sendable {
  /// A time before that of the step before it.
  case time(before: Double, here: Double)
  /// A mask other than 0 and 1.
  case mask(Double)
  /// A second observation of a channel at the time of its last one: the path jumps there, and has no derivative.
  case jump(channel: Int, before: Double, here: Double)
}

/// The first faulty sequence: times that decrease over the steps with observations, masks other than 0 and 1, or a jump where none is allowed. nil when all are valid.
///
/// - Parameters:
///   - precision: the precision in which paths are computed. Times that are equal in this precision count as one time.
///   - isScaled: whether the network subtracts the time of the first observation from all times before it rounds them.
///   - allowsJumps: whether a channel may be observed twice at one time. If the derivative of the path is read, it may not, because no step would see the jump.
/// - Cost: one pass over times and masks, in which each step is compared with the earlier steps of the same time.
package func firstSequenceFault(
  _ view: TensorView, _ format: SequenceFormat, precision: Precision, isScaled: Bool, allowsJumps: Bool
) -> (sample: Int, step: Int, fault: SequenceFault)? {
  guard format.timeOffset >= 0 else { return nil }
  for sample in 0..<view.rows {
    var sequence = SequenceRow(view: view, sample: sample, format: format, precision: precision)
    var before: Double?
    for step in 0..<format.steps {
      if let mask = sequence.strangeMask(step) { return (sample, step, .mask(mask)) }
      guard sequence.isPresent(step) else { continue }
      let here = sequence.time(step)
      if isScaled, before == nil { sequence.origin = here }
      if let before, here < before { return (sample, step, .time(before: before, here: here)) }
      if !allowsJumps, let jump = sequence.jump(step) { return (sample, step, jump) }
      before = here
    }
  }
  return nil
}

extension SequenceFormat {
  /// Whether a feature of a sample counts: all do but the values whose mask is 0 and the times of padded steps.
  package func reads(_ feature: Int, of sample: Int, in view: TensorView) -> Bool {
    guard maskOffset >= 0 else { return true }
    if channel(of: feature) != nil { return mask(of: feature).map { view.number(row: sample, column: $0) != 0 } ?? true }
    let step = feature / stepWidth * stepWidth
    return feature != step + timeOffset || (0..<channels).contains { view.number(row: sample, column: step + maskOffset + $0) != 0 }
  }
}

/// One sample's sequence in the caller's array.
private struct SequenceRow {
  let view: TensorView
  let sample: Int
  let format: SequenceFormat
  let precision: Precision
  /// The time that the network takes from all others: that of the first observation, or 0.
  var origin = 0.0

  private func number(_ step: Int, _ place: Int) -> Double { view.number(row: sample, column: step * format.stepWidth + place) }

  func time(_ step: Int) -> Double { number(step, format.timeOffset) }

  private func isObserved(_ step: Int, _ channel: Int) -> Bool { format.maskOffset < 0 || number(step, format.maskOffset + channel) == 1 }

  /// A time as the network reads it: since the first observation where times are scaled, and in the network's precision.
  private func asRead(_ time: Double) -> Double {
    let elapsed = time - origin
    return precision == .float32 ? Double(Float(elapsed)) : elapsed
  }

  /// Whether any channel is observed.
  func isPresent(_ step: Int) -> Bool { (0..<format.channels).contains { isObserved(step, $0) } }

  /// The first mask of a step that is neither 0 nor 1.
  func strangeMask(_ step: Int) -> Double? {
    guard format.maskOffset >= 0 else { return nil }
    for channel in 0..<format.channels {
      let mask = number(step, format.maskOffset + channel)
      if mask != 0, mask != 1 { return mask }
    }
    return nil
  }

  /// A channel observed in this step and, at the same time in our precision, in a step before.
  func jump(_ step: Int) -> SequenceFault? {
    let here = time(step)
    for other in stride(from: step - 1, through: 0, by: -1) where isPresent(other) {
      let before = time(other)
      guard asRead(before) == asRead(here) else { return nil }
      for channel in 0..<format.channels where isObserved(step, channel) && isObserved(other, channel) {
        return .jump(channel: channel, before: before, here: here)
      }
    }
    return nil
  }
}

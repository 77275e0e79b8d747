import CKernels

/// How the features of a sample hold a sequence of observations: steps × features of a step, row-major in time.
///
/// A step is its channels (`values`), its time and its channels (`timesAndValues`), or its time, its channels and a mask a channel, 1 for observed and 0 for not (`timesValuesAndMasks`). A
/// step whose masks are all 0 is padding: nothing of it counts, its time neither. Without times, step j is at time j.
package struct SequenceFormat: Equatable, Sendable {
  package enum Layout: Int32, CaseIterable, Sendable {
    case values
    case timesAndValues
    case timesValuesAndMasks
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
    }
  }

  package var stepWidth: Int { Self.stepWidth(layout, channels: channels) }
  /// Features of a sample.
  package var features: Int { steps * stepWidth }
  /// Where a step's time, values and masks begin; -1 for none.
  package var timeOffset: Int { layout == .values ? -1 : 0 }
  package var valueOffset: Int { layout == .values ? 0 : 1 }
  package var maskOffset: Int { layout == .timesValuesAndMasks ? 1 + channels : -1 }

  /// The channel whose value a feature holds; nil for a time or a mask.
  package func channel(of feature: Int) -> Int? {
    let place = feature % stepWidth - valueOffset
    return 0..<channels ~= place ? place : nil
  }

  /// The feature that is the mask of a value's feature; nil without masks.
  package func mask(of feature: Int) -> Int? { maskOffset < 0 ? nil : feature - valueOffset + maskOffset }

  /// The features of step `step` that are times or masks, as ranges: before its values and behind them.
  package func exempt(_ step: Int) -> [Range<Int>] {
    let start = step * stepWidth
    return [start..<start + valueOffset, start + valueOffset + channels..<start + stepWidth].filter { !$0.isEmpty }
  }
}

/// The path between observations, each channel through its own.
package enum PathInterpolation: Int32, CaseIterable, Sendable {
  /// No path: a step reads its observation, an unobserved channel its last one, 0 before the first.
  case none = 0
  /// Straight lines: exact on affine paths.
  case linear = 1
  /// Cubic Hermite with backward differences for slopes, once continuously differentiable and causal: on [t_i, t_{i+1}] only x_{i−1}, x_i and x_{i+1} count. Exact on affine paths. The first
  /// piece is linear. Source: Morrill et al. 2021 (arXiv:2106.11028), §3.
  case hermite = 2
}

/// The quantity that is read from a path.
package enum PathForm: Int32, Sendable {
  /// X(t), after a row that says whether there is an observation, if such a row was requested.
  case value = 0
  /// Ẋ(t), with respect to the block's time.
  case derivative = 1
  /// Rows δ, m and the observation: between observations δ is the time since the last one, at an observation m is its weight.
  case events = 2
}

/// Where the paths of all samples are read: points in the time [0, T] of a block.
///
/// With `isScaled` a sample's span, from its first observation to its last, is mapped onto [0, T]; else the sample's times are the block's. Steps without times are always mapped. Outside its
/// observations a path is constant.
package struct PathSampling: Sendable {
  package let format: SequenceFormat
  package let interpolation: PathInterpolation
  package let form: PathForm
  /// Rows before the channels of a point.
  package let lead: Int
  package let isScaled: Bool
  package let horizon: Double
  private let points: [PathPoint]

  /// Points at the nodes of each layer.
  ///
  /// - Parameters:
  ///   - hasPresence: a first row of 1 where there is an observation, or between the first and the last, and 0 elsewhere; for values alone.
  ///   - times: the layers' boundaries, one more than layers.
  ///   - nodes: in steps, ascending.
  ///   - evolutions: for events, layers before each observation.
  package init(
    _ format: SequenceFormat, _ interpolation: PathInterpolation, _ form: PathForm, hasPresence: Bool = false, isScaled: Bool = true, times: [Double],
    nodes: [Double], evolutions: Int = 0
  ) {
    self.format = format
    self.interpolation = interpolation
    self.form = form
    lead = form == .events ? 2 : hasPresence ? 1 : 0
    self.isScaled = isScaled || format.timeOffset < 0
    horizon = times.last ?? 1
    var points: [PathPoint] = []
    for layer in 0..<max(times.count - 1, 0) {
      let (begin, size) = (times[layer], times[layer + 1] - times[layer])
      // Far more than the rounding of times in float32, far less than a step.
      let little = 1e-5 * size
      for node in nodes {
        let time = begin + node * size
        var point = PathPoint(time: time, lookup: node < 1 ? time + little : time - little, begin: begin + little, gap: 0, weight: 0, step: -1)
        if form == .events {
          point.step = layer / (evolutions + 1)
          if layer % (evolutions + 1) < evolutions { point.gap = 1 / (Double(evolutions) * size) } else { point.weight = 1 / size }
        } else if interpolation == .none {
          point.step = layer
        }
        points.append(point)
      }
    }
    self.points = points
  }

  /// The beginning of the paths alone: each channel's first observation.
  package init(beginningOf format: SequenceFormat) {
    self.format = format
    interpolation = .linear
    form = .value
    lead = 0
    isScaled = true
    horizon = 1
    points = [PathPoint(time: 0, lookup: 0, begin: 0, gap: 0, weight: 0, step: -1)]
  }

  package var rowsPerPoint: Int { lead + format.channels }
  package var rows: Int { points.count * rowsPerPoint }

  /// Whether the rows are the features themselves, unchanged.
  package var isIdentity: Bool {
    format.layout == .values && interpolation == .none && form == .value && lead == 0 && points.count == format.steps
      && points.indices.allSatisfy { points[$0].step == $0 }
  }

  fileprivate func call(knots: Block, values: Block, out: Block, isTangent: Bool, isTransposed: Bool) {
    assert(knots.rows == format.features && values.rows == format.features && out.rows == rows, "path: shapes")
    points.withUnsafeBufferPointer { points in
      guard let first = points.baseAddress else { return }
      var call = PathCall(
        knots: knots.base, knotStride: knots.stride, values: values.base, valueStride: values.stride, steps: format.steps, channels: format.channels,
        stepWidth: format.stepWidth, timeOffset: format.timeOffset, valueOffset: format.valueOffset, maskOffset: format.maskOffset, interpolation: interpolation.rawValue,
        form: form.rawValue, points: first, count: points.count, horizon: horizon, isScaled: isScaled, isTangent: isTangent, isTransposed: isTransposed, lead: lead,
        out: out.base, outStride: out.stride, columns: out.columns)
      Kernels.table(out.precision).pointee.path(&call)
    }
  }
}

/// The paths of a tile of samples at the points, `rowsPerPoint` rows each: the lead rows, then the channels.
///
/// - Parameters:
///   - sequences: features × samples, times in ascending order.
///   - out: `sampling.rows` × samples.
/// - Cost: a few operations a point, channel, and sample, and a few a step; no allocation. A sample's bits do not depend on its neighbors.
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

/// The faults that a sequence may have.
package enum SequenceFault: Equatable, Sendable {
  /// A time before that of the step before it.
  case time(before: Double, here: Double)
  /// A mask other than 0 and 1.
  case mask(Double)
}

/// The first faulty sequence, with times that decrease over the steps with observations, or masks other than 0 and 1; nil when all are valid.
///
/// - Cost: one pass over times and masks.
package func firstSequenceFault(_ view: TensorView, _ format: SequenceFormat) -> (sample: Int, step: Int, fault: SequenceFault)? {
  guard format.timeOffset >= 0 else { return nil }
  for sample in 0..<view.rows {
    var before: Double?
    for step in 0..<format.steps {
      let start = step * format.stepWidth
      var isPresent = format.maskOffset < 0
      if !isPresent {
        for channel in 0..<format.channels {
          let mask = view.number(sample, start + format.maskOffset + channel)
          guard mask == 0 || mask == 1 else { return (sample, step, .mask(mask)) }
          isPresent = isPresent || mask == 1
        }
      }
      guard isPresent else { continue }
      let here = view.number(sample, start + format.timeOffset)
      if let before, here < before { return (sample, step, .time(before: before, here: here)) }
      before = here
    }
  }
  return nil
}

extension TensorView {
  /// One number of the array.
  func number(_ row: Int, _ column: Int) -> Double {
    let place = base + (row * rowStride + column * columnStride) * type.byteCount
    switch type {
    case .float32: return Double(place.loadUnaligned(as: Float.self))
    case .float64: return place.loadUnaligned(as: Double.self)
    case .uint8: return Double(place.loadUnaligned(as: UInt8.self))
    case .int8: return Double(place.loadUnaligned(as: Int8.self))
    case .int32: return Double(place.loadUnaligned(as: Int32.self))
    case .int64: return Double(place.loadUnaligned(as: Int64.self))
    }
  }
}

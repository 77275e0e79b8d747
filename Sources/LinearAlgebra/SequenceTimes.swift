/// Replaces the times of gathered sequences by the times since each sample's first observation, t − t₀.
///
/// The difference is taken in the caller's type and then rounded to the tile's precision, so that times around 1.7e9 keep the differences that a scaled span depends on. A step without any observation
/// gets the time 0, which is not used.
/// - Parameters:
///   - source, rows, start, count: the samples, as in `gather`.
///   - format: the layout of a sample; without times there is nothing to do.
///   - tile: the gathered features, whose masks tell which steps have an observation.
/// - Cost: one pass over times and masks.
package func gatherElapsedTimes(_ source: TensorView, _ format: SequenceFormat, rows: UnsafePointer<Int64>?, start: Int, count: Int, into tile: Block) {
  assert(tile.rows == format.features && count <= tile.columns, "elapsed times: shapes")
  guard format.timeOffset >= 0 else { return }
  switch tile.precision {
  case .float32: gatherTimes(source, format, rows, start, count, tile, sinceLast: false, as: Float.self)
  case .float64: gatherTimes(source, format, rows, start, count, tile, sinceLast: false, as: Double.self)
  }
}

/// Replaces the times of gathered sequences by each sample's intervals, the times since the observation before, tᵢ − tᵢ₋₁.
///
/// Like `gatherElapsedTimes`, but long sequences keep the digits of their intervals too. The first observation gets 0, and so does a step without any.
package func gatherIntervals(_ source: TensorView, _ format: SequenceFormat, rows: UnsafePointer<Int64>?, start: Int, count: Int, into tile: Block) {
  assert(tile.rows == format.features && count <= tile.columns && format.timeOffset >= 0, "intervals: shapes")
  switch tile.precision {
  case .float32: gatherTimes(source, format, rows, start, count, tile, sinceLast: true, as: Float.self)
  case .float64: gatherTimes(source, format, rows, start, count, tile, sinceLast: true, as: Double.self)
  }
}

/// The tangent of `gatherIntervals`: tangents of times become those of intervals, in place.
/// - Parameter sequences: the gathered features, whose masks tell which steps have an observation.
package func differenceTimes(_ tangents: Block, _ format: SequenceFormat, of sequences: Block) {
  switch tangents.precision {
  case .float32: differenceTimes(tangents, format, sequences, as: Float.self)
  case .float64: differenceTimes(tangents, format, sequences, as: Double.self)
  }
}

/// The transpose of `differenceTimes`: cotangents of intervals become those of times, in place.
package func differenceTimesTransposed(_ cotangents: Block, _ format: SequenceFormat, of sequences: Block) {
  switch cotangents.precision {
  case .float32: differenceTimesTransposed(cotangents, format, sequences, as: Float.self)
  case .float64: differenceTimesTransposed(cotangents, format, sequences, as: Double.self)
  }
}

private func differenceTimes<Number: BinaryFloatingPoint>(_ tangents: Block, _ format: SequenceFormat, _ sequences: Block, as _: Number.Type) {
  let (numbers, masks) = (tangents.base.assumingMemoryBound(to: Number.self), sequences.base.assumingMemoryBound(to: Number.self))
  for sample in 0..<tangents.columns {
    var before: Number?
    for step in 0..<format.steps {
      let place = format.time(of: step) * tangents.stride + sample
      guard format.isObserved(step, masks + sample, stride: sequences.stride) else {
        numbers[place] = 0
        continue
      }
      let here = numbers[place]
      numbers[place] = before.map { here - $0 } ?? 0
      before = here
    }
  }
}

private func differenceTimesTransposed<Number: BinaryFloatingPoint>(_ cotangents: Block, _ format: SequenceFormat, _ sequences: Block, as _: Number.Type) {
  let (numbers, masks) = (cotangents.base.assumingMemoryBound(to: Number.self), sequences.base.assumingMemoryBound(to: Number.self))
  for sample in 0..<cotangents.columns {
    var before: Int?
    for step in 0..<format.steps {
      let place = format.time(of: step) * cotangents.stride + sample
      guard format.isObserved(step, masks + sample, stride: sequences.stride) else {
        numbers[place] = 0
        continue
      }
      if let before { numbers[before] -= numbers[place] } else { numbers[place] = 0 }
      before = place
    }
  }
}

extension SequenceFormat {
  /// Whether a step of a gathered sample has an observation.
  /// - Parameter numbers: the sample's first feature; the others follow in the distance `stride`.
  fileprivate func isObserved<Number: BinaryFloatingPoint>(_ step: Int, _ numbers: UnsafePointer<Number>, stride: Int) -> Bool {
    maskOffset < 0 || (0..<channels).contains { numbers[(step * stepWidth + maskOffset + $0) * stride] != 0 }
  }
}

private func gatherTimes<Number: BinaryFloatingPoint>(
  _ source: TensorView, _ format: SequenceFormat, _ rows: UnsafePointer<Int64>?, _ start: Int, _ count: Int, _ tile: Block, sinceLast: Bool, as _: Number.Type
) {
  let numbers = tile.base.assumingMemoryBound(to: Number.self)
  @inline(__always) func forEachTime(_ difference: (_ row: Int, _ time: Int, _ origin: Int) -> Double) {
    for sample in 0..<count {
      let row = rows.map { Int($0[start + sample]) } ?? start + sample
      var origin = -1
      for step in 0..<format.steps {
        let time = format.time(of: step)
        let isObserved = format.isObserved(step, numbers + sample, stride: tile.stride)
        if isObserved, origin < 0 { origin = time }
        numbers[time * tile.stride + sample] = isObserved ? Number(difference(row, time, origin)) : 0
        if isObserved, sinceLast { origin = time }
      }
    }
  }
  // Numbers of a plain array are read where they lie, because long sequences of small networks take longer to enter than to pass a layer.
  if let stride = source.columnStride, !source.isMade, source.type.isFloatingPoint {
    let (base, rowStride) = (source.base, source.rowStride)
    @inline(__always) func load<Own: BinaryFloatingPoint>(_ row: Int, _ column: Int, as _: Own.Type) -> Double {
      Double((base + (row * rowStride + column * stride) * MemoryLayout<Own>.size).loadUnaligned(as: Own.self))
    }
    if source.type == .float32 {
      forEachTime { row, time, origin in load(row, time, as: Float.self) - load(row, origin, as: Float.self) }
    } else {
      forEachTime { row, time, origin in load(row, time, as: Double.self) - load(row, origin, as: Double.self) }
    }
  } else {
    forEachTime { row, time, origin in source.difference(row, time, origin) }
  }
}

extension TensorView {
  /// The number in column a of a row less that in column b, in float64; of integers exact up to 2⁵³.
  package func difference(_ row: Int, _ a: Int, _ b: Int) -> Double {
    guard type == .int64 else { return number(row: row, column: a) - number(row: row, column: b) }
    func load(_ column: Int) -> Int64 { (base + (row * rowStride + offset(ofColumn: column)) * 8).loadUnaligned(as: Int64.self) }
    let (difference, overflow) = load(a).subtractingReportingOverflow(load(b))
    return overflow ? Double(load(a)) - Double(load(b)) : Double(difference)
  }
}

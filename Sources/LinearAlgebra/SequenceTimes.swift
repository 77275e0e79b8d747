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
  case .float32: gatherElapsedTimes(source, format, rows, start, count, tile, as: Float.self)
  case .float64: gatherElapsedTimes(source, format, rows, start, count, tile, as: Double.self)
  }
}

private func gatherElapsedTimes<Number: BinaryFloatingPoint>(
  _ source: TensorView, _ format: SequenceFormat, _ rows: UnsafePointer<Int64>?, _ start: Int, _ count: Int, _ tile: Block, as _: Number.Type
) {
  let numbers = tile.base.assumingMemoryBound(to: Number.self)
  for sample in 0..<count {
    let row = rows.map { Int($0[start + sample]) } ?? start + sample
    var first = -1
    for step in 0..<format.steps {
      let begin = step * format.stepWidth
      let time = begin + format.timeOffset
      let isObserved = format.maskOffset < 0 || (0..<format.channels).contains { numbers[(begin + format.maskOffset + $0) * tile.stride + sample] != 0 }
      if isObserved, first < 0 { first = time }
      numbers[time * tile.stride + sample] = isObserved ? Number(source.difference(row, time, first)) : 0
    }
  }
}

extension TensorView {
  /// The number in column a of a row less that in column b, in float64; of integers exact up to 2⁵³.
  fileprivate func difference(_ row: Int, _ a: Int, _ b: Int) -> Double {
    guard type == .int64 else { return number(row: row, column: a) - number(row: row, column: b) }
    func load(_ column: Int) -> Int64 { (base + (row * rowStride + offset(ofColumn: column)) * 8).loadUnaligned(as: Int64.self) }
    let (difference, overflow) = load(a).subtractingReportingOverflow(load(b))
    return overflow ? Double(load(a)) - Double(load(b)) : Double(difference)
  }
}

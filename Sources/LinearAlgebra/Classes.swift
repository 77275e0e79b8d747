import Settings

/// The labels of `count` samples, from row `start` of the list or of the permutation `rows`.
package func gatherLabels(_ labels: UnsafePointer<Int32>, rows: UnsafePointer<Int64>?, start: Int, count: Int, into out: UnsafeMutablePointer<Int32>) {
  for column in 0..<count { out[column] = labels[rows.map { Int($0[start + column]) } ?? start + column] }
}

/// The labels of a tile's samples at each of `steps` steps, out[step·columns + s], 0 behind the samples. Of all samples the labels lie step by step.
/// - Returns: how many there are besides −1, which stands for none.
package func gatherStepLabels(
  _ labels: UnsafePointer<Int32>, steps: Int, rows: UnsafePointer<Int64>?, start: Int, count: Int, columns: Int, into out: UnsafeMutablePointer<Int32>
) -> Int {
  let (watch, interval) = (Watch.current, max(1, (1 << 20) / max(steps, 1)))
  var found = 0
  for column in 0..<columns {
    // What is missing then is not used: the work that follows ends, too.
    if column > 0, column % interval == 0, watch.isOver { return found }
    let own = labels + (column < count ? rows.map { Int($0[start + column]) } ?? start + column : 0) * steps
    for step in 0..<steps {
      let label = column < count ? own[step] : 0
      out[step * columns + column] = label
      if column < count, label >= 0 { found += 1 }
    }
  }
  return found
}

/// Row `output` of `out`, float64, gets that output at steps of samples: at index i of `indices` that of the step whose number is places[i] = sample·steps + step. All steps lie in `all`, steps·outputs × samples.
package func gatherStepNumbers(_ all: Block, outputs: Int, output: Int, places: UnsafePointer<Int64>, steps: Int, _ indices: Range<Int>, into out: Block) {
  precondition(all.precision == .float64 && out.precision == .float64, "scores of figures are float64")
  let source = UnsafeRawPointer(all.base).assumingMemoryBound(to: Double.self)
  let row = out.base.assumingMemoryBound(to: Double.self) + output * out.stride
  for index in indices {
    let (sample, step) = Int(places[index]).quotientAndRemainder(dividingBy: steps)
    row[index] = source[(step * outputs + output) * all.stride + sample]
  }
}

/// The class of each of the first `count` samples: the row of the largest score, the first of equals; with one row, 1 where the score is positive.
///
/// They are written to `column` of `out`, which holds integers or floats, from row `startRow` on.
package func scatterClasses(_ scores: Block, count: Int, to out: MutableTensorView, startRow: Int, column: Int = 0) {
  switch scores.precision {
  case .float32: scatterClasses(scores, count, out, startRow, column, as: Float.self)
  case .float64: scatterClasses(scores, count, out, startRow, column, as: Double.self)
  }
}

/// 1 for each positive score of the first `count` samples and 0 for the others: `out` has a column of integers or floats for each row of the scores, from row `startRow` on.
package func scatterSigns(_ scores: Block, count: Int, to out: MutableTensorView, startRow: Int) {
  switch scores.precision {
  case .float32: scatterSigns(scores, count, out, startRow, as: Float.self)
  case .float64: scatterSigns(scores, count, out, startRow, as: Double.self)
  }
}

@inline(__always) private func scatterSigns<Number: BinaryFloatingPoint>(
  _ scores: Block, _ count: Int, _ out: MutableTensorView, _ startRow: Int, as number: Number.Type
) {
  for output in 0..<scores.rows {
    let score = UnsafeRawPointer(scores.base).assumingMemoryBound(to: Number.self) + output * scores.stride
    for column in 0..<count { out.store(integer: score[column] > 0 ? 1 : 0, row: startRow + column, column: output) }
  }
}

/// counts[label · classes + predicted] += 1 for each of the first `count` samples, the class predicted as by `scatterClasses`.
///
/// - Parameters:
///   - labels: one per sample, 0 ..< classes.
///   - counts: classes × classes numbers; classes is the rows of `scores`, two for one row.
package func countClasses(_ scores: Block, labels: UnsafePointer<Int32>, count: Int, addingTo counts: UnsafeMutablePointer<Int64>) {
  let classes = max(scores.rows, 2)
  switch scores.precision {
  case .float32: for column in 0..<count { counts[Int(labels[column]) * classes + bestClass(scores, column, as: Float.self)] += 1 }
  case .float64: for column in 0..<count { counts[Int(labels[column]) * classes + bestClass(scores, column, as: Double.self)] += 1 }
  }
}

/// The same with the weight of each sample in place of 1.
///
/// - Parameters:
///   - weights: float64, one per sample.
///   - sums: float64, classes × classes.
package func countClasses(_ scores: Block, labels: UnsafePointer<Int32>, weights: Vector, count: Int, addingTo sums: Vector) {
  let (classes, sum) = (max(scores.rows, 2), sums.base.assumingMemoryBound(to: Double.self))
  for column in 0..<count {
    let best = scores.precision == .float32 ? bestClass(scores, column, as: Float.self) : bestClass(scores, column, as: Double.self)
    sum[Int(labels[column]) * classes + best] += weights.load(column)
  }
}

@inline(__always) private func scatterClasses<Number: BinaryFloatingPoint>(
  _ scores: Block, _ count: Int, _ out: MutableTensorView, _ startRow: Int, _ outColumn: Int, as number: Number.Type
) {
  for column in 0..<count { out.store(integer: bestClass(scores, column, as: number), row: startRow + column, column: outColumn) }
}

@inline(__always) private func bestClass<Number: BinaryFloatingPoint>(_ scores: Block, _ column: Int, as number: Number.Type) -> Int {
  let score = UnsafeRawPointer(scores.base).assumingMemoryBound(to: Number.self)
  if scores.rows == 1 { return score[column] > 0 ? 1 : 0 }
  var best = 0
  for row in 1..<scores.rows where score[row * scores.stride + column] > score[best * scores.stride + column] { best = row }
  return best
}

extension MutableTensorView {
  /// Writes an integer to a row and column, in the tensor's own type.
  package func store(integer value: Int, row: Int, column: Int = 0) {
    let address = base + (row * rowStride + column * columnStride) * type.byteCount
    switch type {
    case .float32: address.storeBytes(of: Float(value), as: Float.self)
    case .float64: address.storeBytes(of: Double(value), as: Double.self)
    case .uint8: address.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
    case .int8: address.storeBytes(of: Int8(truncatingIfNeeded: value), as: Int8.self)
    case .int32: address.storeBytes(of: Int32(truncatingIfNeeded: value), as: Int32.self)
    case .int64: address.storeBytes(of: Int64(value), as: Int64.self)
    }
  }
}

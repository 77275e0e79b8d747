import Settings

/// The weights of a tile's samples, out[s] = samples[row]·classes[label of s]/unit, in float64.
///
/// - Parameters:
///   - samples: one weight for each row of the data set; nil: 1.
///   - classes: one weight for each class; nil: 1.
///   - labels: the labels of the tile's samples; needed with `classes`. The weight of a sample without a label, −1, is 0 then.
///   - rows, start, count: the samples, as in `gather`.
///   - unit: a power of two, by which division is exact.
package func gatherWeights(
  samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>, rows: UnsafePointer<Int64>?, start: Int, count: Int, unit: Double = 1, into out: Vector
) {
  precondition(out.precision == .float64 && out.count >= count, "room for the weights of a tile")
  let weight = out.base.assumingMemoryBound(to: Double.self)
  for column in 0..<count { weight[column] = 1 }
  if let samples {
    let sample = UnsafeRawPointer(samples.base).assumingMemoryBound(to: Double.self)
    for column in 0..<count { weight[column] *= sample[rows.map { Int($0[start + column]) } ?? start + column] }
  }
  if let classes {
    let perClass = UnsafeRawPointer(classes.base).assumingMemoryBound(to: Double.self)
    for column in 0..<count { weight[column] *= labels[column] < 0 ? 0 : perClass[Int(labels[column])] }
  }
  if unit != 1 { for column in 0..<count { weight[column] *= 1 / unit } }
}

/// The sum of the weights that `gatherWeights` gives, in the order of the samples. Here `labels` are those of all rows of the data set.
///
/// - Parameter steps: where samples have a label for each step: how many; each label then counts by itself, those that are −1 with 0. nil: a sample has one.
package func weightSum(
  samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, steps: Int? = nil, rows: UnsafePointer<Int64>?, start: Int, count: Int, unit: Double = 1
) -> Double {
  var sum = 0.0
  forEachWeight(samples, classes, labels, steps, rows, start, count) { sum += $0 * (1 / unit) }
  return sum
}

/// The largest of these weights; 0 for none.
package func largestWeight(
  samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, steps: Int? = nil, rows: UnsafePointer<Int64>?, start: Int, count: Int
) -> Double {
  var largest = 0.0
  forEachWeight(samples, classes, labels, steps, rows, start, count) { largest = max(largest, $0) }
  return largest
}

/// The weights of samples of which each counts once for every step with a target value: Σ w_s n_s with the number n_s of such steps. One value of a step that is not NaN is enough.
package func observedWeightSum(
  samples: Vector?, values: TensorView, steps: Int, rows: UnsafePointer<Int64>?, start: Int, count: Int, unit: Double = 1
) -> Double {
  let watch = Watch.current
  let piece = max(1, weightPiece / max(values.columns, 1))
  var sum = 0.0
  for first in stride(from: 0, to: count, by: piece) {
    if first > 0, watch.isOver { return sum }
    for column in first..<min(first + piece, count) {
      let row = rows.map { Int($0[start + column]) } ?? start + column
      sum += (samples?.load(row) ?? 1) * (1 / unit) * Double(observedSteps(values, row: row, steps: steps))
    }
  }
  return sum
}

/// How many of a row's steps have a value that is not NaN.
package func observedSteps(_ values: TensorView, row: Int, steps: Int) -> Int {
  guard values.type.isFloatingPoint, !values.isMade else { return steps }
  return values.type == .float32 ? observedSteps(values, row, steps, of: Float.self) : observedSteps(values, row, steps, of: Double.self)
}

@inline(__always) private func observedSteps<Number: BinaryFloatingPoint & BitwiseCopyable>(_ values: TensorView, _ row: Int, _ steps: Int, of _: Number.Type) -> Int {
  let (size, width) = (MemoryLayout<Number>.size, values.columns / steps)
  let start = values.base + row * values.rowStride * size
  var found = 0
  for step in 0..<steps {
    for column in step * width..<(step + 1) * width where !start.loadUnaligned(fromByteOffset: values.offset(ofColumn: column) * size, as: Number.self).isNaN {
      found += 1
      break
    }
  }
  return found
}

@inline(__always) private func forEachWeight(
  _ samples: Vector?, _ classes: Vector?, _ labels: UnsafePointer<Int32>?, _ steps: Int?, _ rows: UnsafePointer<Int64>?, _ start: Int, _ count: Int, _ body: (Double) -> Void
) {
  let sample = samples.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  let perClass = classes.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  let watch = Watch.current
  let piece = max(1, weightPiece / max(steps ?? 1, 1))
  for first in stride(from: 0, to: count, by: piece) {
    // What is missing then is not used: the work that follows ends, too.
    if first > 0, watch.isOver { return }
    for column in first..<min(first + piece, count) {
      let row = rows.map { Int($0[start + column]) } ?? start + column
      var weight = sample.map { $0[row] } ?? 1
      if let steps, let labels {
        for step in 0..<steps {
          let label = Int(labels[row * steps + step])
          body(label < 0 ? 0 : weight * (perClass.map { $0[label] } ?? 1))
        }
        continue
      }
      if let perClass, let labels { weight *= perClass[Int(labels[row])] }
      body(weight)
    }
  }
}

/// Samples between two questions to the watch.
private let weightPiece = 1 << 20

/// The power of two in which weights are measured whose largest is given: they are then at most 2, and a common factor of any size changes no result. 1 if the largest is 0 or not finite.
package func weightUnit(largest: Double) -> Double {
  guard largest > 0, largest.isFinite else { return 1 }
  // Within these bounds the inverse is exact, too.
  return Double(sign: .plus, exponent: min(max(Int(largest.exponent), -1000), 1000), significand: 1)
}

/// Each row of a dense array times its sample's weight, samples[row]·classes[label of row]/unit, rounded to the array's type.
///
/// - Parameters:
///   - out: samples × numbers, float32 or float64, with neighboring columns.
///   - steps: where samples have a label for each step: how many; each step's numbers are multiplied by its own weight. nil: a sample has one.
///   - labels: of all rows of the data set; needed with `classes`.
///   - rows: which row of the data set each row of `out` is; nil: the same.
package func weightRows(
  _ out: MutableTensorView, samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, steps: Int? = nil, rows: UnsafePointer<Int64>?, unit: Double = 1
) {
  precondition(out.columnStride == 1 && out.type.isFloatingPoint, "rows of neighboring reals")
  let width = out.columns / (labels == nil ? 1 : steps ?? 1)
  for index in 0..<out.rows {
    let row = Vector(out.base + index * out.rowStride * out.type.byteCount, count: out.columns, precision: out.type == .float32 ? .float32 : .float64)
    var first = 0
    forEachWeight(samples, classes, labels, labels == nil ? nil : steps, rows, index, 1) { weight in
      for column in first..<first + width { row.store(weight * (1 / unit) * row.load(column), at: column) }
      first += width
    }
  }
}

/// Sets the numbers whose target values are NaN to zero.
///
/// - Parameters:
///   - out: samples × numbers, float32 or float64, with neighboring columns.
///   - values: the target values of all rows of the data set, each of which `sharing` consecutive numbers have.
package func clearMissing(_ out: MutableTensorView, values: TensorView, sharing: Int, rows: UnsafePointer<Int64>?) {
  guard values.type.isFloatingPoint else { return }
  for index in 0..<out.rows {
    let (row, numbers) = (rows.map { Int($0[index]) } ?? index, Vector(out.base + index * out.rowStride * out.type.byteCount, count: out.columns, precision: out.type == .float32 ? .float32 : .float64))
    for column in 0..<out.columns where values.number(row: row, column: column / sharing).isNaN { numbers.store(0, at: column) }
  }
}

/// Σ w_s l_s of the first `count` samples, in their order; weights nil: 1. All float64.
package func weightedSum(of losses: Vector, weights: Vector?, count: Int) -> Double {
  var sum = 0.0
  for column in 0..<count { sum += (weights?.load(column) ?? 1) * losses.load(column) }
  return sum
}

/// Each sample's column times scale·w_s, zeros in the padding past `count`; weights nil: 1.
package func weightColumns(_ gradient: Block, scale: Double, weights: Vector?, count: Int) {
  for row in 0..<gradient.rows {
    let values = Vector(gradient.rows(row..<row + 1).base, count: gradient.columns, precision: gradient.precision)
    for column in 0..<gradient.columns { values.store(column < count ? scale * (weights?.load(column) ?? 1) * values.load(column) : 0, at: column) }
  }
}

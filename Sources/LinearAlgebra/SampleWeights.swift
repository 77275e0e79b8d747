import Settings

/// The weights of a tile's samples, out[s] = samples[row]·classes[label of s]/unit, in float64.
///
/// - Parameters:
///   - samples: one weight for each row of the data set; nil: 1.
///   - classes: one weight for each class; nil: 1.
///   - labels: the labels of the tile's samples; needed with `classes`.
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
    for column in 0..<count { weight[column] *= perClass[Int(labels[column])] }
  }
  if unit != 1 { for column in 0..<count { weight[column] *= 1 / unit } }
}

/// The sum of the weights that `gatherWeights` gives, in the order of the samples. Here `labels` are those of all rows of the data set.
package func weightSum(
  samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, rows: UnsafePointer<Int64>?, start: Int, count: Int, unit: Double = 1
) -> Double {
  var sum = 0.0
  forEachWeight(samples, classes, labels, rows, start, count) { sum += $0 * (1 / unit) }
  return sum
}

/// The largest of these weights; 0 for none.
package func largestWeight(samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, rows: UnsafePointer<Int64>?, start: Int, count: Int) -> Double {
  var largest = 0.0
  forEachWeight(samples, classes, labels, rows, start, count) { largest = max(largest, $0) }
  return largest
}

@inline(__always) private func forEachWeight(
  _ samples: Vector?, _ classes: Vector?, _ labels: UnsafePointer<Int32>?, _ rows: UnsafePointer<Int64>?, _ start: Int, _ count: Int, _ body: (Double) -> Void
) {
  let sample = samples.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  let perClass = classes.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  let watch = Watch.current
  for first in stride(from: 0, to: count, by: weightPiece) {
    // What is missing then is not used: the work that follows ends, too.
    if first > 0, watch.isOver { return }
    for column in first..<min(first + weightPiece, count) {
      let row = rows.map { Int($0[start + column]) } ?? start + column
      var weight = sample.map { $0[row] } ?? 1
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
///   - labels: of all rows of the data set; needed with `classes`.
///   - rows: which row of the data set each row of `out` is; nil: the same.
package func weightRows(_ out: MutableTensorView, samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, rows: UnsafePointer<Int64>?, unit: Double = 1) {
  precondition(out.columnStride == 1 && out.type.isFloatingPoint, "rows of neighboring reals")
  for index in 0..<out.rows {
    let weight = weightSum(samples: samples, classes: classes, labels: labels, rows: rows, start: index, count: 1, unit: unit)
    let row = Vector(out.base + index * out.rowStride * out.type.byteCount, count: out.columns, precision: out.type == .float32 ? .float32 : .float64)
    for column in 0..<out.columns { row.store(weight * row.load(column), at: column) }
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

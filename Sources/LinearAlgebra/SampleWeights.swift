/// The weights of a tile's samples, out[s] = samples[row]·classes[label of s], in float64.
///
/// - Parameters:
///   - samples: one weight for each row of the data set; nil: 1.
///   - classes: one weight for each class; nil: 1.
///   - labels: the labels of the tile's samples; needed with `classes`.
///   - rows, start, count: the samples, as in `gather`.
package func gatherWeights(
  samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>, rows: UnsafePointer<Int64>?, start: Int, count: Int, into out: Vector
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
}

/// The sum of the weights that `gatherWeights` gives, in the order of the samples. Here `labels` are those of all rows of the data set.
package func weightSum(
  samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, rows: UnsafePointer<Int64>?, start: Int, count: Int
) -> Double {
  let sample = samples.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  let perClass = classes.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  var sum = 0.0
  for column in 0..<count {
    let row = rows.map { Int($0[start + column]) } ?? start + column
    var weight = sample.map { $0[row] } ?? 1
    if let perClass, let labels { weight *= perClass[Int(labels[row])] }
    sum += weight
  }
  return sum
}

/// Each row of a dense array times its sample's weight, samples[row]·classes[label of row], rounded to the array's type.
///
/// - Parameters:
///   - out: samples × numbers, float32 or float64, with neighboring columns.
///   - labels: of all rows of the data set; needed with `classes`.
///   - rows: which row of the data set each row of `out` is; nil: the same.
package func weightRows(_ out: MutableTensorView, samples: Vector?, classes: Vector?, labels: UnsafePointer<Int32>?, rows: UnsafePointer<Int64>?) {
  precondition(out.columnStride == 1 && out.type.isFloatingPoint, "rows of neighboring reals")
  for index in 0..<out.rows {
    let weight = weightSum(samples: samples, classes: classes, labels: labels, rows: rows, start: index, count: 1)
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

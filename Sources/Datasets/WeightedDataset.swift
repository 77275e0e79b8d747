import LinearAlgebra
import Settings

extension Dataset {
  /// The same samples, sharing memory, with weights for a training loss. They replace earlier weights.
  ///
  /// - Parameter weights: samples × 1, any type; finite, >= 0 and not all 0.
  /// - Throws: `shapeMismatch`; `invalidData` naming the first row that is wrong; `memory`.
  package func weighted(by weights: TensorView) throws(Failure) -> Dataset {
    guard weights.columns == 1, weights.rows == count else {
      throw Failure(.shapeMismatch, "weights hold \(weights.rows) × \(weights.columns) numbers; they must be one for each of the \(count) samples")
    }
    guard weights.extent() != nil else { throw Failure(.shapeMismatch, "weights: shape and strides do not fit the address space") }
    let memory = try Buffer(count: count, precision: .float64)
    let copy = memory.vector(count: count, precision: .float64)
    try Watch.pieces(count) { rows in convert(weights.rows(rows), into: copy[rows]) }
    try checkWeights(copy, "weights", each: "row")
    return Dataset(features: features, labels: labels, values: values, classCount: classCount, weights: copy, featureBound: featureBound, valueBound: valueBound, mayMiss: mayMiss, stepLabels: stepLabels, columns: columns, pixels: pixels, owners: owners + [memory])
  }

  /// The same data with weights near 1 for computing, since a common factor changes no result: those whose largest is very small or very large are divided by a power of two. All others stay the same.
  /// - Throws: `memory`; the reason why the work must end.
  package func withWeightsNearOne() throws(Failure) -> Dataset {
    guard let weights, let (scaled, memory) = try weightsNearOne(weights) else { return self }
    return Dataset(features: features, labels: labels, values: values, classCount: classCount, weights: scaled, featureBound: featureBound, valueBound: valueBound, mayMiss: mayMiss, stepLabels: stepLabels, columns: columns, pixels: pixels, owners: owners + [memory])
  }
}

/// Weights divided by the power of two that their largest is measured in; nil if this lies so near 1 that sums and products of weights are as exact without.
/// - Throws: `memory`; the reason why the work must end.
package func weightsNearOne(_ weights: Vector) throws(Failure) -> (weights: Vector, memory: Buffer)? {
  let unit = weightUnit(largest: largestWeight(samples: weights, classes: nil, labels: nil, rows: nil, start: 0, count: weights.count))
  try Watch.check()
  guard !(0x1p-64...0x1p64).contains(unit) else { return nil }
  let memory = try Buffer(count: weights.count, precision: .float64)
  let scaled = memory.vector(count: weights.count, precision: .float64)
  try Watch.pieces(weights.count) { rows in
    copy(weights[rows], into: scaled[rows])
    scale(1 / unit, scaled[rows])
  }
  return (scaled, memory)
}

/// Checks that weights are finite, >= 0 and not all 0, and that their sum is finite.
/// - Parameters: name, each: the name of the weights in messages, and the word for what has one weight each ("row", "class").
/// - Throws: `invalidData`; the reason why the work must end.
package func checkWeights(_ weights: Vector, _ name: String, each: String) throws(Failure) {
  var sum = 0.0
  try Watch.pieces(weights.count) { (piece) throws(Failure) in
    for index in piece {
      let weight = weights.load(index)
      guard weight.isFinite, weight >= 0 else {
        throw Failure(.invalidData, "\(name) hold \(weight.isNaN ? "NaN" : "\(weight)") at \(each) \(index); they must be finite and >= 0")
      }
      sum += weight
    }
  }
  guard sum > 0 else { throw Failure(.invalidData, "\(name) are all 0; at least one must be > 0") }
  guard sum.isFinite else { throw Failure(.invalidData, "\(name) have a sum that is not finite; divide all of them by the same factor, which does not change the result") }
}

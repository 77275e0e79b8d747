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
    return Dataset(features: features, labels: labels, values: values, classCount: classCount, weights: copy, featureBound: featureBound, valueBound: valueBound, columns: columns, owners: owners + [memory])
  }
}

/// Checks that weights are finite, >= 0 and not all 0, and that their sum is finite.
/// - Parameters: name, each: the name of the weights in messages, and the word for what has one weight each ("row", "class").
/// - Throws: `invalidData`.
package func checkWeights(_ weights: Vector, _ name: String, each: String) throws(Failure) {
  var sum = 0.0
  for index in 0..<weights.count {
    let weight = weights.load(index)
    guard weight.isFinite, weight >= 0 else {
      throw Failure(.invalidData, "\(name) hold \(weight.isNaN ? "NaN" : "\(weight)") at \(each) \(index); they must be finite and >= 0")
    }
    sum += weight
  }
  guard sum > 0 else { throw Failure(.invalidData, "\(name) are all 0; at least one must be > 0") }
  guard sum.isFinite else { throw Failure(.invalidData, "\(name) have a sum that is not finite; divide all of them by the same factor, which does not change the result") }
}

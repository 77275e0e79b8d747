import Settings

/// Σ over samples and classes of w(p − [class = label])² for probabilities p: the Brier score is its mean over the samples.
///
/// - Parameters:
///   - probabilities: classes × samples, or one row, that of class 1; float64.
///   - count: the samples; the columns past it are padding.
///   - weights: one for each sample, float64; nil: all are 1.
package func squaredProbabilityErrors(_ probabilities: Block, labels: UnsafePointer<Int32>, count: Int, weights: Vector? = nil) -> Double {
  precondition(probabilities.precision == .float64, "probabilities of figures are float64")
  let first = probabilities.rows == 1 ? 1 : 0
  let weight = weights.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  var sum = 0.0
  for row in 0..<probabilities.rows {
    let p = UnsafeRawPointer(probabilities.base).assumingMemoryBound(to: Double.self) + row * probabilities.stride
    for column in 0..<count {
      let error = p[column] - (Int(labels[column]) == row + first ? 1 : 0)
      sum += (weight?[column] ?? 1) * (error * error)
    }
  }
  return sum
}

/// The deviations of a row of predictions from its targets, summed over the samples with their weights w.
package struct Residuals: Equatable, Sendable {
  /// Σ w|prediction − target|.
  package var absolute = 0.0
  /// Σ w(prediction − target)².
  package var squared = 0.0
  /// Σ w(target − mean target)².
  package var spread = 0.0
  /// Σ w(e − mean e)² of the errors e = prediction − target.
  package var errorSpread = 0.0
  /// Σ w.
  package var weight = 0.0

  package init() {}

  /// - Parameters:
  ///   - predictions, targets: float64, as many numbers as samples, at least one.
  ///   - weights: float64, with a sum above 0; nil: all are 1.
  package init(_ predictions: Vector, _ targets: Vector, weights: Vector? = nil) {
    precondition(predictions.precision == .float64 && targets.precision == .float64 && predictions.count == targets.count, "residuals of two rows of float64")
    func numbers(_ vector: Vector) -> UnsafePointer<Double> { UnsafeRawPointer(vector.base).assumingMemoryBound(to: Double.self) }
    let (prediction, target, weights) = (numbers(predictions), numbers(targets), weights.map(numbers))
    var (sum, errors) = (0.0, 0.0)
    for column in 0..<targets.count {
      let w = weights?[column] ?? 1
      weight += w
      sum += w * target[column]
      errors += w * (prediction[column] - target[column])
    }
    let (mean, meanError) = (sum / weight, errors / weight)
    for column in 0..<targets.count {
      let (w, error) = (weights?[column] ?? 1, prediction[column] - target[column])
      absolute += w * error.magnitude
      squared += w * (error * error)
      spread += w * ((target[column] - mean) * (target[column] - mean))
      errorSpread += w * ((error - meanError) * (error - meanError))
    }
  }
}

/// The median of |prediction − target| over the samples: the middle of all numbers that have at most half of the weight on each side.
///
/// - Parameters:
///   - predictions, targets, weights: as for `Residuals`.
///   - errors: room for as many numbers, float64, overwritten.
///   - order: room for as many row numbers, overwritten.
/// - Throws: why the work must end.
/// - Complexity: O(n log n).
package func medianAbsoluteError(
  _ predictions: Vector, _ targets: Vector, weights: Vector? = nil, errors: Vector, order: UnsafeMutablePointer<Int64>
) throws(Failure) -> Double {
  let error = errors.base.assumingMemoryBound(to: Double.self)
  var total = 0.0
  for row in 0..<targets.count {
    error[row] = (predictions.load(row) - targets.load(row)).magnitude
    if error[row].isNaN { return .nan }
    order[row] = Int64(row)
    total += weights?.load(row) ?? 1
  }
  try sortRows(order, targets.count, by: error)
  var (below, lower) = (0.0, Double?.none)
  for place in 0..<targets.count {
    let row = Int(order[place])
    let weight = weights?.load(row) ?? 1
    guard weight > 0 else { continue }
    // Half of the weight ended exactly before this number: the median lies between it and the number before.
    if let lower { return lower + (error[row] - lower) / 2 }
    below += weight
    if 2 * below > total { return error[row] }
    if 2 * below == total { lower = error[row] }
  }
  return lower ?? .nan
}

import Settings

/// Σ over samples and classes of (p − [class = label])² for probabilities p: the Brier score is its mean over the samples.
///
/// - Parameters:
///   - probabilities: classes × samples, or one row, that of class 1; float64.
///   - count: the samples; the columns past it are padding.
package func squaredProbabilityErrors(_ probabilities: Block, labels: UnsafePointer<Int32>, count: Int) -> Double {
  precondition(probabilities.precision == .float64, "probabilities of figures are float64")
  let first = probabilities.rows == 1 ? 1 : 0
  var sum = 0.0
  for row in 0..<probabilities.rows {
    let p = UnsafeRawPointer(probabilities.base).assumingMemoryBound(to: Double.self) + row * probabilities.stride
    for column in 0..<count {
      let error = p[column] - (Int(labels[column]) == row + first ? 1 : 0)
      sum += error * error
    }
  }
  return sum
}

/// The deviations of a row of predictions from its targets, summed over the samples.
package struct Residuals: Equatable, Sendable {
  /// Σ |prediction − target|.
  package var absolute = 0.0
  /// Σ (prediction − target)².
  package var squared = 0.0
  /// Σ (target − mean target)².
  package var spread = 0.0

  package init() {}

  /// - Parameters: predictions, targets: float64, as many numbers as samples, at least one.
  package init(_ predictions: Vector, _ targets: Vector) {
    precondition(predictions.precision == .float64 && targets.precision == .float64 && predictions.count == targets.count, "residuals of two rows of float64")
    let prediction = UnsafeRawPointer(predictions.base).assumingMemoryBound(to: Double.self)
    let target = UnsafeRawPointer(targets.base).assumingMemoryBound(to: Double.self)
    var sum = 0.0
    for column in 0..<targets.count { sum += target[column] }
    let mean = sum / Double(targets.count)
    for column in 0..<targets.count {
      let error = prediction[column] - target[column]
      absolute += error.magnitude
      squared += error * error
      spread += (target[column] - mean) * (target[column] - mean)
    }
  }
}

import LinearAlgebra
import Settings

/// The class of each step of each sample, for a network that gives outputs at every step of a sequence: samples × steps, −1 for a step without a label.
package struct StepLabels: @unchecked Sendable {
  package let labels: UnsafePointer<Int32>
  package let steps: Int
  /// Whether all steps have a label.
  package let isComplete: Bool

  /// Those of the samples from `start` on.
  func from(_ start: Int) -> StepLabels { StepLabels(labels: labels + start * steps, steps: steps, isComplete: isComplete) }
}

extension Dataset {
  /// The same data with its target values read as the labels of `steps` steps. Shares the other memory.
  ///
  /// - Throws: `shapeMismatch` for another number of target values; `invalidData` naming row and step of a number that is neither a class nor −1; `memory`; the reason why the work must end.
  /// - Complexity: a pass over the targets; 4 bytes for each.
  package func labeled(steps: Int, below classes: Int) throws(Failure) -> Dataset {
    let values = readAsValues.values
    guard let values, values.columns == steps else {
      let given = (values?.columns ?? 1) == 1 ? "[\(count)]" : "[\(count), \(values?.columns ?? 1)]"
      throw Failure(.shapeMismatch, "targets have shape \(given); this network has outputs at every step, and its loss needs labels of shape [\(count), \(steps)]")
    }
    let (number, overflow) = count.multipliedReportingOverflow(by: steps)
    let memory = try Buffer(count: overflow ? Int.max : number, precision: .float32)
    let labels = memory.labels(count: number)
    var isComplete = true
    try Watch.pieces(count, work: steps) { rows throws(Failure) in
      for row in rows {
        for step in 0..<steps {
          let value = values.number(row: row, column: step)
          guard let label = Int32(exactly: value), label >= -1, Int(label) < classes else {
            throw Failure(.invalidData, "label \(value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)") at row \(row), step \(step); labels must be whole numbers 0 … \(classes - 1), or -1 for a step without one")
          }
          labels[row * steps + step] = label
          if label < 0 { isComplete = false }
        }
      }
    }
    return Dataset(
      features: features, labels: nil, values: values, classCount: 0, weights: weights, featureBound: featureBound, valueBound: valueBound, mayMiss: mayMiss,
      stepLabels: StepLabels(labels: UnsafePointer(labels), steps: steps, isComplete: isComplete), columns: columns, owners: owners + [memory])
  }

  /// Whether any step has a target: a label, or one of its values.
  /// - Throws: the reason why the work must end.
  package func hasObservedStep(of steps: Int) throws(Failure) -> Bool {
    if let stepLabels, !stepLabels.isComplete {
      var found = false
      try Watch.pieces(count, work: steps) { rows in
        if !found { found = (rows.lowerBound * steps..<rows.upperBound * steps).contains { stepLabels.labels[$0] >= 0 } }
      }
      return found
    }
    guard stepLabels == nil, mayMiss, let values else { return true }
    var found = false
    try Watch.pieces(count, work: values.columns) { rows in
      if !found { found = rows.contains { observedSteps(values, row: $0, steps: steps) > 0 } }
    }
    return found
  }
}

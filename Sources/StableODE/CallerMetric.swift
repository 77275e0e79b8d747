import CStableODE
import LinearAlgebra
import Networks
import Settings
import Training

/// A metric that a C function computes from the scores of the whole validation data.
struct CallerMetric: Metric, @unchecked Sendable {
  let isLargerBetter: Bool
  let kinds = Set(OutputKind.allCases)
  private let function: sode_metric_function
  private let userData: UnsafeMutableRawPointer?
  private let shapes: CallbackShapes

  /// - Throws: `memory`.
  init(_ function: @escaping sode_metric_function, _ userData: UnsafeMutableRawPointer?, isLargerBetter: Bool) throws(Failure) {
    self.function = function
    self.userData = userData
    self.isLargerBetter = isLargerBetter
    shapes = try CallbackShapes()
  }

  /// - Throws: `callbackFailed` when the function does not return 0 or its value is not finite.
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let steps = evaluated.plan.steps
    var scores = shapes.tensor(0, evaluated.allScores, samples: evaluated.dataset.count, steps: steps)
    var targets =
      if let values = evaluated.dataset.values { shapes.view(1, values, steps: evaluated.plan.loss.targetKind == .labels ? nil : steps) } else {
        shapes.labels(1, UnsafeMutablePointer(mutating: evaluated.labels), samples: evaluated.count)
      }
    var value = Double.nan
    let function = unsafeBitCast(function, to: UnsafeRawPointer.self)
    let answer = try withPointers(&scores, &targets, &value) { scores, targets, value throws(Failure) in
      try call(function, "the metric callback", [scores, targets, value, userData])
    }
    guard answer == 0 else { throw Failure(.callbackFailed, "the metric callback returned \(answer); 0 means success") }
    guard value.isFinite else { throw Failure(.callbackFailed, "the metric callback gave \(value); it must be finite") }
    return value
  }
}

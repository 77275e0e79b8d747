import LinearAlgebra

/// How scores become predictions of a kind, and how large they may be.
extension NetworkPlan {
  /// The largest magnitude that scores may have from which a prediction is made. The scores themselves, which may be arbitrarily large, must fit the array that they are written to.
  func largestScore(_ kind: PredictionKind, _ scaling: TargetScaling?, in type: ElementType) -> Double {
    let givesScores = kind == .scores || kind == .probabilities && loss.outputKind == .values
    return givesScores && type == .float32 ? Precision.float32.largest : (scaling == nil ? precision : .float64).largest
  }

  /// The largest magnitude that predictions made from scores may have.
  func largestPrediction(in type: ElementType) -> Double { type == .float32 ? Precision.float32.largest : precision.largest }
}

/// The numbers of which a sample's predictions consist.
package struct PredictionShape: Sendable {
  /// Scores at the end, or of one step.
  package let outputs: Int
  /// How many steps of a sample have predictions; nil for those at the end or after one step.
  package let steps: Int?
  /// Whether each output is a label of its own.
  package let hasLabels: Bool
  /// The integers that say the class, or the labels, at the end or of one step; 0 if the loss has neither.
  fileprivate let classesOfStep: Int

  /// Scores of all steps.
  package var scores: Int { outputs * (steps ?? 1) }
  /// The integers that say the classes or the labels of all steps.
  package var classes: Int { classesOfStep * (steps ?? 1) }
}

extension NetworkPlan {
  /// The predictions for a whole sample.
  package var predictions: PredictionShape { shape(steps) }
  /// The predictions at the end, or after one step.
  package var predictionsOfStep: PredictionShape { shape(nil) }

  private func shape(_ steps: Int?) -> PredictionShape {
    let kind = loss.outputKind
    return PredictionShape(outputs: outputs, steps: steps, hasLabels: kind == .labels, classesOfStep: kind == .classes ? 1 : kind == .labels ? outputs : 0)
  }
}

extension InferencePass {
  /// Turns scores in the caller's units into probabilities or predictions, in place. Records the samples whose predictions are not finite: the exponential of a score may be too large where the score is not.
  /// - Parameter loss: the network's, of all scores or of those of one step.
  func link(_ callers: Block, _ loss: any Loss, within limit: Double) {
    loss.link(callers, into: callers)
    if loss.outputKind == .counts { log.requireFinite(callers, within: limit, "predictions exp(score)") }
  }

  /// Writes the present tile's result: its scores in the caller's units, which `link` has turned into probabilities if these are asked for, or its classes.
  /// - Parameter scores: those of all steps, or of one.
  func give(_ kind: PredictionKind, _ scores: Block, _ callers: Block, count: Int, to target: MutableTensorView, startRow: Int) {
    switch kind {
    case .scores, .probabilities: scatter(callers, count: count, to: target, startRow: startRow)
    case .classes where plan.loss.outputKind == .labels: scatterSigns(scores, count: count, to: target, startRow: startRow)
    case .classes:
      for step in 0..<scores.rows / plan.outputs {
        scatterClasses(scores.rows(step * plan.outputs..<(step + 1) * plan.outputs), count: count, to: target, startRow: startRow, column: step)
      }
    }
  }
}

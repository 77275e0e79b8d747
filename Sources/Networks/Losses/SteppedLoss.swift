import LinearAlgebra
import Settings

/// The sum of a loss over the steps of a sequence, for a network that gives outputs at every step.
///
/// Scores and targets lie step by step: steps·outputs rows of scores, and as many rows of target values or labels. A label of −1 and a target value that is NaN are not observed and add nothing. In the mean over a batch every observed step
/// counts alike, with the weights of its sample and of its label: Σ w_s c_l ℓ / Σ w_s c_l over all observed steps of all samples (`LossWeighting`).
package struct SteppedLoss: Loss {
  /// The loss of one step.
  package let loss: any Loss
  package let steps: Int
  private let outputs: Int

  /// - Parameter outputs: the scores of one step.
  /// - Throws: `.incompatible` for a loss that reads margins.
  package init(_ loss: any Loss, steps: Int, outputs: Int) throws(Failure) {
    guard loss.marginRadius == nil else {
      throw Failure(.incompatible, "outputs_at is steps, but the loss has margins, of which Lipschitz constants are known for the end of a network alone; use softmax_cross_entropy")
    }
    self.init(each: loss, steps, outputs)
  }

  private init(each loss: any Loss, _ steps: Int, _ outputs: Int) { (self.loss, self.steps, self.outputs) = (loss, steps, outputs) }

  package var outputKind: OutputKind { loss.outputKind }
  package func targets(outputs: Int) -> Int { loss.targets(outputs: outputs) }
  package var targetBounds: ClosedRange<Double>? { loss.targetBounds }
  package var targetScale: TargetScale? { loss.targetScale }
  package func check(outputs: Int) throws(Failure) { try loss.check(outputs: outputs) }
  package func classes(outputs: Int) -> Int { loss.classes(outputs: outputs) }
  package var reasonWithoutCurvature: String? { loss.reasonWithoutCurvature }
  package var hasExactGradient: Bool { loss.hasExactGradient }
  package var countsSteps: Bool { true }
  package func scaled(shifts: [Double], scales: [Double], in unit: LossUnit) -> any Loss { SteppedLoss(each: loss.scaled(shifts: shifts, scales: scales, in: unit), steps, outputs) }

  private func rows(_ step: Int, _ block: Block) -> Block {
    let size = block.rows / steps
    return block.rows(step * size..<(step + 1) * size)
  }

  /// Weights, if there are any, lie step by step as labels do. If the work must end, the remaining steps are left out.
  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    let (watch, interval) = (Watch.current, max(1, (1 << 16) / max(outputs * scores.columns, 1)))
    var sum = 0.0
    for step in 0..<steps {
      if step > 0, step % interval == 0, watch.isOver { break }
      let (start, columns) = (step * scores.columns, scores.columns)
      var own = targets
      own.labels = targets.labels + (outputKind == .classes ? start : 0)
      own.values = rows(step, targets.values)
      own.weights = targets.weights.map { $0[start..<start + columns] }
      sum += loss.evaluate(scores: rows(step, scores), targets: own, count: count, scale: scale, gradient: gradient.map { rows(step, $0) }, correct: &correct)
    }
    return sum
  }

  package func curvature(at scores: Block, of tangent: Block, scratch: Block) {
    for step in 0..<steps { loss.curvature(at: rows(step, scores), of: rows(step, tangent), scratch: scratch) }
  }

  package func link(_ scores: Block, into out: Block) {
    for step in 0..<steps { loss.link(rows(step, scores), into: rows(step, out)) }
  }
}

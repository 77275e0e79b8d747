import LinearAlgebra
import Settings
import VectorFields

/// A scheme whose steps have a cost (`TrajectoryCost`). The steps have the same bits as without it. In addition, every pass through a layer computes the cost or its exact derivatives.
///
/// If `StepLog.isCharging` is set, steps add their cost to `StepLog.cost`, a sum over the samples. If `StepLog.chargePerSample` is above 0, pullbacks add the cotangents of the cost, so that every memory policy
/// gives its gradient. Pushforwards leave the cost out.
package struct ChargedIntegrator: Integrator {
  package let base: any Integrator
  package let cost: TrajectoryCost

  package init(_ base: any Integrator, _ cost: TrajectoryCost) { (self.base, self.cost) = (base, cost) }

  package var order: Int { base.order }
  package var isReversible: Bool { base.isReversible }
  package var takesOwnSteps: Bool { base.takesOwnSteps }
  package var nodes: [Double] { base.nodes }
  package var fieldCount: Int { base.fieldCount }
  package var needsConstantWeights: Bool { base.needsConstantWeights }
  package func check(_ field: any VectorField) throws(Failure) {
    try base.check(field)
    try cost.check(base, field)
  }
  package var drawsNumbers: Bool { base.drawsNumbers }
  package func checkNoise() throws(Failure) { try base.checkNoise() }
  package var treatsSamplesApart: Bool { base.treatsSamplesApart }
  package func checkUnequalSteps() throws(Failure) { try base.checkUnequalSteps() }
  package func check(_ precision: Precision) throws(Failure) { try base.check(precision) }
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { base.largestStableSize(dynamics, stepSize: h) }
  package func largestNonExpansiveSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { base.largestNonExpansiveSize(dynamics, stepSize: h) }
  package func fieldWidth(visible: Int) throws(Failure) -> Int { try base.fieldWidth(visible: visible) }
  package func visibleWidth(_ field: any VectorField) -> Int { base.visibleWidth(field) }
  package func stateWidth(_ field: any VectorField) -> Int { base.stateWidth(field) }
  package func rememberedRows(_ field: any VectorField) -> Int { base.rememberedRows(field) }
  package var copiesState: Bool { base.copiesState }
  package func parameters(_ field: any VectorField) -> [ParameterShape] { base.parameters(field) }
  package func recordWidth(_ field: any VectorField) -> Int { base.recordWidth(field) }
  /// The scratch of the scheme. Then, for the second term: a shifted state before and after the step, its cotangent, and its record.
  package func scratchWidth(_ field: any VectorField) -> Int {
    base.scratchWidth(field) + (cost.jacobian > 0 ? 3 * base.stateWidth(field) + base.recordWidth(field) : 0)
  }
  package func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int { base.preparedCount(field, for: purpose) }
  package var preparesForStepSize: Bool { base.preparesForStepSize }
  package var preparesOwnTensors: Bool { base.preparesOwnTensors }
  package func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    base.prepare(field, weights, stepSize: h, for: purpose)
  }
  package func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double) {
    base.prepareDirection(field, direction, at: weights, stepSize: h)
  }
  package func finishGradient(_ field: any VectorField, _ gradient: StepWeights, at weights: StepWeights, stepSize h: Double) {
    base.finishGradient(field, gradient, at: weights, stepSize: h)
  }
  package func gradientNeedsFinish(_ field: any VectorField) -> Bool { base.gradientNeedsFinish(field) }
  package func start(_ field: any VectorField, _ state: Block) { base.start(field, state) }
  package func startPullback(_ field: any VectorField, _ cotangent: Block) { base.startPullback(field, cotangent) }
  package func reverse(_ field: any VectorField, _ step: Step, from after: Block, into before: Block, record: Block?, scratch: Block) {
    base.reverse(field, step, from: after, into: before, record: record, scratch: scratch)
  }
  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    base.pushforward(field, step, direction: direction, before: before, after: after, record: record, tangent: tangent, into: out, scratch: scratch)
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    base.step(field, step, from: before, into: after, record: record, scratch: scratch)
    guard let log = step.log?.takeUnretainedValue(), log.isCharging else { return }
    if cost.kinetic > 0 {
      let visible = 0..<base.visibleWidth(field)
      log.cost += cost.kinetic / (2 * step.stepSize) * squaredChange(after.rows(visible), before.rows(visible), samples: log.samples.count)
    }
    if cost.jacobian > 0 {
      let shifted = Shifted(self, field, scratch)
      shiftRows(before, by: cost.step, stream: step.index, into: shifted.before)
      base.step(field, step, from: shifted.before, into: shifted.after, record: nil, scratch: scratch)
      log.cost += cost.jacobian / (2 * step.stepSize * cost.step * cost.step)
        * squaredChange(shifted.after, after, shift: cost.step, stream: step.index, samples: log.samples.count)
    }
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    guard let log = step.log?.takeUnretainedValue(), log.chargePerSample > 0 else {
      return base.pullback(field, step, before: before, after: after, record: record, cotangent: cotangent, gradient: gradient, scratch: scratch)
    }
    let visible = 0..<base.visibleWidth(field)
    let kinetic = log.chargePerSample * cost.kinetic / step.stepSize
    let shifted = Shifted(self, field, scratch)
    if cost.jacobian > 0 {
      shiftRows(before, by: cost.step, stream: step.index, into: shifted.before)
      base.step(field, step, from: shifted.before, into: shifted.after, record: shifted.record, scratch: scratch)
      fill(shifted.cotangent, 0)
      accumulateChange(
        log.chargePerSample * cost.jacobian / (step.stepSize * cost.step * cost.step), shifted.after, after, shift: cost.step, stream: step.index,
        samples: log.samples.count, addingTo: shifted.cotangent)
      combine(-1, shifted.cotangent, 1, cotangent, into: cotangent)
    }
    if kinetic > 0 { accumulateChange(kinetic, after.rows(visible), before.rows(visible), samples: log.samples.count, addingTo: cotangent.rows(visible)) }
    base.pullback(field, step, before: before, after: after, record: record, cotangent: cotangent, gradient: gradient, scratch: scratch)
    if kinetic > 0 { accumulateChange(-kinetic, after.rows(visible), before.rows(visible), samples: log.samples.count, addingTo: cotangent.rows(visible)) }
    guard cost.jacobian > 0 else { return }
    base.pullback(
      field, step, before: shifted.before, after: shifted.after, record: shifted.record, cotangent: shifted.cotangent, gradient: gradient, scratch: scratch)
    combine(1, shifted.cotangent, 1, cotangent, into: cotangent)
  }

  /// The parts of the scratch after that of the scheme.
  private struct Shifted {
    let before: Block
    let after: Block
    let cotangent: Block
    let record: Block

    init(_ integrator: ChargedIntegrator, _ field: any VectorField, _ scratch: Block) {
      guard integrator.cost.jacobian > 0 else {
        (before, after, cotangent, record) = (scratch, scratch, scratch, scratch)
        return
      }
      let (start, width) = (integrator.base.scratchWidth(field), integrator.base.stateWidth(field))
      func part(_ index: Int) -> Block { scratch.rows(start + index * width..<start + (index + 1) * width) }
      (before, after, cotangent) = (part(0), part(1), part(2))
      record = scratch.rows(start + 3 * width..<start + 3 * width + integrator.base.recordWidth(field))
    }
  }
}

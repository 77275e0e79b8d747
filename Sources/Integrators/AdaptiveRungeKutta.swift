import LinearAlgebra
import Settings
import VectorFields

/// An embedded Runge–Kutta method that solves the equation over the interval of each layer, in steps whose sizes it chooses separately for each sample.
///
/// The step of a layer is the whole solve from t_j to t_{j+1}, during which the weights are constant. The derivatives are those of the accepted steps with their sizes held fixed: exact for these steps, and
/// within the tolerance of the derivative of the flow. If a sample's solve cannot continue, it reports this in the step's log and keeps the last good state.
///
/// - Cost: 6 evaluations for each step tried, and 2 for the first step size. A derivative evaluates the stages of each accepted step once more. If there are more than √(2·max_steps) steps, it first solves all
///   segments but the last again (`SegmentSchedule`). A solve and its derivative together evaluate the field at most three times as often as the solve alone.
package struct AdaptiveRungeKutta: Integrator {
  package let tableau: AdaptiveTableau
  package let control: AdaptiveControl

  package init(_ tableau: AdaptiveTableau, _ control: AdaptiveControl) {
    self.tableau = tableau
    self.control = control
  }

  package var order: Int { tableau.order }
  package var takesOwnSteps: Bool { true }
  package var needsConstantWeights: Bool { true }

  package func check(_ field: any VectorField) throws(Failure) {
    guard field.hasSteadyDrive else {
      throw Failure(.incompatible, "integrator \(tableau.name) takes fields without outside input, which would have to be constant within a layer; this field is driven")
    }
  }
  package var treatsSamplesApart: Bool { true }
  package func checkNoise() throws(Failure) {
    throw Failure(.incompatible, "integrator \(tableau.name) chooses its steps by an error that noise has no part in; noise needs steps of fixed size: euler, a Runge–Kutta method, …")
  }
  package func check(_ precision: Precision) throws(Failure) { try control.check(precision) }

  /// Slots for any number of steps that `max_steps` allows.
  private var schedule: SegmentSchedule { SegmentSchedule(slots: max(control.recordedSteps, SegmentSchedule(steps: control.maximumSteps).slots)) }

  package func recordWidth(_ field: any VectorField) -> Int { AdaptiveRecord.rows(width: field.stateWidth, schedule) }
  package func scratchWidth(_ field: any VectorField) -> Int { max(SolveRoom.rows(field), AdaptiveReplay.rows(field)) }

  private func record(_ block: Block, _ field: any VectorField) -> AdaptiveRecord { AdaptiveRecord(block, width: field.stateWidth, schedule) }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let record = record.map { self.record($0, field) }
    record?.clear()
    var solve = AdaptiveSolve(self, field, step, from: before, scratch: scratch)
    solve.run(into: after, record: record)
  }

  /// A step that also writes the states and events that `output` asks for.
  package func solve(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, output: DenseOutput, scratch: Block) {
    var solve = AdaptiveSolve(self, field, step, from: before, scratch: scratch)
    solve.run(into: after, record: nil, output: output)
  }

  /// Solves a segment again for the samples whose states there the record does not hold.
  private func expand(_ segment: Int, of record: AdaptiveRecord, _ field: any VectorField, _ step: Step, scratch: Block) {
    var solve = AdaptiveSolve(self, field, step, segment: segment, of: record, scratch: scratch)
    solve.run(into: nil, record: record)
  }

  /// Goes through the segments from the first to the last. Afterwards the record is as the solve left it.
  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let record = self.record(record, field)
    copy(tangent, into: out)
    for segment in 0...record.lastSegment() where !step.isOver {
      expand(segment, of: record, field, step, scratch: scratch)
      let replay = AdaptiveReplay(self, field, step, record, segment: segment, carried: out, scratch: scratch)
      for place in 0..<replay.steps where !step.isOver { replay.pushforward(place, direction: direction?.layer()) }
      replay.giveBack(out)
    }
  }

  /// Goes through the segments from the last to the first. This uses up the record, so that a further pullback must solve the layer again.
  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let record = self.record(record, field)
    if !record.holdsLastSegments() {
      var solve = AdaptiveSolve(self, field, step, from: before, aim: .restoration, scratch: scratch)
      solve.run(into: nil, record: record)
    }
    for segment in (0...record.lastSegment()).reversed() where !step.isOver {
      expand(segment, of: record, field, step, scratch: scratch)
      let replay = AdaptiveReplay(self, field, step, record, segment: segment, carried: cotangent, scratch: scratch)
      for place in (0..<replay.steps).reversed() where !step.isOver { replay.pullback(place, gradient: gradient?.layer()) }
      replay.giveBack(cotangent)
    }
  }
}

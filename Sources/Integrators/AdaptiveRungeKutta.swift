import LinearAlgebra
import Settings
import VectorFields

/// An embedded Runge–Kutta method that solves the interval of each layer in steps whose sizes it chooses for each sample.
///
/// A layer's step is the whole solve from t_j to t_{j+1} with weights that are constant there. The derivatives are those of the steps that were accepted, with their sizes held fixed: exact for the
/// discrete map of these steps, and within the tolerance of the derivative of the flow. A solve that cannot continue reports that in the step's log, and its sample keeps the last good state.
///
/// - Cost: 6 evaluations a step tried, 2 to find the first step size. The gradient evaluates the stages of each accepted step once more and pulls back through them.
package struct AdaptiveRungeKutta: Integrator {
  package let tableau: AdaptiveTableau
  package let control: AdaptiveControl

  package init(_ tableau: AdaptiveTableau, _ control: AdaptiveControl) {
    self.tableau = tableau
    self.control = control
  }

  package var order: Int { tableau.order }
  package var needsConstantWeights: Bool { true }

  package func check(_ field: any VectorField) throws(Failure) {
    guard field.driveWidth == 0 else {
      throw Failure(.incompatible, "integrator \(tableau.name) takes fields without outside input, which would have to be constant within a layer; this field is driven")
    }
  }
  package func checkNoise() throws(Failure) {
    throw Failure(.incompatible, "integrator \(tableau.name) chooses its steps by an error that noise has no part in; noise needs steps of fixed size: euler, a Runge–Kutta method, …")
  }
  package func check(_ precision: Precision) throws(Failure) { try control.check(precision) }

  package func recordWidth(_ field: any VectorField) -> Int { AdaptiveRecord.rows(width: field.stateWidth, capacity: control.recordedSteps) }
  package func scratchWidth(_ field: any VectorField) -> Int { max(AdaptiveSolve.rows(field), AdaptiveReplay.rows(field)) }

  func record(_ block: Block, _ field: any VectorField) -> AdaptiveRecord {
    AdaptiveRecord(block, width: field.stateWidth, capacity: control.recordedSteps)
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let record = record.map { self.record($0, field) }
    record?.windowStart = 0
    record?.clearCounts()
    var solve = AdaptiveSolve(self, field, step, from: before, scratch: scratch)
    solve.run(into: after, record: record)
  }

  /// A step that also writes the states and events that `output` asks for.
  package func solve(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, output: DenseOutput, scratch: Block) {
    var solve = AdaptiveSolve(self, field, step, from: before, scratch: scratch)
    solve.run(into: after, record: nil, output: output)
  }

  /// Makes the record hold the window that begins at the step `start`, by another solve if it holds a different window.
  private func fill(_ record: AdaptiveRecord, from start: Int, _ field: any VectorField, _ step: Step, before: Block, scratch: Block) {
    guard record.windowStart != start else { return }
    record.windowStart = start
    var solve = AdaptiveSolve(self, field, step, from: before, isRepeated: true, scratch: scratch)
    solve.run(into: nil, record: record, limit: start + record.capacity)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let record = self.record(record, field)
    copy(tangent, into: out)
    let count = record.largestCount()
    for start in stride(from: 0, to: count, by: record.capacity) {
      fill(record, from: start, field, step, before: before, scratch: scratch)
      let replay = AdaptiveReplay(self, field, step, record, carried: out, scratch: scratch)
      for slot in 0..<min(record.capacity, count - start) { replay.pushforward(slot, direction: direction?.layer()) }
      replay.giveBack(out)
    }
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let record = self.record(record, field)
    let count = record.largestCount()
    for start in stride(from: 0, to: count, by: record.capacity).reversed() {
      fill(record, from: start, field, step, before: before, scratch: scratch)
      let replay = AdaptiveReplay(self, field, step, record, carried: cotangent, scratch: scratch)
      for slot in (0..<min(record.capacity, count - start)).reversed() { replay.pullback(slot, gradient: gradient?.layer()) }
      replay.giveBack(cotangent)
    }
  }
}

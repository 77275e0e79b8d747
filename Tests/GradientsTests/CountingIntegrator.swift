import Integrators
import LinearAlgebra
import VectorFields

/// Forward Euler that counts its steps with a record and those without one.
struct CountingIntegrator: Integrator {
  final class Counts: @unchecked Sendable {
    var recorded = 0
    var plain = 0
  }

  let counts = Counts()
  private let base = Euler()

  var order: Int { 1 }
  func recordWidth(_ field: any VectorField) -> Int { base.recordWidth(field) }
  func scratchWidth(_ field: any VectorField) -> Int { base.scratchWidth(field) }

  func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    if record == nil { counts.plain += 1 } else { counts.recorded += 1 }
    base.step(field, step, from: before, into: after, record: record, scratch: scratch)
  }

  func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block, tangent: Block, into out: Block, scratch: Block
  ) {
    base.pushforward(field, step, direction: direction, before: before, after: after, record: record, tangent: tangent, into: out, scratch: scratch)
  }

  func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block, cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    base.pullback(field, step, before: before, after: after, record: record, cotangent: cotangent, gradient: gradient, scratch: scratch)
  }
}

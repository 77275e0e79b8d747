import LinearAlgebra
import Settings
import VectorFields

/// The implicit midpoint rule, y₊ = y + h f((y + y₊)/2): order 2, stable for every step size on decaying linear problems, and it keeps quadratic invariants such as ‖y‖ under rotation.
///
/// Source: Hairer, Lubich & Wanner 2006, II.1 and IV.2 (symplectic, symmetric, A-stable). The weights and the drive of a step are those at its middle. Each sample's equation is
/// solved by itself, first by iterating, then by Newton–Krylov; a sample that does not converge stays where it was, and the run reports `.notConverged`.
package struct ImplicitMidpoint: Integrator {
  private let stage: ImplicitStage

  package init(_ options: OptionValues) throws(Failure) { stage = try ImplicitStage("implicit_midpoint", theta: 0.5, options) }

  package var order: Int { 2 }
  package var nodes: [Double] { [0.5] }
  /// A-stable: any eigenvalue with real part ≤ 0.
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    switch dynamics.kind {
    case .rotation, .descent, .decay, .rotationAndDescent: .unlimited
    case .dampedRotation(let gamma) where gamma == 0: .unlimited
    default: .unknown("of implicit methods stability at any step is known for antisymmetric, gradient_flow, negative_definite and rotate_relax")
    }
  }

  package func recordWidth(_ field: any VectorField) -> Int { field.wholeRecordWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { stage.scratchWidth(field) }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    stage.step(field, step, from: before, into: after, record: record, scratch: scratch)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    stage.pushforward(field, step, direction: direction, before: before, after: after, record: record, tangent: tangent, into: out, scratch: scratch)
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    stage.pullback(field, step, before: before, after: after, record: record, cotangent: cotangent, gradient: gradient, scratch: scratch)
  }
}

import LinearAlgebra
import Settings
import VectorFields

/// Störmer–Verlet for a partitioned field: first the momenta at the old positions, then the positions at the new momenta.
///
///     z₊ = z + h f_z(y),   y₊ = y + h f_y(z₊),   z_{−½} = 0
///
/// Source: Haber & Ruthotto 2017, eq. 4.4. For the Hamiltonian field with constant linear K it is bounded iff h·σ_max(K) ≤ 2; each step has determinant 1. The
/// inverse runs the two updates backwards, exactly up to rounding, so that training needs no stored states. The momenta live at half steps: with y as the output the
/// scheme is of order 1 unless the starting momenta are advanced by half a step.
package struct Verlet: Integrator {
  private static let position = 0
  private static let momentum = 1

  package init() {}
  package var order: Int { 1 }
  package var takesOwnSteps: Bool { true }
  package var isReversible: Bool { true }

  package func check(_ field: any VectorField) throws(Failure) {
    guard field.isPartitioned else {
      throw Failure(.incompatible, "integrator verlet needs a partitioned field (y, z), such as hamiltonian; this field has one component")
    }
  }

  /// Bounded for hω ≤ 2 at frozen weights (Haber & Ruthotto 2017, §4.3; Theory.md §6.6).
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    stableSize(of: "verlet", dynamics.kind) { kind in
      switch kind {
      case .oscillation: .atMost(2 / h)
      case .potential: .atMost(4 / (h * h))
      default: nil
      }
    }
  }

  package func recordWidth(_ field: any VectorField) -> Int { 2 * field.recordWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { field.scratchWidth }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (layer, h) = (step.layer(), step.stepSize)
    let y = field.rowsWritten(by: Self.position)
    let z = field.rowsWritten(by: Self.momentum)
    field.evaluate(
      Self.momentum, layer, at: before.rows(y), scale: h, addingTo: before.rows(z), into: after.rows(z), record: record?.part(Self.momentum, of: field), scratch: scratch)
    field.evaluate(
      Self.position, layer, at: after.rows(z), scale: h, addingTo: before.rows(y), into: after.rows(y), record: record?.part(Self.position, of: field), scratch: scratch)
  }

  package func propagateSample(
    _ field: any VectorField, first: Layer, second: Layer, layers: Int, stepSize h: Double, states: (even: Block, odd: Block)
  ) -> Bool {
    guard
      let kick = field.affineForm(Self.momentum, first), let nextKick = field.affineForm(Self.momentum, second),
      let drift = field.affineForm(Self.position, first), let nextDrift = field.affineForm(Self.position, second)
    else { return false }
    let y = states.even.rows(field.rowsWritten(by: Self.position))
    let z = states.even.rows(field.rowsWritten(by: Self.momentum))
    affineChain(
      AffineStage(
        kick.weights, bias: kick.bias, next: (nextKick.weights, nextKick.bias), activation: kick.activation, of: y, scale: kick.sign * h, addingTo: z, into: z),
      AffineStage(
        drift.weights, bias: drift.bias, next: (nextDrift.weights, nextDrift.bias), activation: drift.activation, of: z, scale: drift.sign * h, addingTo: y, into: y),
      layers: layers, precision: states.even.precision)
    if layers & 1 == 1 { copy(states.even, into: states.odd) }
    return true
  }

  package func reverse(_ field: any VectorField, _ step: Step, from after: Block, into before: Block, record: Block?, scratch: Block) {
    let (layer, h) = (step.layer(), step.stepSize)
    let y = field.rowsWritten(by: Self.position)
    let z = field.rowsWritten(by: Self.momentum)
    field.evaluate(
      Self.position, layer, at: after.rows(z), scale: -h, addingTo: after.rows(y), into: before.rows(y), record: record?.part(Self.position, of: field), scratch: scratch)
    field.evaluate(
      Self.momentum, layer, at: before.rows(y), scale: -h, addingTo: after.rows(z), into: before.rows(z), record: record?.part(Self.momentum, of: field), scratch: scratch)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (layer, h, direction) = (step.layer(), step.stepSize, direction?.layer())
    let y = field.rowsWritten(by: Self.position)
    let z = field.rowsWritten(by: Self.momentum)
    field.pushforward(
      Self.momentum, layer, direction: direction, at: before.rows(y), record: record.part(Self.momentum, of: field), tangent: tangent.rows(y),
      scale: h, addingTo: tangent.rows(z), into: out.rows(z), scratch: scratch)
    field.pushforward(
      Self.position, layer, direction: direction, at: after.rows(z), record: record.part(Self.position, of: field), tangent: out.rows(z),
      scale: h, addingTo: tangent.rows(y), into: out.rows(y), scratch: scratch)
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (layer, h, gradient) = (step.layer(), step.stepSize, gradient?.layer())
    let y = field.rowsWritten(by: Self.position)
    let z = field.rowsWritten(by: Self.momentum)
    field.pullback(
      Self.position, layer, at: after.rows(z), record: record.part(Self.position, of: field), scale: h,
      cotangent: cotangent.rows(y), addingTo: cotangent.rows(z), gradient: gradient, scratch: scratch)
    field.pullback(
      Self.momentum, layer, at: before.rows(y), record: record.part(Self.momentum, of: field), scale: h,
      cotangent: cotangent.rows(z), addingTo: cotangent.rows(y), gradient: gradient, scratch: scratch)
  }
}

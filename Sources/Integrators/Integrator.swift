import LinearAlgebra
import Settings
import VectorFields

/// One step of a time integrator over a vector field, and the exact derivatives of that step (theory §2).
///
/// "Exact" means the transpose of the step that was taken, not a discretization of a continuous adjoint. The blocks `before` and `after` are whole
/// states (`field.stateWidth` rows); a record holds what the derivatives need from the step. Nothing is allocated.
package protocol Integrator: Sendable {
  /// Order of the global error in the step size.
  var order: Int { get }
  /// Whether `reverse` recovers the state before a step from the state after it.
  var isReversible: Bool { get }
  /// Refuses a field that the scheme makes no sense for, with the reason.
  func check(_ field: any VectorField) throws(Failure)
  /// Rows of a step's record.
  func recordWidth(_ field: any VectorField) -> Int
  /// Rows of scratch that the derivatives need.
  func scratchWidth(_ field: any VectorField) -> Int

  /// after = Φ_h(before). `after` is another block than `before`.
  func step(_ field: any VectorField, _ layer: Layer, stepSize h: Double, from before: Block, into after: Block, record: Block?)
  /// All layers of one sample in one kernel call, where scheme and field allow it: the state lies in `states.even`, and the result in `even` or `odd` as the number of layers is. False when
  /// nothing was done. `second` is the second layer, whose distance from `first` all others keep.
  func propagateSample(
    _ field: any VectorField, first: Layer, second: Layer, layers: Int, stepSize h: Double, states: (even: Block, odd: Block)) -> Bool
  /// before = Φ_h⁻¹(after), with the record that the step would have left. Only for reversible schemes.
  func reverse(_ field: any VectorField, _ layer: Layer, stepSize h: Double, from after: Block, into before: Block, record: Block?)
  /// The tangent v at `before` becomes J·v + (∂Φ/∂θ)·direction at `after`. `tangent` and `into` are different blocks.
  func pushforward(
    _ field: any VectorField, _ layer: Layer, direction: Layer?, stepSize h: Double, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block)
  /// The cotangent p at `after` becomes Jᵀp at `before`, in place; the gradient accumulates (∂Φ/∂θ)ᵀp.
  func pullback(
    _ field: any VectorField, _ layer: Layer, stepSize h: Double, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: Layer?, scratch: Block)
}

extension Integrator {
  package var isReversible: Bool { false }
  package func check(_ field: any VectorField) throws(Failure) {}
  package func propagateSample(
    _ field: any VectorField, first: Layer, second: Layer, layers: Int, stepSize h: Double, states: (even: Block, odd: Block)
  ) -> Bool { false }
  package func reverse(_ field: any VectorField, _ layer: Layer, stepSize h: Double, from after: Block, into before: Block, record: Block?) {
    preconditionFailure("not a reversible scheme")
  }
}

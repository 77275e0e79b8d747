import LinearAlgebra
import Settings
import VectorFields

/// One step of a time integrator over a vector field, and the exact derivatives of that step (Theory.md §3).
///
/// "Exact" means the transpose of the step that was taken, not a discretization of a continuous adjoint. The blocks `before` and `after` are whole
/// states (`stateWidth(field)` rows: the field's own state, then what a multi-step method remembers); a record holds what the derivatives need from the step. Nothing is allocated by explicit
/// schemes. `scratch` has at least `scratchWidth(field)` rows and shares no memory with the other blocks; a field's own scratch is part of it.
package protocol Integrator: Sendable {
  /// Order of the global error of the visible state in the step size.
  var order: Int { get }
  /// Whether `reverse` recovers the state before a step from the state after it.
  var isReversible: Bool { get }
  /// The times within a step at which the field is evaluated, in steps, ascending: where weights or drive vary within a step, each node has its own.
  var nodes: [Double] { get }
  /// 1, or 2 for schemes of two fields with weights of their own, whose tensors are then named "f.…" and "g.…".
  var fieldCount: Int { get }
  /// Whether weights must not vary within a layer, since the scheme takes steps of its own there.
  var needsConstantWeights: Bool { get }
  /// Refuses a field that the scheme cannot step, with the reason.
  func check(_ field: any VectorField) throws(Failure)
  /// Refuses a time grid whose steps are not all equal, with the reason, if the scheme needs equal ones.
  func checkUnequalSteps() throws(Failure)
  /// Whether steps draw random numbers, from `Step.draws`.
  var drawsNumbers: Bool { get }
  /// Refuses noise in the layers, with the reason, if the scheme cannot be combined with it.
  func checkNoise() throws(Failure)
  /// Refuses options that are too fine for a precision.
  func check(_ precision: Precision) throws(Failure)
  /// The largest size of a layer's frozen dynamics for which a step of size h is stable, or that no statement is known. The source is in the scheme's comment.
  func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize
  /// Features of each field for a block of `visible` features.
  func fieldWidth(visible: Int) throws(Failure) -> Int
  /// Features of the block: the first rows of the state.
  func visibleWidth(_ field: any VectorField) -> Int
  /// Rows of the state that steps exchange.
  func stateWidth(_ field: any VectorField) -> Int
  /// The scheme's own trained tensors, one layer; at most `StepWeights.maximumOwnTensors`.
  func parameters(_ field: any VectorField) -> [ParameterShape]
  /// Rows of a step's record.
  func recordWidth(_ field: any VectorField) -> Int
  /// Rows of scratch that a step and its derivatives need.
  func scratchWidth(_ field: any VectorField) -> Int

  /// Numbers that `prepare` writes for one layer of one field at one node.
  func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int
  /// Whether what `prepare` makes depends on the step size: layers that share weights must then share the step size too.
  var preparesForStepSize: Bool { get }
  /// Whether what `prepare` makes depends on the scheme's own tensors. Every layer has its own, so layers cannot share weights then.
  var preparesOwnTensors: Bool { get }
  /// Makes the operators of one layer, `weights.first`.
  func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose)
  /// Makes the tangent of the operators of `weights`, which are prepared, for a direction in its tensors.
  func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double)
  /// Turns accumulated operator gradients, lying in the tensors' places, into the tensors' gradients, in place. `weights` are prepared.
  func finishGradient(_ field: any VectorField, _ gradient: StepWeights, at weights: StepWeights, stepSize h: Double)
  /// Whether `finishGradient` has anything to do.
  func gradientNeedsFinish(_ field: any VectorField) -> Bool

  /// Makes the first state of a block from its visible rows, which are filled: momenta and memory. Linear; the tangent starts the same way.
  func start(_ field: any VectorField, _ state: Block)
  /// The transpose of `start`: the cotangents of the other rows are added to those of the visible rows that they were made from.
  func startPullback(_ field: any VectorField, _ cotangent: Block)

  /// after = Φ(before). `after` is another block than `before`.
  func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block)
  /// All layers of one sample in one kernel call, where scheme and field allow it: the state lies in `states.even`, and the result in `even` or `odd` as the number of layers is. False when
  /// nothing was done. `second` is the second layer, whose distance from `first` all others keep.
  func propagateSample(
    _ field: any VectorField, first: Layer, second: Layer, layers: Int, stepSize h: Double, states: (even: Block, odd: Block)) -> Bool
  /// before = Φ⁻¹(after), with the record that the step would have left. Only for reversible schemes.
  func reverse(_ field: any VectorField, _ step: Step, from after: Block, into before: Block, record: Block?, scratch: Block)
  /// The tangent v at `before` becomes J·v + (∂Φ/∂θ)·direction at `after`. `tangent` and `into` are different blocks.
  func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block)
  /// The cotangent p at `after` becomes Jᵀp at `before`, in place; the gradient accumulates (∂Φ/∂θ)ᵀp.
  func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block)
}

extension Integrator {
  package var isReversible: Bool { false }
  package var nodes: [Double] { [0] }
  package var fieldCount: Int { 1 }
  package var needsConstantWeights: Bool { false }
  package func check(_ field: any VectorField) throws(Failure) {}
  package func checkUnequalSteps() throws(Failure) {}
  package var drawsNumbers: Bool { false }
  package func checkNoise() throws(Failure) {}
  package func check(_ precision: Precision) throws(Failure) {}
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { .unknown("of this scheme no largest stable step is known") }
  package func fieldWidth(visible: Int) throws(Failure) -> Int { visible }
  package func visibleWidth(_ field: any VectorField) -> Int { field.width }
  package func stateWidth(_ field: any VectorField) -> Int { field.stateWidth }
  package func parameters(_ field: any VectorField) -> [ParameterShape] { [] }

  package func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int { field.preparedCount(for: purpose) }
  package var preparesForStepSize: Bool { false }
  package var preparesOwnTensors: Bool { false }
  package func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    field.prepare(weights.first, for: purpose, asDirection: false)
  }
  package func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double) {
    field.prepare(direction.first, for: .training, asDirection: true)
  }
  package func finishGradient(_ field: any VectorField, _ gradient: StepWeights, at weights: StepWeights, stepSize h: Double) {
    field.finishGradient(gradient.first)
  }
  package func gradientNeedsFinish(_ field: any VectorField) -> Bool { field.gradientNeedsFinish }

  package func start(_ field: any VectorField, _ state: Block) {
    let visible = visibleWidth(field)
    if state.rows > visible { fill(state.rows(visible..<state.rows), 0) }
  }
  package func startPullback(_ field: any VectorField, _ cotangent: Block) {}

  package func propagateSample(
    _ field: any VectorField, first: Layer, second: Layer, layers: Int, stepSize h: Double, states: (even: Block, odd: Block)
  ) -> Bool { false }
  package func reverse(_ field: any VectorField, _ step: Step, from after: Block, into before: Block, record: Block?, scratch: Block) {
    preconditionFailure("not a reversible scheme")
  }
}

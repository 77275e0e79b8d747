import LinearAlgebra
import Settings
import VectorFields

/// One step of a time integrator over a vector field, and the exact derivatives of that step (Theory.md §3).
///
/// "Exact" means that the pullback is the transpose of the step that was taken, not a discretization of a continuous adjoint equation.
///
/// The blocks `before` and `after` are whole states of `stateWidth(field)` rows: first the state of the field, then what a multi-step method remembers. A step leaves in its record what the derivatives need.
/// `scratch` has at least `scratchWidth(field)` rows, which include the scratch of the field, and shares no memory with the other blocks. Explicit schemes allocate nothing.
package protocol Integrator: Sendable {
  /// Order of the global error of the visible state in the step size.
  var order: Int { get }
  /// Whether `reverse` recovers the state before a step from the state after it.
  var isReversible: Bool { get }
  /// The nodes: the times within a step at which the field is evaluated, as fractions of the step, ascending. If weights or drive vary within a step, each node has its own.
  var nodes: [Double] { get }
  /// 1; or 2 for a scheme of two fields, each with its own weights, whose tensors are named "f.…" and "g.…".
  var fieldCount: Int { get }
  /// Whether the weights must be constant within a layer, because the scheme takes several steps in it.
  var needsConstantWeights: Bool { get }
  /// Refuses a field that the scheme cannot step, with the reason.
  func check(_ field: any VectorField) throws(Failure)
  /// The scheme with what it needs to step this field, which it accepts, such as tables for the size of an image. Blocks step with it.
  /// - Throws: `memory`.
  func adapted(to field: any VectorField, _ precision: Precision) throws(Failure) -> any Integrator
  /// Refuses a time grid whose steps are not all equal, with the reason, if the scheme needs equal ones.
  func checkUnequalSteps() throws(Failure)
  /// Whether a step knows the field and its size only as h·f, so that the step of size h with r·f is the step of size r·h with f: samples may then have steps of their own size (`OwnTimeField`).
  var takesOwnSteps: Bool { get }
  /// Whether steps draw random numbers, from `Step.draws`.
  var drawsNumbers: Bool { get }
  /// Refuses noise in the layers, with the reason, if the scheme cannot be combined with it.
  func checkNoise() throws(Failure)
  /// Whether the scheme treats samples apart, each with steps or iterations of its own, so that no sample may depend on the others.
  var treatsSamplesApart: Bool { get }
  /// Refuses options, such as tolerances, that the precision cannot satisfy.
  func check(_ precision: Precision) throws(Failure)
  /// The largest size of a layer's frozen dynamics for which a step of size h is stable, if a statement is known. Each scheme names the source.
  func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize
  /// The largest size of a field for which the step is non-expansive: |x₊ − y₊| ≤ |x − y| in ℓ₂ for all x and y, whatever the weights of other layers. This says more than stability with frozen slopes.
  func largestNonExpansiveSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize
  /// The number of features of each field in a block of `visible` features.
  func fieldWidth(visible: Int) throws(Failure) -> Int
  /// The number of visible features, which are the first rows of the state.
  func visibleWidth(_ field: any VectorField) -> Int
  /// The number of rows of a whole state.
  func stateWidth(_ field: any VectorField) -> Int
  /// How many rows at the end of a state are the first rows of the state before, which a multi-step method remembers. A tape that holds all states stores them once, so a step may find them in place (`remember`).
  func rememberedRows(_ field: any VectorField) -> Int
  /// Whether the rows of a state after the field's own are a second solution beside it, such as an earlier state, so that a perturbation of the solution moves both.
  var copiesState: Bool { get }
  /// The tensors of one layer that the scheme itself trains; at most `StepWeights.maximumOwnTensors`.
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
  /// Turns the accumulated gradients of the prepared operators, which lie in the places of the tensors, into the gradients of the tensors, in place. `weights` are prepared.
  func finishGradient(_ field: any VectorField, _ gradient: StepWeights, at weights: StepWeights, stepSize h: Double)
  /// Whether `finishGradient` has anything to do.
  func gradientNeedsFinish(_ field: any VectorField) -> Bool

  /// Completes the first state of a block, whose visible rows are given: fills in momenta and what a multi-step method remembers. The map is linear, so that tangents are completed in the same way.
  func start(_ field: any VectorField, _ state: Block)
  /// The transpose of `start`: adds the cotangents of the other rows to those of the visible rows from which `start` computes them.
  func startPullback(_ field: any VectorField, _ cotangent: Block)

  /// after = Φ(before). `after` is another block than `before`.
  func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block)
  /// Runs all layers of one sample in one kernel call, if scheme and field allow it; otherwise does nothing and returns false. The first state lies in `states.even`. The result lies in `even` or `odd`, depending on
  /// whether the number of layers is even or odd. `second` is the second layer; the following layers have the same distance from one another in memory as `second` from `first`.
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
  package func adapted(to field: any VectorField, _ precision: Precision) throws(Failure) -> any Integrator { self }
  package func checkUnequalSteps() throws(Failure) {}
  package var takesOwnSteps: Bool { false }
  package var drawsNumbers: Bool { false }
  package func checkNoise() throws(Failure) {}
  package var treatsSamplesApart: Bool { false }
  package func check(_ precision: Precision) throws(Failure) {}
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { .unknown("of this scheme no largest stable step is known") }
  package func largestNonExpansiveSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { .unknown("of this scheme no non-expansive step is known") }
  package func fieldWidth(visible: Int) throws(Failure) -> Int { visible }
  package func visibleWidth(_ field: any VectorField) -> Int { field.width }
  package func stateWidth(_ field: any VectorField) -> Int { field.stateWidth }
  package func rememberedRows(_ field: any VectorField) -> Int { 0 }
  package var copiesState: Bool { false }
  package func parameters(_ field: any VectorField) -> [ParameterShape] { [] }

  package func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int { field.preparedCount(for: purpose) }
  package var preparesForStepSize: Bool { false }
  package var preparesOwnTensors: Bool { false }
  package func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    field.prepare(weights.first, stepSize: h, for: purpose)
  }
  package func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double) {
    field.prepareDirection(direction.first, at: weights.first, stepSize: h)
  }
  package func finishGradient(_ field: any VectorField, _ gradient: StepWeights, at weights: StepWeights, stepSize h: Double) {
    field.finishGradient(gradient.first, at: weights.first, stepSize: h)
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

  /// slot = y, where `slot` is among the remembered rows of the state after a step and y among the first rows of the state before: the same memory on a tape that stores them once.
  func remember(_ y: Block, in slot: Block) {
    if slot.base != y.base { copy(y, into: slot) }
  }
}

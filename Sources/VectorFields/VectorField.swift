import LinearAlgebra

/// The right-hand side of the differential equation ẏ = f(y; θ) that a network discretizes (Theory.md §2).
///
/// A field has one component, which maps the whole state; or two, if the state is partitioned: each then reads the rows of one part and writes those of the other. Integrators are composed of evaluations of components.
/// An evaluation includes the update that every explicit scheme makes with it, out = base + s·f(x).
///
/// The derivatives are written by hand. `evaluate` leaves a record, the slopes of the activation and whatever else the field needs, so that `pushforward` and `pullback` need not compute the activation again. All
/// blocks of a call have the same columns. Nothing is allocated. `scratch` has `scratchWidth` rows and shares no memory with the other blocks.
package protocol VectorField: Sendable {
  /// The number of features of the visible state y, which blocks pass to one another: the first rows of the state.
  var width: Int { get }
  /// The extents of the visible state. Plain features are channels of one pixel.
  var shape: Shape { get }
  /// The rows that one channel of an image takes; 1 for features.
  var pixels: Int { get }
  /// Whether the field multiplies by matrices only, which integrators may read from its tensors.
  var isDense: Bool { get }
  /// Whether a sample's value depends on the other samples of its batch while training, as with batch normalization.
  var couplesSamples: Bool { get }
  /// The rows of the whole state: `width`, or more if momenta z follow, which are zero at the beginning of a block.
  var stateWidth: Int { get }
  /// The rows of outside input that the field reads through `Layer.drive`; 0 for a field without outside input.
  var driveWidth: Int { get }
  /// Whether the outside input stays the same within a layer.
  var hasSteadyDrive: Bool { get }
  /// 1; or 2 for a partitioned field, whose component 0 moves the positions and whose component 1 moves the momenta. Neither reads the rows that it writes.
  var componentCount: Int { get }
  func rowsRead(by component: Int) -> Range<Int>
  func rowsWritten(by component: Int) -> Range<Int>
  /// The component that `leapfrog` may use as the acceleration of the visible state, ÿ = f(y); nil if there is none.
  var accelerationComponent: Int? { get }
  /// Whether the field has damping. Schemes that are stable only on the imaginary axis refuse such fields, because their states would grow.
  var isDamped: Bool { get }
  /// The field as the sum of an affine and an elementwise part, if it is one. This is a requirement of the protocol because a cast at every step would cost as much as the step.
  var split: (any SplitField)? { get }
  /// What is known about the Jacobian of a layer's frozen weights; nil if nothing is known.
  var frozenDynamics: FrozenDynamics? { get }
  /// Rows of the record that one evaluation of a component leaves.
  var recordWidth: Int { get }
  /// Rows of scratch that one evaluation, pushforward or pullback of a component needs.
  var scratchWidth: Int { get }

  /// The tensors of one layer; at most `Layer.maximumFieldTensors`.
  var parameters: [ParameterShape] { get }
  /// Numbers that `prepare` writes for one layer.
  func preparedCount(for purpose: Purpose) -> Int
  /// Whether the operators depend on the step size: layers that share weights must then share the step size too.
  var preparesForStepSize: Bool { get }
  /// Computes the operators of a layer from its tensors, for a step of size h.
  func prepare(_ layer: Layer, stepSize h: Double, for purpose: Purpose)
  /// Computes the tangents of the operators of `layer`, which is prepared, for a direction in its tensors.
  func prepareDirection(_ direction: Layer, at layer: Layer, stepSize h: Double)
  /// Turns the accumulated gradients of the operators, which lie in the places of the tensors, into the gradients of the tensors, in place. `layer` is prepared.
  func finishGradient(_ gradient: Layer, at layer: Layer, stepSize h: Double)
  /// Whether `finishGradient` has anything to do.
  var gradientNeedsFinish: Bool { get }
  /// What most fields implement instead of the three functions above: operators that are an affine map of the tensors, for any step size. `asDirection` leaves out its constants, which gives the tangents.
  func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool)
  /// The transpose of this map, in place.
  func finishGradient(_ gradient: Layer)

  /// The component as one affine map with an activation; nil if it has no such form. Integrators use it to run all layers of a single sample in one kernel call.
  func affineForm(_ component: Int, _ layer: Layer) -> AffineForm?

  /// out = base + scale·f(x), with the record if asked for. `out` may be `base`, never `x`.
  func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block)
  /// out = base + scale·(∂f/∂x·v + ∂f/∂θ·direction + ∂f/∂u·direction.drive). `out` may be `base`; v nil is zero.
  func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block)
  /// q += scale·(∂f/∂x)ᵀp, and the gradient accumulates scale·(∂f/∂θ)ᵀp. `q` may be `p`: `p` is read before `q` is written.
  func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block)
}

extension VectorField {
  package var shape: Shape { Shape(channels: width) }
  package var pixels: Int { 1 }
  package var isDense: Bool { true }
  package var couplesSamples: Bool { false }
  package var stateWidth: Int { width }
  package var driveWidth: Int { 0 }
  package var hasSteadyDrive: Bool { driveWidth == 0 }
  package var componentCount: Int { 1 }
  package func rowsRead(by component: Int) -> Range<Int> { 0..<stateWidth }
  package func rowsWritten(by component: Int) -> Range<Int> { 0..<stateWidth }
  package var accelerationComponent: Int? { componentCount == 1 ? 0 : nil }
  package var isDamped: Bool { false }
  package var split: (any SplitField)? { nil }
  package var frozenDynamics: FrozenDynamics? { nil }
  package var recordWidth: Int { width }
  package var scratchWidth: Int { width }
  package var isPartitioned: Bool { componentCount == 2 }
  package func preparedCount(for purpose: Purpose) -> Int { 0 }
  package var preparesForStepSize: Bool { false }
  package func prepare(_ layer: Layer, stepSize h: Double, for purpose: Purpose) { prepare(layer, for: purpose, asDirection: false) }
  package func prepareDirection(_ direction: Layer, at layer: Layer, stepSize h: Double) { prepare(direction, for: .training, asDirection: true) }
  package func finishGradient(_ gradient: Layer, at layer: Layer, stepSize h: Double) { finishGradient(gradient) }
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) {}
  package func finishGradient(_ gradient: Layer) {}
  package var gradientNeedsFinish: Bool { false }
  package func affineForm(_ component: Int, _ layer: Layer) -> AffineForm? { nil }
}

/// f(x) = sign·σ(Wx + b).
package struct AffineForm {
  package let weights: Matrix
  package let bias: Bias?
  package let activation: Activation
  package let sign: Double
}

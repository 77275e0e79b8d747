import LinearAlgebra

/// The right-hand side of the differential equation ẏ = f(y; θ) that a network discretizes (Theory.md §2).
///
/// A field is made of components: f is one map of the whole state, or, for a partitioned state, one map for each part, each with the rows
/// that it reads and those it writes. Integrators compose components; each is evaluated fused with the update that every explicit scheme makes of
/// it, out = base + s·f(x).
///
/// Derivatives are written by hand next to the evaluation. `evaluate` leaves a record (the activation's slopes, and what else the field needs) from which `pushforward` and `pullback`
/// work without computing the activation again. All blocks of a call have the same columns; nothing is allocated. `scratch` has `scratchWidth` rows and shares no memory with the other blocks.
package protocol VectorField: Sendable {
  /// Features of the visible state y that blocks exchange: the first rows of the state.
  var width: Int { get }
  /// Rows of the whole state: `width`, or more where momenta z follow, which start at zero.
  var stateWidth: Int { get }
  /// Rows of outside input that the field reads through `Layer.drive`; 0 without.
  var driveWidth: Int { get }
  /// 1, or 2 for a partitioned field: component 0 moves the positions, component 1 the momenta; neither reads the rows that it writes.
  var componentCount: Int { get }
  func rowsRead(by component: Int) -> Range<Int>
  func rowsWritten(by component: Int) -> Range<Int>
  /// The component that may be read as an acceleration ÿ = f(y) of the visible state, as `leapfrog` does; nil without one.
  var accelerationComponent: Int? { get }
  /// Whether the field damps: schemes that are stable only on the imaginary axis would make it grow.
  var isDamped: Bool { get }
  /// The field as a sum of an affine and an elementwise part, if it is one. It is a requirement of the protocol because a cast at every step would cost as much as the step.
  var split: (any SplitField)? { get }
  /// What is known about the Jacobian of a layer's frozen weights; nil if nothing is known.
  var frozenDynamics: FrozenDynamics? { get }
  /// Rows of the record that one evaluation of a component leaves.
  var recordWidth: Int { get }
  /// Rows of scratch that one evaluation, pushforward or pullback of a component needs.
  var scratchWidth: Int { get }

  /// The tensors of one layer; at most `Layer.maximumTensors`.
  var parameters: [ParameterShape] { get }
  /// Numbers that `prepare` writes for one layer.
  func preparedCount(for purpose: Purpose) -> Int
  /// Makes the layer's operators from its tensors; linear in them but for constants, which `asDirection` leaves out.
  func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool)
  /// Turns accumulated operator gradients, lying in the tensors' places, into the tensors' gradients, in place.
  func finishGradient(_ gradient: Layer)
  /// Whether `finishGradient` has anything to do.
  var gradientNeedsFinish: Bool { get }

  /// The component as one affine map with activation, if it is one. With it an integrator runs all layers of a single sample in one kernel call.
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
  package var stateWidth: Int { width }
  package var driveWidth: Int { 0 }
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

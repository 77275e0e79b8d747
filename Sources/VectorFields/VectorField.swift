import LinearAlgebra

/// The right-hand side of the differential equation ẏ = f(y; θ) that a network discretizes (theory §1).
///
/// A field is made of components: f is one map of the whole state, or, for a partitioned state (y, z), one map for each part, each with the rows
/// that it reads and those it writes. Integrators compose components; each is evaluated fused with the update that every explicit scheme makes of
/// it, out = base + s·f(x).
///
/// Derivatives are written by hand next to the evaluation. `evaluate` leaves a record (the activation's slopes) from which `pushforward` and `pullback` work
/// without computing anything again. All blocks of a call have the same columns; nothing is allocated.
package protocol VectorField: Sendable {
  /// Features of the visible state y that blocks exchange.
  var width: Int { get }
  /// Rows of the whole state: `width`, or twice that for a partitioned state (y, z), whose momenta z start at zero.
  var stateWidth: Int { get }
  /// 1, or 2 for a partitioned field: component 0 moves the positions y, component 1 the momenta z.
  var componentCount: Int { get }
  func rowsRead(by component: Int) -> Range<Int>
  func rowsWritten(by component: Int) -> Range<Int>
  /// Rows of the record that one evaluation of a component leaves.
  var recordWidth: Int { get }

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

  /// The component as one affine map with activation, if it is one: what lets an integrator run all layers of a single sample in one kernel call.
  func affineForm(_ component: Int, _ layer: Layer) -> AffineForm?

  /// out = base + scale·f(x), with the record of the slopes if asked for. `out` may be `base`, never `x`.
  func evaluate(_ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?)
  /// out = base + scale·(∂f/∂x·v + ∂f/∂θ·direction). `scratch` has the rows of the output; `out` may be `base`.
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
  package var componentCount: Int { 1 }
  package func rowsRead(by component: Int) -> Range<Int> { 0..<width }
  package func rowsWritten(by component: Int) -> Range<Int> { 0..<width }
  package var recordWidth: Int { width }
  package var isPartitioned: Bool { componentCount == 2 }
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

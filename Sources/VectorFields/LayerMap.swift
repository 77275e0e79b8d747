import LinearAlgebra

/// One differentiable map of blocks with the weights of a layer. The components of fields are composed of such maps.
///
/// The three functions work like those of `VectorField`, except that `pullback` writes base + scale·Jᵀp into `q`. Maps are structs that know where their weights lie; they own no memory. `record` and `scratch` may
/// have more rows than the map needs.
package protocol LayerMap: Sendable {
  /// The number of rows of f(x).
  var outputs: Int { get }
  /// Rows of the record that an evaluation leaves, and of scratch.
  var recordWidth: Int { get }
  var scratchWidth: Int { get }

  /// out = base + scale·f(x). `out` may be `base`, never `x`.
  func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block)
  /// out = base + scale·(∂f/∂x·v + ∂f/∂θ·direction). `out` may be `base`; v nil is zero.
  func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block)
  /// q = base + scale·(∂f/∂x)ᵀp, and the gradient accumulates scale·(∂f/∂θ)ᵀp. `q` may be `base` and `p`.
  func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block)
  /// Whether `computeAgain` gives the value from the input and the record at a small part of the cost of `evaluate`, so that nobody need keep the value.
  var isComputedAgain: Bool { get }
  /// out = f(x), from the record of an evaluation at x.
  func computeAgain(_ layer: Layer, at x: Block, record: Block, into out: Block)
  /// The map as one affine map with an activation; nil if it has no such form.
  func affineForm(_ layer: Layer) -> AffineForm?
}

extension LayerMap {
  package func affineForm(_ layer: Layer) -> AffineForm? { nil }
  package var isComputedAgain: Bool { false }
  package func computeAgain(_ layer: Layer, at x: Block, record: Block, into out: Block) { preconditionFailure("a value that is not computed again") }
}

/// out = base + a·x; `out` may be either.
@inline(__always) func add(_ a: Double, _ x: Block, to base: Block?, into out: Block) {
  combine(a, x, base == nil ? 0 : 1, base ?? x, into: out)
}

/// out = base.
@inline(__always) func settle(_ base: Block?, into out: Block) {
  guard let base else { return fill(out, 0) }
  if base.base != out.base { copy(base, into: out) }
}

import LinearAlgebra

/// A field that splits into a rotation and a relaxation, f(y) = (A − Aᵀ)y + r(y): needed by the integrators that rotate exactly (`cayley`, `exponential`).
///
/// `VectorField` has the whole f as its one component, with M = ½(A − Aᵀ) first in the prepared memory and the gradient of M accumulating in A's place; `finishGradient` touches that tensor
/// alone. The three functions here work on r alone, as those of `VectorField` do on f, within the same record and scratch widths; they read and write every tensor but A, and work
/// whether `Layer.prepared` is nil (a rotating integrator that prepares nothing of the field's) or what the field prepared.
package protocol RotatingField: VectorField {
  /// The index of the tensor that holds A, n × n.
  var rotationTensor: Int { get }

  /// out = base + scale·r(x), with the record if asked for. `out` may be `base`, never `x`.
  func evaluateRelaxation(
    _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block)
  /// out = base + scale·(∂r/∂x·v + ∂r/∂θ·direction). `out` may be `base`; v nil is zero.
  func pushforwardRelaxation(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block)
  /// q += scale·(∂r/∂x)ᵀp, and the gradient accumulates scale·(∂r/∂θ)ᵀp. `q` may be `p`.
  func pullbackRelaxation(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block)
}

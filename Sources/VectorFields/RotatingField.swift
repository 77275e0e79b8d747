import LinearAlgebra

/// A field that splits into a rotation and a relaxation, f(y) = (A − Aᵀ)y + r(y): needed by the integrators that rotate exactly (`cayley`, `exponential`).
///
/// As a `VectorField` it has one component, the whole f. Its prepared memory begins with M = ½(A − Aᵀ), whose gradient accumulates in the place of A; `finishGradient` changes that tensor alone.
///
/// The three functions here do for r what those of `VectorField` do for f, with the same record and scratch widths. They use every tensor except A. They work with the field's prepared memory. Where operators are matrices
/// they also work if `Layer.prepared` is nil, as with integrators that prepare the rotation themselves.
package protocol RotatingField: VectorField {
  /// The operator M, with the tensor that holds A.
  var rotation: OperatorPlace { get }
  /// The order of the matrix A, which acts on all features, or on the channels of each pixel by itself; nil for a convolution that couples pixels.
  var rotationOrder: Int? { get }
  /// The convolution A, where it is one.
  var rotationKernel: ConvolutionGeometry? { get }

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

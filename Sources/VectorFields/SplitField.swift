import LinearAlgebra

/// A field that is the sum of an affine part and an elementwise part, f(y) = wy + b + g(y). The integrator `near_identity` steps the two parts one after the other, so that its layers are feed-forward layers.
///
/// Source: Ruseckas 2019. As a `VectorField` it has one component, the whole f. The three functions here do for one part what those of `VectorField` do for f, with the same record and scratch widths. The affine part
/// has no record.
package protocol SplitField: VectorField {
  /// The index of the tensor w, n × n, outputs × inputs.
  var weightTensor: Int { get }
  /// The index of the tensor b, which has one number per feature or one for all; nil without a bias.
  var biasTensor: Int? { get }

  /// out = base + scale·part(x), with the record if asked for. `out` may be `base`, never `x`; `base` may be `x`.
  func evaluate(_ part: SplitPart, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block)
  /// out = base + scale·(∂part/∂x·v + ∂part/∂θ·direction). `out` may be `base`, never v; v nil is zero.
  func pushforward(
    _ part: SplitPart, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block)
  /// q += scale·(∂part/∂x)ᵀp, and the gradient accumulates scale·(∂part/∂θ)ᵀp. `q` may be `p`.
  func pullback(
    _ part: SplitPart, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block)
}

extension SplitField {
  package var split: (any SplitField)? { self }
}

/// The names of the fields that are such sums, for messages: "linear_cubic or linear_activation".
package var splitFieldNames: String { fieldNames { $0.split != nil }.joined(separator: " or ") }

/// The parts of a `SplitField`.
package enum SplitPart: Sendable {
  /// wy + b.
  case affine
  /// g(y), elementwise and without trained weights.
  case elementwise
}

/// A split field that is the sum of an affine map, without activation, and an elementwise one.
package protocol SplitMappedField: MappedField, SplitField where Map == SumMap<AffineMap, Elementwise> {
  associatedtype Elementwise: LayerMap
}

extension SplitMappedField {
  package var weightTensor: Int { map.first.place.tensor }
  package var biasTensor: Int? { map.first.bias.tensor }

  package func evaluate(
    _ part: SplitPart, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    switch part {
    case .affine: map.first.evaluate(layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: scratch)
    case .elementwise: map.second.evaluate(layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: scratch)
    }
  }

  package func pushforward(
    _ part: SplitPart, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    switch part {
    case .affine:
      map.first.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: scale, addingTo: base, into: out, scratch: scratch)
    case .elementwise:
      map.second.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: scale, addingTo: base, into: out, scratch: scratch)
    }
  }

  package func pullback(
    _ part: SplitPart, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    switch part {
    case .affine:
      map.first.pullback(layer, at: x, record: record, scale: scale, cotangent: p, addingTo: q, into: q, gradient: gradient, scratch: scratch)
    case .elementwise:
      map.second.pullback(layer, at: x, record: record, scale: scale, cotangent: p, addingTo: q, into: q, gradient: gradient, scratch: scratch)
    }
  }
}

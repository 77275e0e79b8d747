import LinearAlgebra

/// The building stone x ↦ σ(Wx + b) with its derivatives: what the fields of theory §1 are composed of.
///
/// With D = diag(σ'(Wx+b)), the record: pushforward D(W·δx + δW·x + δb); pullback of p: g = D·p, then Wᵀg, g·xᵀ and Σg.
package struct AffineActivation: Sendable {
  package let activation: Activation

  package init(_ activation: Activation) { self.activation = activation }

  package func evaluate(
    _ weights: Matrix, _ bias: Bias?, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?
  ) {
    affine(weights, bias: bias, activation: activation, of: x, scale: scale, addingTo: base, into: out, slope: record)
  }

  /// `scratch` receives W·δx + δW·x + δb.
  package func pushforward(
    _ weights: Matrix, direction: (weights: Matrix, bias: Bias?)?, at x: Block, record: Block, tangent: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    var started: Block?
    if let tangent {
      affine(weights, bias: direction?.bias, activation: .identity, of: tangent, scale: 1, addingTo: nil, into: scratch, slope: nil)
      started = scratch
    }
    if let direction {
      affine(
        direction.weights, bias: started == nil ? direction.bias : nil, activation: .identity, of: x, scale: 1,
        addingTo: started, into: scratch, slope: nil)
      started = scratch
    }
    if started == nil { fill(scratch, 0) }
    multiply(scale, record, scratch, addingTo: base, into: out)
  }

  /// `scratch` receives g = scale·D·p. `gradient` is where g·xᵀ and Σg accumulate.
  package func pullback(
    _ weights: Matrix, at x: Block, record: Block, scale: Double, cotangent: Block, addingTo inputCotangent: Block,
    gradient: (weights: Matrix, bias: Bias?)?, scratch: Block
  ) {
    if let bias = gradient?.bias {
      multiply(scale, record, cotangent, into: scratch, addingRowSumsTo: bias)
    } else {
      multiply(scale, record, cotangent, addingTo: nil, into: scratch)
    }
    if let gradient { accumulateOuter(scratch, x, addingTo: gradient.weights) }
    affine(
      weights.transposed, bias: nil, activation: .identity, of: scratch, scale: 1, addingTo: inputCotangent, into: inputCotangent, slope: nil)
  }
}

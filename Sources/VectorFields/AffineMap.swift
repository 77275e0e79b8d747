import LinearAlgebra

/// x ↦ c·σ(Wx + b) with a linear operator W, or c·(Wx + b) without an activation.
///
/// With D = diag(σ'(Wx+b)), the record: pushforward c·D(W·δx + δW·x + δb); pullback of p: g = c·D·p, then Wᵀg, g·xᵀ and Σg. Without activation D = I and there is no record.
/// Cost: one product forward, one or two for the tangent, two for the cotangent and gradient.
package struct AffineMap: LayerMap {
  package let place: OperatorPlace
  package let bias: BiasPlace
  package let activation: Activation?
  /// c.
  package let factor: Double
  package let outputs: Int
  private let linearOperator: any LinearOperator
  /// g, then the scratch of the operator.
  package let scratchWidth: Int

  package init(_ place: OperatorPlace, bias: BiasPlace, _ activation: Activation?, factor: Double = 1) {
    self.place = place
    self.bias = bias
    self.activation = activation
    self.factor = factor
    outputs = place.outputs
    linearOperator = place.linearOperator
    scratchWidth = outputs + linearOperator.scratchWidth
  }

  package var recordWidth: Int { activation == nil ? 0 : outputs }
  private func productScratch(_ scratch: Block) -> Block { scratch.rows(outputs..<scratchWidth) }

  package func affineForm(_ layer: Layer) -> AffineForm? {
    linearOperator.affineForm(place.weights(layer), bias: bias(layer), activation: activation ?? .identity, sign: factor)
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    linearOperator.affine(
      place.weights(layer), bias: bias(layer), activation: activation ?? .identity, of: x, scale: factor * scale, addingTo: base, into: out,
      slope: activation == nil ? nil : record, scratch: productScratch(scratch))
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard activation != nil else {
      return product(layer, direction, at: x, tangent: v, scale: factor * scale, addingTo: base, into: out, scratch: productScratch(scratch))
    }
    let inner = scratch.rows(0..<outputs)
    product(layer, direction, at: x, tangent: v, scale: 1, addingTo: nil, into: inner, scratch: productScratch(scratch))
    multiply(factor * scale, record, inner, addingTo: base, into: out)
  }

  /// out = base + scale·(W·v + δW·x + δb).
  private func product(_ layer: Layer, _ direction: Layer?, at x: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block) {
    var sum = base
    var isWritten = false
    if let v {
      linearOperator.affine(
        place.weights(layer), bias: direction.flatMap { bias($0) }, activation: .identity, of: v, scale: scale, addingTo: sum, into: out, slope: nil,
        scratch: scratch)
      (sum, isWritten) = (out, true)
    }
    if let direction {
      linearOperator.affine(
        place.direction(direction), bias: v == nil ? bias(direction) : nil, activation: .identity, of: x, scale: scale, addingTo: sum, into: out, slope: nil,
        scratch: scratch)
      isWritten = true
    }
    if !isWritten { settle(base, into: out) }
  }

  /// `scratch` may begin with the memory of `p`.
  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    let g = productCotangent(at: x, record: record, scale: scale, cotangent: p, isReplaced: q.base == p.base, gradient: gradient, scratch: scratch)
    linearOperator.affine(
      place.weights(layer).transposed, bias: nil, activation: .identity, of: g, scale: 1, addingTo: base, into: q, slope: nil, scratch: productScratch(scratch))
  }

  package func accumulateGradient(_ layer: Layer, at x: Block, record: Block, cotangent p: Block, gradient: Layer, scratch: Block) {
    _ = productCotangent(at: x, record: record, scale: 1, cotangent: p, isReplaced: false, gradient: gradient, scratch: scratch)
  }

  /// Gives g, the cotangent of Wx + b, in `scratch` or, if it is p itself and `isReplaced` does not say that p's memory will be overwritten, in p. Accumulates the gradients of W and b.
  private func productCotangent(at x: Block, record: Block, scale: Double, cotangent p: Block, isReplaced: Bool, gradient: Layer?, scratch: Block) -> Block {
    var g = scratch.rows(0..<outputs)
    let biasGradient = gradient.flatMap { bias($0) }
    if activation == nil {
      if factor * scale == 1, !isReplaced { g = p } else { add(factor * scale, p, to: nil, into: g) }
      if let biasGradient { linearOperator.accumulateBiasGradient(g, addingTo: biasGradient, transposed: place.isTransposed) }
    } else if let biasGradient {
      linearOperator.multiply(factor * scale, record, p, into: g, addingBiasGradientTo: biasGradient, transposed: place.isTransposed)
    } else {
      multiply(factor * scale, record, p, addingTo: nil, into: g)
    }
    if let gradient { linearOperator.accumulateGradient(g, x, addingTo: place.gradient(gradient), scratch: productScratch(scratch)) }
    return g
  }
}

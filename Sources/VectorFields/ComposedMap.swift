import LinearAlgebra

/// x ↦ g(f(x)) for two affine maps: a hidden layer, or Kᵀσ(Kx + b), the gradient of 1ᵀΦ(Kx + b) with Φ' = σ.
///
/// The two maps may share a tensor that is declared for the use `gradient`; its gradient then gets the contributions of both. The record holds that of f, the hidden values f(x), and that of g.
package struct ComposedMap: LayerMap {
  package let first: AffineMap
  package let second: AffineMap
  private let hidden: Int

  package init(_ first: AffineMap, then second: AffineMap) {
    precondition(second.place.inputs == first.outputs, "maps that do not fit")
    precondition(first.place.tensor != second.place.tensor || first.place.weightUse == .gradient, "weights applied twice but declared for one product")
    self.first = first
    self.second = second
    hidden = first.outputs
  }

  /// c·Kᵀσ(Kx + b).
  package init(gradientOf weights: OperatorPlace, bias: BiasPlace, _ activation: Activation, factor: Double) {
    self.init(AffineMap(weights, bias: bias, activation), then: AffineMap(weights.transposed, bias: .none, nil, factor: factor))
  }

  package var outputs: Int { second.outputs }
  package var recordWidth: Int { first.recordWidth + hidden + second.recordWidth }
  package var scratchWidth: Int { hidden + max(first.scratchWidth, second.scratchWidth) }

  private func hiddenValues(_ record: Block) -> Block { record.rows(first.recordWidth..<first.recordWidth + hidden) }
  private func secondRecord(_ record: Block) -> Block { record.rows(first.recordWidth + hidden..<recordWidth) }
  private func rest(_ scratch: Block) -> Block { scratch.rows(hidden..<scratchWidth) }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    let values = record.map { hiddenValues($0) } ?? scratch.rows(0..<hidden)
    first.evaluate(layer, at: x, scale: 1, addingTo: nil, into: values, record: record.map { $0.rows(0..<first.recordWidth) }, scratch: rest(scratch))
    second.evaluate(layer, at: values, scale: scale, addingTo: base, into: out, record: record.map { secondRecord($0) }, scratch: rest(scratch))
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let tangent = scratch.rows(0..<hidden)
    first.pushforward(
      layer, direction: direction, at: x, record: record.rows(0..<first.recordWidth), tangent: v, scale: 1, addingTo: nil, into: tangent, scratch: rest(scratch))
    second.pushforward(
      layer, direction: direction, at: hiddenValues(record), record: secondRecord(record), tangent: tangent, scale: scale, addingTo: base, into: out,
      scratch: rest(scratch))
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    let cotangent = scratch.rows(0..<hidden)
    second.pullback(
      layer, at: hiddenValues(record), record: secondRecord(record), scale: scale, cotangent: p, addingTo: nil, into: cotangent, gradient: gradient,
      scratch: rest(scratch))
    // The result overwrites the cotangent, so that less memory passes through the first-level cache.
    first.pullback(
      layer, at: x, record: record.rows(0..<first.recordWidth), scale: 1, cotangent: cotangent, addingTo: base, into: q, gradient: gradient,
      scratch: scratch)
  }
}

import LinearAlgebra

/// x ↦ 𝒥·f(x) with the canonical 𝒥 = [[0, I], [−I, 0]]: the Hamiltonian vector field of an energy whose gradient is f.
package struct CanonicalMap: LayerMap {
  private let gradient: ComposedMap

  package init(_ gradient: ComposedMap) {
    precondition(gradient.outputs.isMultiple(of: 2), "positions and momenta in an odd width")
    self.gradient = gradient
  }

  package var outputs: Int { gradient.outputs }
  package var recordWidth: Int { gradient.recordWidth }
  package var scratchWidth: Int { outputs + gradient.scratchWidth }

  private var positions: Range<Int> { 0..<outputs / 2 }
  private var momenta: Range<Int> { outputs / 2..<outputs }
  private func rest(_ scratch: Block) -> Block { scratch.rows(outputs..<scratchWidth) }

  /// out = base + s·𝒥u.
  private func turn(_ s: Double, _ u: Block, addingTo base: Block?, into out: Block) {
    add(s, u.rows(momenta), to: base?.rows(positions), into: out.rows(positions))
    add(-s, u.rows(positions), to: base?.rows(momenta), into: out.rows(momenta))
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    let value = scratch.rows(0..<outputs)
    gradient.evaluate(layer, at: x, scale: 1, addingTo: nil, into: value, record: record, scratch: rest(scratch))
    turn(scale, value, addingTo: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let tangent = scratch.rows(0..<outputs)
    gradient.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: 1, addingTo: nil, into: tangent, scratch: rest(scratch))
    turn(scale, tangent, addingTo: base, into: out)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    // 𝒥ᵀ = −𝒥.
    let turned = scratch.rows(0..<outputs)
    turn(-1, p, addingTo: nil, into: turned)
    self.gradient.pullback(
      layer, at: x, record: record, scale: scale, cotangent: turned, addingTo: base, into: q, gradient: gradient, scratch: rest(scratch))
  }
}

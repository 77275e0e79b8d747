import LinearAlgebra

/// x ↦ c·x, without weights: the drift ẏ = v, or a damping −γy.
package struct ScalingMap: LayerMap {
  package let outputs: Int
  package let factor: Double

  package init(_ factor: Double, rows: Int) {
    self.factor = factor
    outputs = rows
  }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    add(factor * scale, x, to: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    add(factor * scale, v, to: base, into: out)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    add(factor * scale, p, to: base, into: q)
  }
}

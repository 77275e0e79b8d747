import LinearAlgebra

/// x ↦ c·x³, elementwise and without weights. Its derivative is computed from x, so it records nothing.
package struct CubicMap: LayerMap {
  package let outputs: Int
  private let factor: Double

  package init(_ factor: Double, rows: Int) {
    self.factor = factor
    outputs = rows
  }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { outputs }

  /// x², in scratch.
  private func square(_ x: Block, _ scratch: Block) -> Block {
    let square = scratch.rows(0..<outputs)
    multiply(1, x, x, addingTo: nil, into: square)
    return square
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    multiply(factor * scale, square(x, scratch), x, addingTo: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    multiply(3 * factor * scale, square(x, scratch), v, addingTo: base, into: out)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    multiply(3 * factor * scale, square(x, scratch), p, addingTo: base, into: q)
  }
}

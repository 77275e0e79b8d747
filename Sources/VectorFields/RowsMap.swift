import LinearAlgebra

/// x ↦ the first rows of x.
package struct RowsMap: LayerMap {
  package let outputs: Int

  package init(first outputs: Int) { self.outputs = outputs }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    add(scale, x.rows(0..<outputs), to: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    add(scale, v.rows(0..<outputs), to: base, into: out)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    add(scale, p, to: base?.rows(0..<outputs), into: q.rows(0..<outputs))
    if outputs < q.rows { settle(base?.rows(outputs..<q.rows), into: q.rows(outputs..<q.rows)) }
  }
}

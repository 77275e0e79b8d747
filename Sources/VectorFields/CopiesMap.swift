import LinearAlgebra

/// x ↦ (x, x, …, x): copies one behind the other. Its transpose is their sum.
package struct CopiesMap: LayerMap {
  private let rows: Int
  package let copies: Int
  package var outputs: Int { copies * rows }

  /// - Parameters:
  ///   - rows: the rows of x.
  ///   - copies: at least 1.
  package init(rows: Int, copies: Int) { (self.rows, self.copies) = (rows, copies) }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }
  private func part(_ copy: Int, of block: Block) -> Block { block.rows(copy * rows..<(copy + 1) * rows) }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    for copy in 0..<copies { add(scale, x, to: base.map { part(copy, of: $0) }, into: part(copy, of: out)) }
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    evaluate(layer, at: v, scale: scale, addingTo: base, into: out, record: nil, scratch: scratch)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    add(scale, part(0, of: p), to: base, into: q)
    for copy in 1..<max(copies, 1) { add(scale, part(copy, of: p), to: q, into: q) }
  }
}

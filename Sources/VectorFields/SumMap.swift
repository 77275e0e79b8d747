import LinearAlgebra

/// x ↦ f(x) + g(x) for two maps with the same outputs.
package struct SumMap<First: LayerMap, Second: LayerMap>: LayerMap {
  package let first: First
  package let second: Second

  package init(_ first: First, _ second: Second) {
    precondition(first.outputs == second.outputs, "maps that do not fit")
    self.first = first
    self.second = second
  }

  package var outputs: Int { first.outputs }
  package var recordWidth: Int { first.recordWidth + second.recordWidth }
  /// The scratch of the maps, and a copy of the cotangent, because the first pullback may overwrite it.
  package var scratchWidth: Int { outputs + max(first.scratchWidth, second.scratchWidth) }

  private func firstRecord(_ record: Block) -> Block { record.rows(0..<first.recordWidth) }
  private func secondRecord(_ record: Block) -> Block { record.rows(first.recordWidth..<recordWidth) }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    first.evaluate(layer, at: x, scale: scale, addingTo: base, into: out, record: record.map { firstRecord($0) }, scratch: scratch)
    second.evaluate(layer, at: x, scale: scale, addingTo: out, into: out, record: record.map { secondRecord($0) }, scratch: scratch)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    first.pushforward(
      layer, direction: direction, at: x, record: firstRecord(record), tangent: v, scale: scale, addingTo: base, into: out, scratch: scratch)
    second.pushforward(
      layer, direction: direction, at: x, record: secondRecord(record), tangent: v, scale: scale, addingTo: out, into: out, scratch: scratch)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    var cotangent = p
    if p.base == q.base {
      cotangent = scratch.rows(0..<outputs)
      copy(p, into: cotangent)
    }
    let rest = scratch.rows(outputs..<scratchWidth)
    first.pullback(
      layer, at: x, record: firstRecord(record), scale: scale, cotangent: cotangent, addingTo: base, into: q, gradient: gradient, scratch: rest)
    second.pullback(
      layer, at: x, record: secondRecord(record), scale: scale, cotangent: cotangent, addingTo: q, into: q, gradient: gradient, scratch: rest)
  }
}

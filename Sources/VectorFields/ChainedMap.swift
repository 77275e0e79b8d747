import LinearAlgebra

/// x ↦ g(f(x)) for any two maps. Of two affine maps it is a `ComposedMap`, which may apply one tensor twice.
///
/// The record holds that of f, the values f(x), and that of g.
package struct ChainedMap<First: LayerMap, Second: LayerMap>: LayerMap {
  package let first: First
  package let second: Second
  private let hidden: Int

  package init(_ first: First, then second: Second) {
    self.first = first
    self.second = second
    hidden = first.outputs
  }

  package var outputs: Int { second.outputs }
  package var recordWidth: Int { first.recordWidth + hidden + second.recordWidth }
  package var scratchWidth: Int { hidden + max(first.scratchWidth, second.scratchWidth) }

  private func firstRecord(_ record: Block) -> Block { record.rows(0..<first.recordWidth) }
  private func values(_ record: Block) -> Block { record.rows(first.recordWidth..<first.recordWidth + hidden) }
  private func secondRecord(_ record: Block) -> Block { record.rows(first.recordWidth + hidden..<recordWidth) }
  private func rest(_ scratch: Block) -> Block { scratch.rows(hidden..<scratchWidth) }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    let between = record.map { values($0) } ?? scratch.rows(0..<hidden)
    first.evaluate(layer, at: x, scale: 1, addingTo: nil, into: between, record: record.map { firstRecord($0) }, scratch: rest(scratch))
    second.evaluate(layer, at: between, scale: scale, addingTo: base, into: out, record: record.map { secondRecord($0) }, scratch: rest(scratch))
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let tangent = scratch.rows(0..<hidden)
    first.pushforward(
      layer, direction: direction, at: x, record: firstRecord(record), tangent: v, scale: 1, addingTo: nil, into: tangent, scratch: rest(scratch))
    second.pushforward(
      layer, direction: direction, at: values(record), record: secondRecord(record), tangent: tangent, scale: scale, addingTo: base, into: out,
      scratch: rest(scratch))
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    let cotangent = scratch.rows(0..<hidden)
    second.pullback(
      layer, at: values(record), record: secondRecord(record), scale: scale, cotangent: p, addingTo: nil, into: cotangent, gradient: gradient,
      scratch: rest(scratch))
    first.pullback(
      layer, at: x, record: firstRecord(record), scale: 1, cotangent: cotangent, addingTo: base, into: q, gradient: gradient, scratch: rest(scratch))
  }
}

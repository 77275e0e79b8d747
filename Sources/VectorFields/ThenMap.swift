import LinearAlgebra

/// x ↦ g(f(x)) for two maps whose types the compiler knows: `ChainMap` of two without calls through existentials, which take a noticeable part of the time of small fields.
///
/// The record holds f(x), and then the records of f and g.
package struct ThenMap<First: LayerMap, Second: LayerMap>: LayerMap {
  package let first: First
  package let second: Second
  private let middle: Int
  package let recordWidth: Int
  package let scratchWidth: Int

  package init(_ first: First, then second: Second) {
    self.first = first
    self.second = second
    middle = first.outputs
    recordWidth = middle + first.recordWidth + second.recordWidth
    scratchWidth = middle + max(first.scratchWidth, second.scratchWidth)
  }

  package var outputs: Int { second.outputs }

  private func value(_ record: Block) -> Block { record.rows(0..<middle) }
  private func firstRecord(_ record: Block) -> Block { record.rows(middle..<middle + first.recordWidth) }
  private func secondRecord(_ record: Block) -> Block { record.rows(middle + first.recordWidth..<recordWidth) }
  private func rest(_ scratch: Block) -> Block { scratch.rows(middle..<scratchWidth) }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    let value = record.map { self.value($0) } ?? scratch.rows(0..<middle)
    first.evaluate(layer, at: x, scale: 1, addingTo: nil, into: value, record: record.map { firstRecord($0) }, scratch: rest(scratch))
    second.evaluate(layer, at: value, scale: scale, addingTo: base, into: out, record: record.map { secondRecord($0) }, scratch: rest(scratch))
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let tangent = scratch.rows(0..<middle)
    first.pushforward(layer, direction: direction, at: x, record: firstRecord(record), tangent: v, scale: 1, addingTo: nil, into: tangent, scratch: rest(scratch))
    second.pushforward(
      layer, direction: direction, at: value(record), record: secondRecord(record), tangent: tangent, scale: scale, addingTo: base, into: out, scratch: rest(scratch))
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    let cotangent = scratch.rows(0..<middle)
    second.pullback(
      layer, at: value(record), record: secondRecord(record), scale: scale, cotangent: p, addingTo: nil, into: cotangent, gradient: gradient, scratch: rest(scratch))
    first.pullback(layer, at: x, record: firstRecord(record), scale: 1, cotangent: cotangent, addingTo: base, into: q, gradient: gradient, scratch: rest(scratch))
  }
}

import LinearAlgebra

/// Maps one after the other: x ↦ f_m(…f₂(f₁(x))).
///
/// The record holds the value of each map but the last, and then the records of all. Values that are computed again at little cost (`isComputedAgain`) are left out. `ComposedMap` is the form for two affine maps.
package struct ChainMap: LayerMap {
  private let maps: [any LayerMap]
  /// Where the value of each map lies in the record, nil if it is computed again; and the record of each.
  private let values: [Range<Int>?]
  private let records: [Range<Int>]
  package let outputs: Int
  package let recordWidth: Int
  /// Two memories for values, tangents or cotangents, which take turns; one for a value that is computed again; and the scratch of the maps.
  package let scratchWidth: Int
  /// Where the second memory begins, that for a value that is computed again, and the scratch of the maps.
  private let starts: (second: Int, again: Int, rest: Int)

  package init(_ maps: [any LayerMap]) {
    precondition(!maps.isEmpty, "a chain of no maps")
    self.maps = maps
    var (next, values, records) = (0, [Range<Int>?](), [Range<Int>]())
    for (index, map) in maps.dropLast().enumerated() {
      // It is computed from the input of the map, which must be at hand.
      if map.isComputedAgain, index == 0 || values[index - 1] != nil {
        values.append(nil)
        continue
      }
      values.append(next..<next + map.outputs)
      next += map.outputs
    }
    for map in maps {
      records.append(next..<next + map.recordWidth)
      next += map.recordWidth
    }
    (self.values, self.records, recordWidth) = (values, records, next)
    outputs = maps[maps.count - 1].outputs
    func largest(_ isMeant: (Int) -> Bool) -> Int { values.indices.reduce(0) { isMeant($1) ? max($0, maps[$1].outputs) : $0 } }
    let (even, odd) = (largest { $0 % 2 == 0 }, largest { $0 % 2 == 1 })
    starts = (even, even + odd, even + odd + largest { values[$0] == nil })
    scratchWidth = starts.rest + (maps.map(\.scratchWidth).max() ?? 0)
  }

  /// The memory that holds the value, the tangent or the cotangent after map `index`.
  private func memory(_ scratch: Block, after index: Int) -> Block {
    let start = index % 2 == 0 ? 0 : starts.second
    return scratch.rows(start..<start + maps[index].outputs)
  }
  private func rest(_ scratch: Block) -> Block { scratch.rows(starts.rest..<scratchWidth) }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    var value = x
    for (index, map) in maps.enumerated() {
      let own = record.map { $0.rows(records[index]) }
      if index == maps.count - 1 {
        map.evaluate(layer, at: value, scale: scale, addingTo: base, into: out, record: own, scratch: rest(scratch))
      } else {
        let next = record.flatMap { record in values[index].map { record.rows($0) } } ?? memory(scratch, after: index)
        map.evaluate(layer, at: value, scale: 1, addingTo: nil, into: next, record: own, scratch: rest(scratch))
        value = next
      }
    }
  }

  /// The input of map `index`: from the record, or computed again.
  private func input(_ layer: Layer, _ index: Int, _ x: Block, _ record: Block, _ scratch: Block) -> Block {
    guard index > 0 else { return x }
    if let place = values[index - 1] { return record.rows(place) }
    let value = scratch.rows(starts.again..<starts.again + maps[index - 1].outputs)
    maps[index - 1].computeAgain(layer, at: input(layer, index - 1, x, record, scratch), record: record.rows(records[index - 1]), into: value)
    return value
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    var tangent = v
    for (index, map) in maps.enumerated() {
      let (at, own) = (input(layer, index, x, record, scratch), record.rows(records[index]))
      if index == maps.count - 1 {
        map.pushforward(layer, direction: direction, at: at, record: own, tangent: tangent, scale: scale, addingTo: base, into: out, scratch: rest(scratch))
      } else {
        let next = memory(scratch, after: index)
        map.pushforward(layer, direction: direction, at: at, record: own, tangent: tangent, scale: 1, addingTo: nil, into: next, scratch: rest(scratch))
        tangent = next
      }
    }
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    var cotangent = p
    for (index, map) in maps.enumerated().reversed() {
      let (at, own, factor) = (input(layer, index, x, record, scratch), record.rows(records[index]), index == maps.count - 1 ? scale : 1)
      if index == 0 {
        map.pullback(layer, at: at, record: own, scale: factor, cotangent: cotangent, addingTo: base, into: q, gradient: gradient, scratch: rest(scratch))
      } else {
        let next = memory(scratch, after: index - 1)
        map.pullback(layer, at: at, record: own, scale: factor, cotangent: cotangent, addingTo: nil, into: next, gradient: gradient, scratch: rest(scratch))
        cotangent = next
      }
    }
  }
}

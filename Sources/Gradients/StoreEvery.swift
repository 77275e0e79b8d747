import LinearAlgebra

/// Stores the state of every k-th layer, counted from the last. Before a segment of k layers is pulled back, it is recomputed with records.
///
///     states ⌈N/k⌉ + k,   records k,   recomputed steps N − k
///
/// The last segment needs no second run: the forward sweep records it. Source: the uniform checkpoints of Chen et al. 2016 (arXiv:1604.06174, §4.3), where k = √N gives memory O(√N)
/// for less than one more forward sweep. A k larger than N gives one segment: everything is stored.
package struct StoreEvery: MemoryPolicy {
  /// The length k of a segment; 0 stands for ⌈√N⌉.
  private let every: Int

  /// - Parameter every: k, at least 1, or 0 for ⌈√N⌉.
  package init(_ every: Int) { self.every = every }

  package var name: String { "store_every" }

  /// The number of layers in a segment; the first segment may have fewer.
  private func segment(_ block: ODEBlock) -> Int { min(every == 0 ? squareRootCeiling(block.layers) : every, block.layers) }

  package func use(_ block: ODEBlock) -> MemoryUse {
    let k = segment(block)
    return MemoryUse(states: Self.segments(block, k) + k, records: k, recomputedSteps: block.layers - k)
  }

  private static func segments(_ block: ODEBlock, _ k: Int) -> Int { (block.layers + k - 1) / k }

  /// The policy that recomputes least with `rows` rows of tape, which is the one with the longest segments that fit; nil when none fits.
  static func longest(_ block: ODEBlock, rows: Int) -> StoreEvery? {
    let inner = block.stateWidth + block.recordWidth
    var k = min(block.layers, rows / inner)
    while k >= 1 {
      // The rows that remain besides the segments' first states. Shorter segments leave no more rows, so that no k between these two fits.
      let room = (rows - segments(block, k) * block.stateWidth) / inner
      if k <= room { return StoreEvery(k) }
      k = room
    }
    return nil
  }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    let tape = Segmented(block, tape, segment(block))
    let last = tape.count - 1
    for index in 0..<last where !weights.isOver {
      block.runLayers(tape.layers(index), weights, tape.parts, from: index, into: index + 1, passing: tape.count, scratch: scratch)
    }
    run(block, weights, tape, last, scratch)
    return tape.state(tape.layers(last).count, last)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    let tape = Segmented(block, tape, segment(block))
    for index in stride(from: tape.count - 1, through: 0, by: -1) where !weights.isOver {
      if index < tape.count - 1 { run(block, weights, tape, index, scratch) }
      let layers = tape.layers(index)
      block.pullBack(
        layers, weights, cotangent: cotangent, gradient: gradient, scratch: scratch, states: { tape.state($0 - layers.lowerBound, index) },
        records: { tape.parts.record($0 - layers.lowerBound) })
    }
  }

  /// Runs a segment with records.
  private func run(_ block: ODEBlock, _ weights: Weights, _ tape: Segmented, _ index: Int, _ scratch: Block) {
    let layers = tape.layers(index)
    block.stepForward(
      layers, weights, scratch: scratch, states: { tape.state($0 - layers.lowerBound, index) }, records: { tape.parts.record($0 - layers.lowerBound) })
  }
}

/// A tape of segments: their first states, then the k further states of the current segment, then its k records.
private struct Segmented {
  let parts: Tape
  /// The number of segments.
  let count: Int
  private let segment: Int
  private let all: Int

  init(_ block: ODEBlock, _ tape: Block, _ segment: Int) {
    self.segment = segment
    all = block.layers
    count = (block.layers + segment - 1) / segment
    parts = Tape(tape, of: block, states: count + segment)
  }

  func layers(_ index: Int) -> Range<Int> { max(0, all - (count - index) * segment)..<all - (count - index - 1) * segment }

  /// The state before layer `place` of segment `index`.
  func state(_ place: Int, _ index: Int) -> Block { parts.state(place == 0 ? index : count + place - 1) }
}

/// ⌈√n⌉ for n ≥ 0.
func squareRootCeiling(_ n: Int) -> Int {
  var root = Int(Double(n).squareRoot())
  while root * root < n { root += 1 }
  return root
}

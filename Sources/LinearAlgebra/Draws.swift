/// The random numbers of one training step: numbers that depend on seed, step, block, layer, sample and row alone, never on threads, tiles or what else was drawn.
///
/// What asks for them twice (an adjoint sweep, a recomputed layer, a second precision) gets the same numbers.
package struct Draws: Equatable, Sendable {
  package let seed: UInt64
  /// The training step, so that each draws anew.
  package let step: UInt64
  /// The number of the batch's first sample within the step, where a step is made of several batches.
  package let firstSample: UInt64

  package init(seed: UInt64, step: UInt64, firstSample: UInt64 = 0) {
    self.seed = seed
    self.step = step
    self.firstSample = firstSample
  }

  /// The numbers of one block for a tile whose first sample is number `sample` of the batch.
  package func tile(block: Int, firstSample sample: Int) -> LayerDraws {
    // A key of its own for each step and block: no stream of the seed itself (the order of samples, initial values) meets it.
    let words = philox(
      SIMD4(UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32), UInt32(truncatingIfNeeded: block), 0x6472_6177),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    return LayerDraws(key: UInt64(words.y) << 32 | UInt64(words.x), sample: firstSample &+ UInt64(sample))
  }
}

/// The random numbers of one layer for one tile: a value of four numbers, in every `Layer`.
package struct LayerDraws: Equatable, Sendable {
  package let key: UInt64
  /// The number of the tile's first sample.
  package let sample: UInt64
  /// The layer j.
  package var layer: UInt32
  /// What the numbers are for: different parts of a layer draw different numbers.
  package var part: UInt16 = 0
  /// Whether there are numbers to draw: in training. Evaluation draws none.
  package let isDrawn: Bool

  /// Numbers to draw.
  package init(key: UInt64, sample: UInt64, layer: Int = 0) {
    (self.key, self.sample, self.isDrawn) = (key, sample, true)
    self.layer = UInt32(truncatingIfNeeded: layer)
  }

  /// Nothing to draw.
  @inlinable package init() { (key, sample, layer, isDrawn) = (0, 0, 0, false) }

  /// The same tile's numbers for another part of the layer, below 256.
  package func of(part: Int) -> LayerDraws {
    var other = self
    other.part = UInt16(truncatingIfNeeded: part)
    return other
  }
}

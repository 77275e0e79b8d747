/// The random numbers of one training step. They depend only on seed, step, block, layer, sample and row, not on threads, tiles or other draws.
///
/// They can be drawn any number of times: an adjoint sweep, a recomputed layer or another precision gets the same numbers.
package struct Draws: Equatable, Sendable {
  package let seed: UInt64
  /// The number of the training step. Every step draws different numbers.
  package let step: UInt64
  /// The number of the batch's first sample within the step, which may consist of several batches.
  package let firstSample: UInt64

  package init(seed: UInt64, step: UInt64, firstSample: UInt64 = 0) {
    self.seed = seed
    self.step = step
    self.firstSample = firstSample
  }

  /// The numbers of one block for a tile whose first sample is number `sample` of the batch.
  package func tile(block: Int, firstSample sample: Int) -> LayerDraws { tile(0x6472_6177, block, sample) }

  /// The numbers of one connector, by its place among the network's stages, which are not those of any block.
  package func tile(connector stage: Int, firstSample sample: Int) -> LayerDraws { tile(0x6472_6178, stage, sample) }

  /// The numbers that change the images of a training batch, for a tile whose first sample is number `sample` of the batch.
  package func images(firstSample sample: Int) -> LayerDraws { tile(0x6472_6179, 0, sample) }

  /// Each step, kind of stage and stage has its own key, different from those of the seed's other streams (the order of samples, initial values).
  private func tile(_ kind: UInt32, _ number: Int, _ sample: Int) -> LayerDraws {
    let words = philox(
      SIMD4(UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32), UInt32(truncatingIfNeeded: number), kind),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    return LayerDraws(key: UInt64(words.y) << 32 | UInt64(words.x), sample: firstSample &+ UInt64(sample))
  }
}

/// The random numbers of one layer for one tile. It takes only two words, because every `Layer` holds it and one is made for every step.
package struct LayerDraws: Equatable, Sendable {
  package let key: UInt64
  /// From the lowest bit: the number of the tile's first sample, 32 bits; the layer, 21; the part, 8; one bit that says whether there are numbers to draw.
  @usableFromInline var place: UInt64

  /// Numbers to draw.
  ///
  /// - Parameters:
  ///   - sample: the number of the tile's first sample; modulo 2³².
  ///   - layer: the layer j, at most 10⁶.
  package init(key: UInt64, sample: UInt64, layer: Int = 0) {
    self.key = key
    place = sample & 0xFFFF_FFFF | 1 << 63
    self.layer = layer
  }

  /// Nothing to draw.
  @inlinable package init() { (key, place) = (0, 0) }

  /// Whether there are numbers to draw: in training. Evaluation draws none.
  @inlinable package var isDrawn: Bool { place >> 63 == 1 }
  /// The number of the tile's first sample, modulo 2³².
  package var sample: UInt64 { place & 0xFFFF_FFFF }

  /// The layer j.
  @inlinable package var layer: Int {
    get { Int(truncatingIfNeeded: place >> 32 & 0x1F_FFFF) }
    set { place = place & ~(0x1F_FFFF << 32) | (UInt64(truncatingIfNeeded: newValue) & 0x1F_FFFF) << 32 }
  }

  /// The part of the layer that uses the numbers, below 256. Different parts draw different numbers.
  @inlinable package var part: Int {
    get { Int(truncatingIfNeeded: place >> 53 & 0xFF) }
    set { place = place & ~(0xFF << 53) | (UInt64(truncatingIfNeeded: newValue) & 0xFF) << 53 }
  }

  /// The same tile's numbers for another part of the layer.
  package func of(part: Int) -> LayerDraws {
    var other = self
    other.part = part
    return other
  }

  /// A whole number of 0 ..< `count`, each as likely as the others up to 2⁻³²·count.
  ///
  /// - Parameters:
  ///   - sample: the sample's number in the tile.
  ///   - index: which of the sample's numbers; they are independent of one another.
  package func integer(below count: Int, sample: Int, index: Int) -> Int {
    let place = UInt32(truncatingIfNeeded: self.sample &+ UInt64(sample))
    let bits = philox(SIMD4(place, UInt32(truncatingIfNeeded: index), 0, 0), key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))).x
    return Int((UInt64(bits) * UInt64(count)) >> 32)
  }
}

import LinearAlgebra
import Testing

struct DrawsTests {
  /// Every seed, training step, block and connector has its own key, which differs from the seed, so that no other stream of the seed coincides with it.
  @Test func keysDiffer() {
    var keys: Set<UInt64> = [0, 1, 5, 1 << 32]
    for draws in [Draws(seed: 0, step: 0), Draws(seed: 1, step: 0), Draws(seed: 1 << 32, step: 0), Draws(seed: 0, step: 1), Draws(seed: 0, step: 1 << 32)] {
      for stage in 0..<3 {
        keys.insert(draws.tile(block: stage, firstSample: 0).key)
        keys.insert(draws.tile(connector: stage, firstSample: 0).key)
      }
      keys.insert(draws.images(firstSample: 0).key)
    }
    #expect(keys.count == 4 + 35)
  }

  /// A tile knows the index of its first sample in the step, also if the step consists of several batches.
  @Test func samplesAreNumberedThroughTheStep() {
    let whole = Draws(seed: 3, step: 9).tile(block: 1, firstSample: 130)
    #expect(whole.sample == 130 && whole.isDrawn)
    #expect(Draws(seed: 3, step: 9, firstSample: 100).tile(block: 1, firstSample: 30) == whole)
  }

  /// Whole numbers belong to the sample's place in the step, and each is as likely as the others.
  @Test func wholeNumbersAreDrawnByPlace() {
    let (first, later) = (Draws(seed: 3, step: 9).images(firstSample: 0), Draws(seed: 3, step: 9).images(firstSample: 16))
    var counts = Array(repeating: 0, count: 5)
    for sample in 0..<5000 {
      let drawn = first.integer(below: 5, sample: sample, index: 2)
      counts[drawn] += 1
      if sample >= 16 { #expect(later.integer(below: 5, sample: sample - 16, index: 2) == drawn) }
    }
    // Each count is 1000 with a deviation of 28.
    #expect(counts.allSatisfy { abs($0 - 1000) < 120 }, "\(counts)")
    #expect((0..<64).contains { first.integer(below: 5, sample: $0, index: 2) != first.integer(below: 5, sample: $0, index: 3) })
  }

  @Test func nothingIsDrawnUnlessAskedFor() {
    #expect(!LayerDraws().isDrawn)
    #expect(LayerDraws(key: 1, sample: 2, layer: 3).of(part: 4) != LayerDraws(key: 1, sample: 2, layer: 3))
  }

  /// Sample, layer and part share one word and do not overlap.
  @Test func placesKeepTheirParts() {
    var draws = LayerDraws(key: 7, sample: 1 << 32 - 1, layer: 1_000_000).of(part: 255)
    #expect(draws.sample == 1 << 32 - 1 && draws.layer == 1_000_000 && draws.part == 255 && draws.isDrawn)
    draws.layer = 0
    draws.part = 128
    #expect(draws.sample == 1 << 32 - 1 && draws.layer == 0 && draws.part == 128 && draws.isDrawn)
  }
}

import Gradients
import TestSupport
import Testing

@Suite struct StoreEveryTests {
  /// For every k an integrator counts ⌈N/k⌉ + k states, k records and N − k recomputed steps.
  @Test(arguments: [1, 2, 7, 12]) func countsWhatItDoes(_ layers: Int) throws {
    for every in 0...layers + 2 {
      let counting = CountingIntegrator()
      let example = try BlockCase(field: "dense", integrator: "", scheme: counting, width: 3, layers: layers)
      let policy = StoreEvery(every)
      let use = policy.use(example.block)
      let k = min(every == 0 ? Int(Double(layers).squareRoot().rounded(.up)) : every, layers)
      #expect(use == MemoryUse(states: (layers + k - 1) / k + k, records: k, recomputedSteps: layers - k))
      #expect(policy.tapeRows(example.block) == 3 * (use.states + use.records))
      let found = try example.derivatives(policy)
      #expect(counting.counts.plain + counting.counts.recorded == layers + use.recomputedSteps)
      // Each layer is recorded once: before its pullback, or in the forward sweep.
      #expect(counting.counts.recorded == layers)
      let stored = try example.derivatives(StoreAll())
      #expect(found.gradient.bits == stored.gradient.bits && found.cotangent.bits == stored.cotangent.bits && found.final.bits == stored.final.bits)
    }
  }

  @Test func withOneSegmentItKeepsAll() throws {
    let block = try BlockCase(field: "dense", integrator: "euler", layers: 9).block
    #expect(StoreEvery(9).use(block) == StoreAll().use(block) && StoreEvery(1000).use(block) == StoreAll().use(block))
  }
}

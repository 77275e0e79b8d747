import Gradients
import Settings
import TestSupport
import Testing

@Suite struct BinomialTests {
  /// An integrator counts t(N, s) recomputed steps, the binomial optimum (BinomialScheduleTests). The gradient has the bits of StoreAll.
  @Test(arguments: [1, 2, 3, 10, 25]) func recomputesTheBinomialOptimum(_ layers: Int) throws {
    for checkpoints in 1...layers + 1 {
      let counting = CountingIntegrator()
      let example = try BlockCase(field: "dense", integrator: "", scheme: counting, width: 3, layers: layers)
      let policy = try Binomial(checkpoints: checkpoints)
      let use = policy.use(example.block)
      #expect(use.states == min(checkpoints, layers) + 2 && use.records == 1)
      #expect(use.recomputedSteps == BinomialSchedule.advances(layers, checkpoints: min(checkpoints, layers)))
      let found = try example.derivatives(policy)
      #expect(counting.counts.recorded == layers && counting.counts.plain == use.recomputedSteps, "\(layers) layers, \(checkpoints) checkpoints")
      let stored = try example.derivatives(StoreAll())
      #expect(found.gradient.bits == stored.gradient.bits && found.cotangent.bits == stored.cotangent.bits && found.final.bits == stored.final.bits)
    }
  }

  /// The largest number of checkpoints, all in use, fits on the stack of any thread.
  @Test func asManyCheckpointsAsThereCanBe() throws {
    let example = try BlockCase(field: "dense", integrator: "euler", width: 2, layers: Binomial.maximumCheckpoints + 1)
    let deep = try example.derivatives(Binomial(checkpoints: Binomial.maximumCheckpoints), columns: 1)
    #expect(deep.gradient.bits == (try example.derivatives(StoreAll(), columns: 1)).gradient.bits)
  }

  @Test func checkpointsAndLimitExcludeEachOther() {
    #expect { try Binomial(checkpoints: 3, memoryLimit: 1000) } throws: {
      ($0 as? Failure)?.status == .incompatible && "\($0)".contains("checkpoints is 3 and memory_limit is 1000")
    }
  }

  @Test func fitsAsManyCheckpointsAsThereIsRoomFor() throws {
    let block = try BlockCase(field: "hamiltonian", integrator: "verlet", width: 4, layers: 20).block
    let policy = try Binomial(checkpoints: 0, memoryLimit: 1 << 20)
    // A state and a record have 8 rows each; two states are needed for stepping.
    #expect(policy.leastTapeRows(block) == 8 * 4 && policy.mostTapeRows(block) == 8 * 23)
    for (rows, checkpoints) in [(32, 1), (39, 1), (40, 2), (100, 9), (184, 20), (1 << 40, 20)] {
      #expect(policy.fitted(to: block, rows: rows).use(block).states == checkpoints + 2)
    }
    // Without a limit there is nothing to choose.
    let fixed = try Binomial(checkpoints: 5)
    #expect(fixed.leastTapeRows(block) == 64 && fixed.mostTapeRows(block) == 64 && fixed.fitted(to: block, rows: 1 << 40).tapeRows(block) == 64)
    #expect(try Binomial(checkpoints: 0).use(block).states == 5 + 2)
  }
}

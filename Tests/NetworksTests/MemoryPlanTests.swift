import Gradients
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct MemoryPlanTests {
  private func plan(_ memory: String, precision: String = "float32") throws -> NetworkPlan {
    try NetworkPlan(
      specification(
        #"{"inputs": 3, "outputs": 4, "width": 6, "opening": "dense", "precision": "\#(precision)", "blocks": [{"field": "hamiltonian", "integrator": "verlet", "layers": 30, \#(memory)}, {"field": "antisymmetric", "layers": 9}]}"#
      ))
  }

  /// A sweep allocates what the plan says, plus a vector as large as the parameters, for every policy, batch and number of threads.
  @Test(arguments: memoryPolicies.names) func saysWhatAGradientAllocates(_ name: String) throws {
    for limit in name == "automatic" || name == "binomial" ? [0, 600_000, 3_000_000] : [0] {
      let plan = try plan(#""memory": "\#(name)"\#(limit == 0 ? "" : ", \"memory_limit\": \(limit)")"#)
      for (batch, threads) in [(1, 1), (7, 2), (300, 1), (300, 2), (1000, 3)] {
        let report = try MemoryPlan(plan, batch: batch, threads: threads)
        let sweep = try Sweep(plan, batch: batch, derivative: true, threads: threads)
        #expect(report.scratchBytes == sweep.byteCount + 4 * plan.parameterCount && report.workers == sweep.threads)
        #expect(report.tapeBytes < report.scratchBytes && (limit == 0 || report.tapeBytes <= limit))
      }
    }
  }

  /// The widest tile determines plans and scratch memory: a batch of 2^40 samples needs no more than one of four million.
  @Test func nothingGrowsWithALargeBatch() throws {
    let plan = try plan(#""memory": "store_all""#)
    let large = try Sweep(plan, batch: 1 << 40, derivative: true, threads: 2)
    #expect(try large.byteCount == Sweep(plan, batch: 1 << 22, derivative: true, threads: 2).byteCount)
    #expect(try MemoryPlan(plan, batch: 1 << 40, threads: 2) == MemoryPlan(plan, batch: 1 << 22, threads: 2))
  }

  @Test func namesPolicyBytesAndWorkOfEachBlock() throws {
    let report = try MemoryPlan(plan(#""memory": "store_every", "checkpoint_every": 7"#, precision: "float64"), batch: 200, threads: 2)
    // 200 samples are two tiles of 112 (half, in whole quanta).
    #expect(report.tileColumns == 112 && report.workers == 2)
    // Five segments of 7 layers, of which the first has 2: 12 states of 12 rows and 7 records of 12 rows.
    let first = (12 + 7) * 12 * 112 * 8
    let second = (10 * 6 + 9 * 6) * 112 * 8
    #expect(report.blocks.map(\.policy) == ["store_every", "store_all"] && report.blocks.map(\.layers) == [30, 9])
    #expect(report.blocks.map(\.states) == [12, 10] && report.blocks.map(\.records) == [7, 9] && report.blocks.map(\.recomputedSteps) == [23, 0])
    #expect(report.blocks.map(\.tapeBytes) == [first, second] && report.blocks.map(\.totalTapeBytes) == [2 * first, 2 * second])
    #expect(report.tapeBytes == 2 * (first + second))
  }

  /// One policy can replace those of all blocks. If no policy fits the limit, the error says how much memory is needed.
  @Test func takesAnotherPolicyAndRefusesWhatDoesNotFit() throws {
    let plan = try plan(#""memory": "store_all""#)
    let all = try MemoryPlan(plan, batch: 64, memory: Binomial(checkpoints: 2), threads: 1)
    #expect(all.blocks.map(\.policy) == ["binomial", "binomial"] && all.blocks[0].recomputedSteps == BinomialSchedule.advances(30, checkpoints: 2))
    #expect { try MemoryPlan(plan, batch: 64, memory: Reversible(), threads: 1) } throws: { ($0 as? Failure)?.status == .incompatible }
    #expect { try MemoryPlan(plan, batch: 64, memory: Automatic(memoryLimit: 100), threads: 1) } throws: {
      ($0 as? Failure)?.status == .memory && "\($0)".contains("memory_limit is 100 bytes")
    }
  }
}

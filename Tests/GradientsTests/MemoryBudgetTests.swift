import Gradients
import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct MemoryBudgetTests {
  private func blocks() throws -> [ODEBlock] {
    [
      try BlockCase(field: "dense", integrator: "euler", width: 3, layers: 40).block, try BlockCase(field: "hamiltonian", integrator: "verlet", width: 3, layers: 10).block,
      try BlockCase(field: "dense", integrator: "euler", width: 3, layers: 7).block,
    ]
  }

  private func total(_ policies: [any MemoryPolicy], _ blocks: [ODEBlock], _ budget: MemoryBudget) -> Int {
    budget.workers * zip(policies, blocks).reduce(0) { $0 + budget.bytes(rows: $1.0.tapeRows($1.1)) }
  }

  @Test func bytesAreWholeLines() {
    #expect(MemoryBudget(columns: 64, workers: 2, precision: .float32).bytes(rows: 5) == 5 * 256)
    #expect(MemoryBudget(columns: 1, workers: 1, precision: .float64).bytes(rows: 9) == 128)
  }

  /// For every limit, from the smallest possible to more than enough, the tapes of all blocks and workers do not exceed it, no block could use the remaining memory, and more memory
  /// never causes more work.
  @Test(arguments: [1, 3], [1, 64]) func keepsToTheLimit(_ workers: Int, _ columns: Int) throws {
    let (blocks, budget) = (try blocks(), MemoryBudget(columns: columns, workers: workers, precision: .float32))
    func policies(_ limit: Int) throws -> [any MemoryPolicy] { [Automatic(memoryLimit: limit), try Binomial(checkpoints: 0, memoryLimit: limit), StoreAll()] }
    let least = total(zip(try policies(1), blocks).map { $0.fitted(to: $1, rows: $0.leastTapeRows($1)) }, blocks, budget)
    let most = total(zip(try policies(1), blocks).map { $0.fitted(to: $1, rows: Int.max / 2) }, blocks, budget)
    for step in 0...40 {
      let limit = least + (most - least) * step / 40
      let fitted = try budget.fitted(policies(limit), to: blocks)
      #expect(total(fitted, blocks, budget) <= limit, "step \(step)")
      if step == 0 { #expect(fitted.map(\.name) == ["binomial", "binomial", "store_all"]) }
      if step == 40 { #expect(fitted.map(\.name) == ["store_all", "binomial", "store_all"] && total(fitted, blocks, budget) == most) }
    }
    #expect {
      try budget.fitted(policies(least - 1), to: blocks)
    } throws: {
      let message = "\($0)"
      return ($0 as? Failure)?.status == .memory && message.contains("memory_limit is \(least - 1) bytes") && message.contains("at least \(least) bytes") && message.contains("3 blocks")
    }
  }

  /// The smallest limit of any block applies to all blocks.
  @Test func theSmallestLimitHolds() throws {
    let (blocks, budget) = (try blocks(), MemoryBudget(columns: 16, workers: 1, precision: .float64))
    let limit = 12_000
    let fitted = try budget.fitted([Automatic(memoryLimit: 1 << 40), Automatic(memoryLimit: limit), StoreAll()], to: blocks)
    #expect(total(fitted, blocks, budget) <= limit && fitted[0].name != "store_all")
    // If no block has a limit, the policies do not change.
    #expect(try budget.fitted([Automatic(memoryLimit: 0), Binomial(checkpoints: 2), StoreEvery(3)], to: blocks).map(\.name) == ["store_all", "binomial", "store_every"])
  }
}

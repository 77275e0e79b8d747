import Gradients
import LinearAlgebra
import Settings

/// What a gradient will remember and compute again, said before anything is allocated.
package struct MemoryPlan: Equatable, Sendable {
  /// One block's part.
  package struct BlockMemory: Equatable, Sendable {
    /// The policy by name; for `automatic` the one it has chosen.
    package let policy: String
    package let layers: Int
    /// States and records that a tape holds at once.
    package let states: Int
    package let records: Int
    /// Steps computed again for a gradient of one tile, in layers: a forward sweep has `layers`.
    package let recomputedSteps: Int
    /// Bytes of one worker's tape, and of all workers' together.
    package let tapeBytes: Int
    package let totalTapeBytes: Int
  }

  package let blocks: [BlockMemory]
  /// Workers that have scratch of their own: threads, where the batch has groups of tiles for them.
  package let workers: Int
  /// Samples of the widest tile.
  package let tileColumns: Int
  /// Tapes of all blocks and workers: what `memory_limit` limits.
  package let tapeBytes: Int
  /// All scratch that a gradient allocates when it is made: that of its sweep (tapes, group gradients, prepared operators, tiles), and a vector like the parameters, through which gradients and directions of
  /// another type or stride pass.
  package let scratchBytes: Int

  /// - Parameters:
  ///   - batch: samples of the largest batch, at least 1.
  ///   - memory: a policy instead of the blocks' own.
  ///   - threads: at least 1.
  /// - Throws: `.incompatible` when `memory` cannot serve a block; `.memory` when a memory limit is too small, or the scratch does not fit the address space.
  package init(_ plan: NetworkPlan, batch: Int, memory: (any MemoryPolicy)? = nil, threads: Int) throws(Failure) {
    let geometry = try SweepGeometry(plan, batch: batch, derivative: true, features: true, memory: memory, threads: threads)
    var size = geometry.size
    size.add(count: plan.parameterCount, precision: .float64)
    // Past this point sums of parts of it fit.
    guard let bytes = geometry.size.byteCount, size.byteCount != nil else { throw Failure(.memory, "memory: the scratch of a gradient does not fit the address space") }
    let budget = MemoryBudget(columns: geometry.partition.columns, workers: geometry.workers, precision: plan.precision)
    var blocks: [BlockMemory] = []
    for (index, (block, policy)) in zip(plan.blocks, geometry.memory).enumerated() {
      let use = policy.use(block)
      let tape = budget.bytes(rows: geometry.rows.tapes[index])
      blocks.append(
        BlockMemory(
          policy: policy.name, layers: block.layers, states: use.states, records: use.records, recomputedSteps: use.recomputedSteps, tapeBytes: tape,
          totalTapeBytes: tape * geometry.workers))
    }
    self.blocks = blocks
    workers = geometry.workers
    tileColumns = geometry.partition.columns
    tapeBytes = blocks.reduce(0) { $0 + $1.totalTapeBytes }
    scratchBytes = bytes + plan.parameterCount * plan.precision.byteCount
  }
}

import Gradients
import LinearAlgebra
import Settings

/// The states that a gradient will store and the steps that it will recompute, computed before anything is allocated.
package struct MemoryPlan: Equatable, Sendable {
  /// The part of one block.
  package struct BlockMemory: Equatable, Sendable {
    /// The policy by name; for `automatic`, the policy that it has chosen.
    package let policy: String
    package let layers: Int
    /// States and records that a tape holds at once.
    package let states: Int
    package let records: Int
    /// Steps recomputed for a gradient of one tile; a forward sweep has `layers` steps.
    package let recomputedSteps: Int
    /// Bytes of one worker's tape, and of all workers' together.
    package let tapeBytes: Int
    package let totalTapeBytes: Int
  }

  package let blocks: [BlockMemory]
  /// The number of workers, each with its own scratch memory: the number of threads, or of the batch's groups of tiles if that is smaller.
  package let workers: Int
  /// The number of samples in the widest tile.
  package let tileColumns: Int
  /// Bytes of the tapes of all blocks and workers, which `memory_limit` limits.
  package let tapeBytes: Int
  /// Bytes of all scratch memory that a gradient allocates when it is made: that of its sweep (tapes, group gradients, prepared operators, tiles), and a vector as long as the parameters,
  /// for gradients and directions of another type or with other strides.
  package let scratchBytes: Int

  /// - Parameters:
  ///   - batch: the number of samples in the largest batch, at least 1.
  ///   - memory: a policy that replaces those of all blocks; nil keeps them.
  ///   - threads: at least 1.
  /// - Throws: `.incompatible` when `memory` cannot serve a block; `.memory` when a memory limit is too small, or the scratch does not fit the address space.
  package init(_ plan: NetworkPlan, batch: Int, memory: (any MemoryPolicy)? = nil, threads: Int) throws(Failure) {
    let geometry = try SweepGeometry(plan, batch: batch, derivative: true, features: true, memory: memory, threads: threads)
    var size = geometry.size
    size.add(count: plan.parameterCount, precision: .float64)
    size.add(count: geometry.meetingNumbers ?? Int.max, precision: .float64)
    size.add(count: geometry.marginNumbers, precision: .float64)
    // If this sum fits, the sums of its parts below fit too.
    guard let bytes = geometry.size.byteCount, size.byteCount != nil else { throw Failure(.memory, "memory: the scratch of a gradient does not fit the address space") }
    let budget = MemoryBudget(columns: geometry.partition.columns, workers: geometry.scratchCount, precision: plan.precision)
    var blocks: [BlockMemory] = []
    for (index, (block, policy)) in zip(plan.blocks, geometry.memory).enumerated() {
      let use = policy.use(block)
      let tape = budget.bytes(rows: geometry.rows.tapes[index])
      blocks.append(
        BlockMemory(
          policy: policy.name, layers: block.layers, states: use.states, records: use.records, recomputedSteps: use.recomputedSteps, tapeBytes: tape,
          totalTapeBytes: tape * geometry.scratchCount))
    }
    self.blocks = blocks
    workers = geometry.workers
    tileColumns = geometry.partition.columns
    tapeBytes = blocks.reduce(0) { $0 + $1.totalTapeBytes }
    scratchBytes = bytes + plan.parameterCount * plan.precision.byteCount + 8 * ((geometry.meetingNumbers ?? 0) + geometry.marginNumbers)
  }
}

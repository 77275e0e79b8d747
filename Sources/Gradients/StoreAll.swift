import LinearAlgebra

/// Stores every state and every record: (N+1) states and N records per tile. What a multi-step method remembers of the state before is stored once.
package struct StoreAll: MemoryPolicy {
  package init() {}

  package var name: String { "store_all" }

  package func use(_ block: ODEBlock) -> MemoryUse { MemoryUse(states: block.layers + 1, records: block.layers, recomputedSteps: 0) }

  package func tapeRows(_ block: ODEBlock) -> Int { Tape.trajectoryRows(block, states: block.layers + 1) + block.layers * block.recordWidth }

  private func parts(_ block: ODEBlock, _ tape: Block) -> Tape { Tape(tape, of: block, trajectory: block.layers + 1) }

  /// A trajectory begins with its last state.
  package func initialRow(_ block: ODEBlock) -> Int { Tape.trajectoryRows(block, states: block.layers + 1) - block.stateWidth }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    let tape = parts(block, tape)
    block.stepForward(0..<block.layers, weights, scratch: scratch, states: tape.state, records: tape.record)
    return tape.state(block.layers)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    // Prefetching is worthwhile only for a tape larger than the second-level cache.
    let isFar = tape.rows * tape.stride * tape.precision.byteCount > 1 << 21
    let tape = parts(block, tape)
    block.pullBack(
      0..<block.layers, weights, cotangent: cotangent, gradient: gradient, scratch: scratch, states: tape.state, records: tape.record,
      before: { j, _ in
        if isFar, j > 0 {
          prefetch(tape.record(j - 1))
          prefetch(tape.state(j - 1))
        }
      })
  }
}

import LinearAlgebra

/// Keeps every state and every record: (N+1) states and N records a tile.
package struct StoreAll: MemoryPolicy {
  package init() {}

  package var name: String { "store_all" }

  package func use(_ block: ODEBlock) -> MemoryUse { MemoryUse(states: block.layers + 1, records: block.layers, recomputedSteps: 0) }

  private func parts(_ block: ODEBlock, _ tape: Block) -> Tape { Tape(tape, of: block, states: block.layers + 1) }

  package func initialState(_ block: ODEBlock, tape: Block) -> Block { parts(block, tape).state(0) }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    let tape = parts(block, tape)
    var step = block.step(0, weights)
    for j in 0..<block.layers {
      block.integrator.step(block.field, step, from: tape.state(j), into: tape.state(j + 1), record: tape.record(j), scratch: scratch)
      block.advance(&step, by: 1, weights)
    }
    return tape.state(block.layers)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    // A tape that the second cache holds needs no asking.
    let isFar = tape.rows * tape.stride * tape.precision.byteCount > 1 << 21
    let tape = parts(block, tape)
    var step = block.step(block.layers - 1, weights)
    var sums = block.gradient(block.layers - 1, gradient)
    for j in stride(from: block.layers - 1, through: 0, by: -1) {
      if isFar, j > 0 {
        prefetch(tape.record(j - 1))
        prefetch(tape.state(j - 1))
      }
      block.integrator.pullback(
        block.field, step, before: tape.state(j), after: tape.state(j + 1), record: tape.record(j), cotangent: cotangent, gradient: sums, scratch: scratch)
      block.advance(&step, by: -1, weights)
      block.advance(&sums, from: j, by: -1, gradient)
    }
  }
}

import LinearAlgebra

/// Keeps every state and every record: (N+1) states and N records a tile.
package struct StoreAll: MemoryPolicy {
  package init() {}

  package func tapeRows(_ block: ODEBlock) -> Int {
    (block.layers + 1) * block.stateWidth + block.layers * block.recordWidth
  }

  private func state(_ j: Int, _ block: ODEBlock, _ tape: Block) -> Block {
    tape.rows(j * block.stateWidth..<(j + 1) * block.stateWidth)
  }

  private func record(_ j: Int, _ block: ODEBlock, _ tape: Block) -> Block {
    let start = (block.layers + 1) * block.stateWidth + j * block.recordWidth
    return tape.rows(start..<start + block.recordWidth)
  }

  package func initialState(_ block: ODEBlock, tape: Block) -> Block { state(0, block, tape) }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    var step = block.step(0, weights)
    for j in 0..<block.layers {
      block.integrator.step(
        block.field, step, from: state(j, block, tape), into: state(j + 1, block, tape), record: record(j, block, tape), scratch: scratch)
      block.advance(&step, by: 1, weights)
    }
    return state(block.layers, block, tape)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    // A tape that the second cache holds needs no asking.
    let isFar = tape.rows * tape.stride * tape.precision.byteCount > 1 << 21
    var step = block.step(block.layers - 1, weights)
    var sums = block.gradient(block.layers - 1, gradient)
    for j in stride(from: block.layers - 1, through: 0, by: -1) {
      if isFar, j > 0 {
        prefetch(record(j - 1, block, tape))
        prefetch(state(j - 1, block, tape))
      }
      block.integrator.pullback(
        block.field, step, before: state(j, block, tape), after: state(j + 1, block, tape), record: record(j, block, tape), cotangent: cotangent,
        gradient: sums, scratch: scratch)
      block.advance(&step, by: -1, weights)
      block.advance(&sums, from: j, by: -1, gradient)
    }
  }
}

import LinearAlgebra

/// The parts of a tile's tape: states of a block, then records of its steps.
package struct Tape {
  package let block: Block
  private let stateWidth: Int
  private let recordWidth: Int
  private let states: Int

  /// - Parameter states: the number of states before the first record.
  package init(_ block: Block, of ode: ODEBlock, states: Int) {
    self.block = block
    self.states = states
    stateWidth = ode.stateWidth
    recordWidth = ode.recordWidth
  }

  package func state(_ index: Int) -> Block { block.rows(index * stateWidth..<(index + 1) * stateWidth) }

  package func record(_ index: Int) -> Block {
    let start = states * stateWidth + index * recordWidth
    return block.rows(start..<start + recordWidth)
  }
}

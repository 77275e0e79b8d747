import LinearAlgebra

/// The parts of a tile's tape: states of a block, then records of its steps.
package struct Tape {
  package let block: Block
  private let stateWidth: Int
  private let recordWidth: Int
  /// State j begins at row `first + j·distance`.
  private let first: Int
  private let distance: Int
  private let recordStart: Int

  /// Room for any states of the block, each by itself.
  ///
  /// - Parameter states: the number of states before the first record.
  package init(_ block: Block, of ode: ODEBlock, states: Int) { self.init(block, of: ode, first: 0, distance: ode.stateWidth, recordStart: states * ode.stateWidth) }

  /// Room for a whole trajectory: the states of consecutive layers, the last one first. The rows that a state remembers of the one before (`Integrator.rememberedRows`) lie behind its new ones, so they are the same memory as there.
  ///
  /// - Parameter trajectory: the number of states, at least 1.
  package init(_ block: Block, of ode: ODEBlock, trajectory states: Int) {
    self.init(block, of: ode, first: (states - 1) * ode.newRows, distance: -ode.newRows, recordStart: Tape.trajectoryRows(ode, states: states))
  }

  private init(_ block: Block, of ode: ODEBlock, first: Int, distance: Int, recordStart: Int) {
    (self.block, self.first, self.distance, self.recordStart) = (block, first, distance, recordStart)
    (stateWidth, recordWidth) = (ode.stateWidth, ode.recordWidth)
  }

  /// Rows of a trajectory of `states` states.
  package static func trajectoryRows(_ ode: ODEBlock, states: Int) -> Int { (states - 1) * ode.newRows + ode.stateWidth }

  package func state(_ index: Int) -> Block {
    let start = first + index * distance
    return block.rows(start..<start + stateWidth)
  }

  package func record(_ index: Int) -> Block {
    let start = recordStart + index * recordWidth
    return block.rows(start..<start + recordWidth)
  }
}

extension ODEBlock {
  /// Rows of a state that the state before does not hold.
  fileprivate var newRows: Int { stateWidth - integrator.rememberedRows(field) }
}

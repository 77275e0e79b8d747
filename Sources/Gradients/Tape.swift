import LinearAlgebra

/// The parts of a tile's tape: states of a block, then records of its steps.
package struct Tape {
  package let block: Block
  private let stateWidth: Int
  private let recordWidth: Int
  private let states: Int

  /// - Parameter states: how many states lie before the first record.
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

extension ODEBlock {
  /// Runs the layers `range`, at least one, without records, from the tape's state `start` into its state `end`; on the way the states `passing` and `passing + 1` take turns.
  ///
  /// `end` may be `passing` itself, for then the last step comes from `passing + 1`.
  package func runLayers(_ range: Range<Int>, _ weights: Weights, _ tape: Tape, from start: Int, into end: Int, passing: Int, scratch: Block) {
    var from = start
    var step = step(range.lowerBound, weights)
    for j in range {
      let left = range.upperBound - 1 - j
      let to = left == 0 ? end : passing + (left & 1)
      integrator.step(field, step, from: tape.state(from), into: tape.state(to), record: nil, scratch: scratch)
      advance(&step, by: 1, weights)
      from = to
    }
  }
}

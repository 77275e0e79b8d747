import Integrators
import LinearAlgebra
import Settings

/// How the adjoint sweep gets a block's states and records: the forward sweep has stored them, or they are recomputed.
///
/// The tape of a tile is a block of `tapeRows` rows: states, then records. Every policy gives the exact gradient of the steps taken, with the bits of `StoreAll`. Only the gradient of
/// `Reversible` differs, by the rounding errors of the reconstructed states.
package protocol MemoryPolicy: Sendable {
  /// The policy's name in the registry.
  var name: String { get }
  /// Refuses a block for which the policy does not work, with the reason.
  func check(_ block: ODEBlock) throws(Failure)
  /// The amounts that the policy stores and recomputes.
  func use(_ block: ODEBlock) -> MemoryUse
  /// Rows of a tile's tape.
  func tapeRows(_ block: ODEBlock) -> Int

  /// The most bytes that the tapes of the whole network may take, over all blocks and workers; nil without a limit.
  var byteLimit: Int? { get }
  /// The fewest rows of tape that `fitted` accepts.
  func leastTapeRows(_ block: ODEBlock) -> Int
  /// The most rows of tape that `fitted` can use.
  func mostTapeRows(_ block: ODEBlock) -> Int
  /// The variant of this policy that recomputes least with `rows` rows of tape, at least `leastTapeRows`.
  func fitted(to block: ODEBlock, rows: Int) -> any MemoryPolicy

  /// The row of the tape at which the first state begins. The caller fills this state before `forward`, while the other rows of the tape hold nothing yet.
  func initialRow(_ block: ODEBlock) -> Int
  /// Runs all layers and gives the final state, a view of the tape. `scratch` has the block's `scratchWidth` rows.
  func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block
  /// Called after `forward`: replaces the cotangent of the final state by that of the initial state, and adds to the gradient.
  func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block)
}

extension MemoryPolicy {
  package func check(_ block: ODEBlock) throws(Failure) {}

  package func tapeRows(_ block: ODEBlock) -> Int {
    let use = use(block)
    return use.states * block.stateWidth + use.records * block.recordWidth
  }

  package func initialRow(_ block: ODEBlock) -> Int { 0 }
  /// The first state of a tape.
  package func initialState(_ block: ODEBlock, tape: Block) -> Block {
    let row = initialRow(block)
    return tape.rows(row..<row + block.stateWidth)
  }

  package var byteLimit: Int? { nil }
  package func leastTapeRows(_ block: ODEBlock) -> Int { tapeRows(block) }
  package func mostTapeRows(_ block: ODEBlock) -> Int { tapeRows(block) }
  package func fitted(to block: ODEBlock, rows: Int) -> any MemoryPolicy { self }
}

/// The amounts that a policy stores of a tile's trajectory through a block and recomputes for a gradient.
package struct MemoryUse: Equatable, Sendable {
  /// The numbers of states and records on the tape.
  package let states: Int
  package let records: Int
  /// The number of steps, forward or back, in addition to the N of the forward sweep.
  package let recomputedSteps: Int

  package init(states: Int, records: Int, recomputedSteps: Int) {
    self.states = states
    self.records = records
    self.recomputedSteps = recomputedSteps
  }
}

import Integrators
import LinearAlgebra

/// The two passes over consecutive layers of a block, forward and back. Memory policies only decide which layers to pass and where their states and records lie on the tape.
///
/// If the work must end (`StepLog.isOver`), the passes skip the remaining layers; the contents of the tape are then invalid.
/// State j is the state before layer j, and state j + 1 the state after it. The closures do not outlive the call and are compiled into the loop.
extension ODEBlock {
  /// Steps through the layers `range`, at least one, in ascending order.
  ///
  /// - Parameters:
  ///   - states: gives the place of state j, for every j from `range.lowerBound`, whose state is given, to `range.upperBound`.
  ///   - records: gives the place for the record of layer j; nil for a step without a record.
  ///   - scratch: `scratchWidth` rows, and as many as a reader of the states needs.
  @inline(__always)
  package func stepForward(_ range: Range<Int>, _ weights: Weights, scratch: Block, states: (Int) -> Block, records: (Int) -> Block? = { _ in nil }) {
    var step = step(range.lowerBound, weights)
    if range.lowerBound == 0 { read(0, states(0), weights, scratch) }
    for j in range where !weights.isOver {
      integrator.step(field, step, from: states(j), into: states(j + 1), record: records(j), scratch: scratch)
      read(j + 1, states(j + 1), weights, scratch)
      advance(&step, by: 1, weights)
    }
  }

  /// Pulls the cotangent of state `range.upperBound` back to state `range.lowerBound`, in place, in descending order of the layers. Adds to the gradient.
  ///
  /// - Parameters:
  ///   - states, records: as in `stepForward`; they must be filled before their layer is pulled back.
  ///   - scratch: `scratchWidth` rows.
  ///   - before: called with layer j's step before layer j is pulled back, to recompute its states and record or to fetch the next ones.
  @inline(__always)
  package func pullBack(
    _ range: Range<Int>, _ weights: Weights, cotangent: Block, gradient: BlockGradient?, scratch: Block, states: (Int) -> Block, records: (Int) -> Block,
    before: (Int, Step) -> Void = { _, _ in }
  ) {
    var step = step(range.upperBound - 1, weights)
    var sums = self.gradient(range.upperBound - 1, gradient)
    for j in range.reversed() where !weights.isOver {
      before(j, step)
      pullBackReading(j + 1, states(j + 1), weights, cotangent, scratch)
      integrator.pullback(
        field, step, before: states(j), after: states(j + 1), record: records(j), cotangent: cotangent, gradient: sums, scratch: scratch)
      advance(&step, by: -1, weights)
      advance(&sums, from: j, by: -1, gradient)
    }
    if range.lowerBound == 0, !weights.isOver { pullBackReading(0, states(0), weights, cotangent, scratch) }
  }

  /// Lets a network with outputs at every step read state j.
  @inline(__always)
  private func read(_ j: Int, _ state: Block, _ weights: Weights, _ scratch: Block) {
    weights.reader?._withUnsafeGuaranteedRef { $0.read(j, visible(state), scratch: scratch) }
  }

  /// The transpose of `read`.
  @inline(__always)
  private func pullBackReading(_ j: Int, _ state: Block, _ weights: Weights, _ cotangent: Block, _ scratch: Block) {
    weights.reader?._withUnsafeGuaranteedRef { $0.pullBack(j, visible(state), addingTo: visible(cotangent), scratch: scratch) }
  }

  /// Steps through the layers `range`, at least one, without records, from the tape's state `start` to its state `end`; in between, the steps alternate between the states `passing` and `passing + 1`.
  ///
  /// `end` may be equal to `passing`, because the last step then starts from `passing + 1`.
  package func runLayers(_ range: Range<Int>, _ weights: Weights, _ tape: Tape, from start: Int, into end: Int, passing: Int, scratch: Block) {
    stepForward(
      range, weights, scratch: scratch,
      states: { j in
        let left = range.upperBound - j
        return tape.state(j == range.lowerBound ? start : left == 0 ? end : passing + (left & 1))
      })
  }
}

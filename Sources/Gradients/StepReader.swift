import LinearAlgebra
import VectorFields

/// The states of a block that end the steps of a sequence: state `first + i·every` is the one after observation i.
package struct StepStates: Equatable, Sendable {
  package let first: Int
  package let every: Int
  package let count: Int

  package init(first: Int, every: Int, count: Int) {
    (self.first, self.every, self.count) = (first, every, count)
  }

  /// The step that ends with state j; nil if none does.
  @inline(__always) package func step(endingAt j: Int) -> Int? {
    let distance = j - first
    guard distance >= 0 else { return nil }
    if every == 1 { return distance }
    let (step, rest) = distance.quotientAndRemainder(dividingBy: every)
    return rest == 0 ? step : nil
  }
}

/// Reads the visible state of a block at the end of each step of a sequence while the block's layers are passed: the readout of a network that gives outputs at every step.
///
/// Scores are computed where the state lies, so that no states are kept for them. On the way back the cotangent of a step's scores is added to that of its state, before the layer that computed this state is pulled back. A memory
/// policy may compute states again on the way back; nothing is read then. One worker at a time uses a reader, which gets the memory of each tile before it is passed.
package final class StepReader: @unchecked Sendable {
  /// What passing a layer does.
  package enum Task: Sendable {
    case nothing
    case scores
    case tangents
    case cotangents
  }

  package let states: StepStates
  /// The rows of the scores of one step.
  package let outputs: Int
  /// The readout; nil if the scores are the visible state itself.
  private let map: (any LayerMap)?
  /// The weights of the readout, a direction in them (nil for zero), and where their gradient accumulates (nil if it is not wanted).
  package var layer = Layer()
  package var direction: Layer?
  package var gradient: Layer?
  @exclusivity(unchecked) package var task = Task.nothing
  /// The scores of all steps and their tangents; or, as `scores`, their cotangents: steps·outputs rows.
  @exclusivity(unchecked) package var scores: Block
  @exclusivity(unchecked) package var tangents: Block

  /// - Parameters:
  ///   - map: has no record, such as an affine map without an activation.
  ///   - scores, tangents: memory for the largest tile; each tile's own is set before it is passed.
  package init(_ states: StepStates, _ map: (any LayerMap)?, outputs: Int, scores: Block, tangents: Block? = nil) {
    precondition(map.map { $0.recordWidth == 0 } ?? true, "a readout with a record, which would have to be kept for every step")
    (self.states, self.map, self.outputs) = (states, map, outputs)
    (self.scores, self.tangents) = (scores, tangents ?? scores)
  }

  private func rows(_ step: Int) -> Range<Int> { step * outputs..<(step + 1) * outputs }

  /// Computes the scores of the step that ends with state j, if one does, from its visible rows.
  @inline(__always) package func read(_ j: Int, _ state: Block, scratch: Block) {
    guard task == .scores, let step = states.step(endingAt: j) else { return }
    let out = scores.rows(rows(step))
    guard let map else { return copy(state, into: out) }
    map.evaluate(layer, at: state, scale: 1, addingTo: nil, into: out, record: nil, scratch: scratch)
  }

  /// The same with tangents.
  package func read(_ j: Int, _ state: Block, tangent: Block, scratch: Block) {
    guard task == .tangents, let step = states.step(endingAt: j) else { return }
    let (out, outTangent) = (scores.rows(rows(step)), tangents.rows(rows(step)))
    guard let map else {
      copy(state, into: out)
      return copy(tangent, into: outTangent)
    }
    map.evaluate(layer, at: state, scale: 1, addingTo: nil, into: out, record: nil, scratch: scratch)
    map.pushforward(layer, direction: direction, at: state, record: out.rows(0..<0), tangent: tangent, scale: 1, addingTo: nil, into: outTangent, scratch: scratch)
  }

  /// The transpose of `read`: adds the cotangent of the scores of the step that ends with state j to that of its visible rows, and accumulates the gradient.
  @inline(__always) package func pullBack(_ j: Int, _ state: Block, addingTo cotangent: Block, scratch: Block) {
    guard task == .cotangents, let step = states.step(endingAt: j) else { return }
    let p = scores.rows(rows(step))
    guard let map else { return combine(1, p, 1, cotangent, into: cotangent) }
    map.pullback(layer, at: state, record: p.rows(0..<0), scale: 1, cotangent: p, addingTo: cotangent, into: cotangent, gradient: gradient, scratch: scratch)
  }
}

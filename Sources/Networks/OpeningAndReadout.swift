import Gradients
import LinearAlgebra
import VectorFields

/// How a tile enters and leaves the network: the opening turns the caller's samples into the first state, and the readout turns the last state into scores.
extension NetworkPlan {
  /// Reads `count` samples, beginning with row `start`, and computes the visible rows of the first state, or the readout's input if there is no block. The samples are stored in `inputTile`, or in
  /// `sequences` together with the drives of the blocks.
  func open(_ weights: Weights, _ source: BatchSource, start: Int, count: Int, inputTile: Block, sequences: SequenceScratch, into visible: Block) {
    let scaling = source.normalization?.scaling
    if let sequence {
      gather(source.features, rows: source.rows, start: start, count: count, scaling: scaling, into: sequences.inputs)
      if sequence.isScaled { gatherElapsedTimes(source.features, sequence.format, rows: source.rows, start: start, count: count, into: sequences.inputs) }
      return openSequences(weights, sequences, into: visible)
    }
    guard let opening else {
      gather(source.features, rows: source.rows, start: start, count: count, scaling: scaling, into: visible.rows(0..<inputs))
      if width > inputs { fill(visible.rows(inputs..<width), 0) }
      return
    }
    gather(source.features, rows: source.rows, start: start, count: count, scaling: scaling, into: inputTile)
    affine(
      matrix(opening, weights), bias: opening.bias(weights.parameters), activation: .identity, of: inputTile, scale: 1, addingTo: nil,
      into: visible, slope: nil)
  }

  /// The scores of a final visible state.
  func readOut(_ weights: Weights, _ visible: Block, into scores: Block) {
    guard let readout else { return copy(visible, into: scores) }
    affine(
      matrix(readout, weights), bias: readout.bias(weights.parameters), activation: .identity, of: visible, scale: 1, addingTo: nil,
      into: scores, slope: nil)
  }

  func matrix(_ map: AffineLayer, _ weights: Weights) -> Matrix {
    if weights.purpose == .inference, let prepared = weights.prepared { return map.preparedMatrix(prepared) }
    return map.matrix(weights.parameters)
  }
}

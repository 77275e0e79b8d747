import Gradients
import LinearAlgebra
import VectorFields

/// Where a batch comes from: rows of a features tensor, by number from `rows` if given.
package struct BatchSource {
  package let features: TensorView
  package let rows: UnsafePointer<Int64>?
  package let normalization: Normalization?
  package init(features: TensorView, rows: UnsafePointer<Int64>? = nil, normalization: Normalization?) {
    self.features = features
    self.rows = rows
    self.normalization = normalization
  }
}

extension NetworkPlan {
  /// Makes all operators of a parameter vector, on the calling thread.
  package func prepare(_ parameters: Vector, into prepared: Vector, for purpose: Purpose, asDirection: Bool = false) {
    for index in blocks.indices {
      prepare(block: index, layers: 0..<blocks[index].layers, parameters, into: prepared, for: purpose, asDirection: asDirection)
    }
    guard purpose == .inference else { return }
    for map in [opening, readout].compactMap({ $0 }) { copy(map.matrix(parameters), into: map.preparedMatrix(prepared)) }
  }

  /// Makes the operators of some layers of one block.
  package func prepare(
    block index: Int, layers: Range<Int>, _ parameters: Vector, into prepared: Vector, for purpose: Purpose, asDirection: Bool = false
  ) {
    blocks[index].prepare(
      layers, parameters: parameters, into: blockPrepared(index, prepared, purpose), for: purpose, asDirection: asDirection)
  }

  private func blockPrepared(_ index: Int, _ prepared: Vector, _ purpose: Purpose) -> Vector {
    let offset = preparedOffset(index, for: purpose)
    return prepared[offset..<offset + blocks[index].preparedCount(for: purpose)]
  }

  /// The weights of one block, with its part of the prepared operators.
  package func weights(_ index: Int, _ weights: Weights) -> Weights {
    Weights(
      parameters: weights.parameters, prepared: weights.prepared.map { blockPrepared(index, $0, weights.purpose) }, purpose: weights.purpose)
  }

  /// Reads `count` samples from row `start` on and opens them: the visible rows of the first state, or the scores' input when there is no block. `inputTile` takes the samples.
  func open(_ weights: Weights, _ source: BatchSource, start: Int, count: Int, inputTile: Block, into visible: Block) {
    let normalization = source.normalization
    guard let opening else {
      gather(
        source.features, rows: source.rows, start: start, count: count, shift: normalization?.shift, scale: normalization?.scale,
        into: visible.rows(0..<inputs))
      if width > inputs { fill(visible.rows(inputs..<width), 0) }
      return
    }
    gather(
      source.features, rows: source.rows, start: start, count: count, shift: normalization?.shift, scale: normalization?.scale, into: inputTile)
    affine(
      matrix(opening, weights), bias: opening.bias(weights.parameters), activation: .identity, of: inputTile, scale: 1, addingTo: nil,
      into: visible, slope: nil)
  }

  /// Scores of a final visible state.
  func readOut(_ weights: Weights, _ visible: Block, into scores: Block) {
    guard let readout else { return copy(visible, into: scores) }
    affine(
      matrix(readout, weights), bias: readout.bias(weights.parameters), activation: .identity, of: visible, scale: 1, addingTo: nil,
      into: scores, slope: nil)
  }

  private func matrix(_ map: AffineMap, _ weights: Weights) -> Matrix {
    if weights.purpose == .inference, let prepared = weights.prepared { return map.preparedMatrix(prepared) }
    return map.matrix(weights.parameters)
  }
}

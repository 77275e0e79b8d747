import Gradients
import Integrators
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
  /// Whether sweeps need an extended vector beside the parameters.
  package var isExtended: Bool { extendedCount > parameterCount }

  /// Copies the parameters into an extended vector and makes the layers' weights that lie behind them.
  package func extend(_ parameters: Vector, into extended: Vector) {
    copy(parameters, into: extended[0..<parameterCount])
    for block in blocks { block.layout.expand(extended) }
  }

  /// The transpose of `extend`: the extended gradient's part behind the parameters goes into the coefficients' gradients.
  package func contract(_ extended: Vector, into gradient: Vector) {
    for block in blocks { block.layout.contract(extended) }
    copy(extended[0..<parameterCount], into: gradient)
  }

  /// Makes all operators of an extended parameter vector, on the calling thread.
  package func prepare(_ parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    for index in blocks.indices { prepare(block: index, entries: 0..<blocks[index].preparedEntries, parameters, into: prepared, for: purpose) }
    guard purpose == .inference else { return }
    for map in [opening, readout].compactMap({ $0 }) { copy(map.matrix(parameters), into: map.preparedMatrix(prepared)) }
  }

  /// Makes some sets of operators of one block.
  package func prepare(block index: Int, entries: Range<Int>, _ parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    blocks[index].prepare(entries, parameters: parameters, into: blockPrepared(index, prepared, purpose), for: purpose)
  }

  /// Makes the tangents of all operators, which are prepared for training.
  func prepareDirection(_ direction: Vector, into preparedDirection: Vector, at parameters: Vector, prepared: Vector) {
    for (index, block) in blocks.enumerated() {
      block.prepareDirection(
        direction, into: blockPrepared(index, preparedDirection, .training), at: parameters, prepared: blockPrepared(index, prepared, .training))
    }
  }

  /// Turns the operator gradients of some sets of one block into gradients of its tensors, in place.
  func finishGradient(block index: Int, entries: Range<Int>, _ gradient: Vector, at parameters: Vector, prepared: Vector) {
    blocks[index].finishGradient(entries, gradient, parameters: parameters, prepared: blockPrepared(index, prepared, .training))
  }

  private func blockPrepared(_ index: Int, _ prepared: Vector, _ purpose: Purpose) -> Vector {
    let offset = preparedOffset(index, for: purpose)
    return prepared[offset..<offset + blocks[index].preparedCount(for: purpose)]
  }

  /// The weights of one block, with its part of the prepared operators, its drive, and its random numbers for a tile whose first sample is number `firstSample` of the batch.
  package func weights(_ index: Int, _ weights: Weights, log: StepLog? = nil, drive: Block? = nil, draws: Draws? = nil, firstSample: Int = 0) -> Weights {
    Weights(
      parameters: weights.parameters, prepared: weights.prepared.map { blockPrepared(index, $0, weights.purpose) }, purpose: weights.purpose,
      drive: drive, log: log.map { Unmanaged.passUnretained($0) } ?? weights.log,
      draws: draws?.tile(block: index, firstSample: firstSample) ?? LayerDraws())
  }

  /// Reads `count` samples from row `start` on and opens them: the visible rows of the first state, or the scores' input when there is no block. `inputTile` takes the samples, or `sequences`
  /// with the drives of the blocks.
  func open(_ weights: Weights, _ source: BatchSource, start: Int, count: Int, inputTile: Block, sequences: SequenceScratch, into visible: Block) {
    let normalization = source.normalization
    guard sequence == nil else {
      gather(
        source.features, rows: source.rows, start: start, count: count, shift: normalization?.shift, scale: normalization?.scale, into: sequences.inputs)
      return openSequences(weights, sequences, into: visible)
    }
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

  func matrix(_ map: AffineLayer, _ weights: Weights) -> Matrix {
    if weights.purpose == .inference, let prepared = weights.prepared { return map.preparedMatrix(prepared) }
    return map.matrix(weights.parameters)
  }
}

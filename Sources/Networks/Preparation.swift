import Gradients
import Integrators
import LinearAlgebra
import VectorFields

/// What a sweep computes from a parameter vector before the first tile: the layers' weights that a basis mixes, and the operators that fields multiply by. The transposes of these maps turn their
/// gradients into gradients of the parameters.
extension NetworkPlan {
  /// Whether sweeps need an extended vector besides the parameters.
  package var isExtended: Bool { extendedCount > parameterCount }

  /// Copies the parameters into an extended vector and computes the layers' weights, which lie after them.
  package func extend(_ parameters: Vector, into extended: Vector) {
    copy(parameters, into: extended[0..<parameterCount])
    for block in blocks { block.layout.expand(extended) }
  }

  /// The transpose of `extend`: adds the part of the extended gradient after the parameters to the gradients of the coefficients.
  package func contract(_ extended: Vector, into gradient: Vector) {
    for block in blocks { block.layout.contract(extended) }
    copy(extended[0..<parameterCount], into: gradient)
  }

  /// Computes all operators of an extended parameter vector, on the calling thread.
  package func prepare(_ parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    for index in blocks.indices { prepare(block: index, entries: 0..<blocks[index].preparedEntries, parameters, into: prepared, for: purpose) }
    guard purpose == .inference else { return }
    for map in [opening, readout].compactMap({ $0 }) { copy(map.matrix(parameters), into: map.preparedMatrix(prepared)) }
  }

  /// Computes some sets of operators of one block.
  package func prepare(block index: Int, entries: Range<Int>, _ parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    blocks[index].prepare(entries, parameters: parameters, into: blockPrepared(index, prepared, purpose), for: purpose)
  }

  /// Computes the tangents of all operators, which must be prepared for training.
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

  /// The weights of one block, with its part of the prepared operators, its drive, and its random numbers for a tile whose first sample has the number `firstSample` in the batch.
  package func weights(_ index: Int, _ weights: Weights, log: StepLog? = nil, drive: Block? = nil, draws: Draws? = nil, firstSample: Int = 0) -> Weights {
    Weights(
      parameters: weights.parameters, prepared: weights.prepared.map { blockPrepared(index, $0, weights.purpose) }, purpose: weights.purpose,
      drive: drive, log: log.map { Unmanaged.passUnretained($0) } ?? weights.log,
      draws: draws?.tile(block: index, firstSample: firstSample) ?? LayerDraws())
  }
}

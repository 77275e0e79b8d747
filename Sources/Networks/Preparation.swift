import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// What a sweep computes from a parameter vector before the first tile: the layers' weights that a basis mixes, and the operators that fields multiply by. The transposes of these maps turn their
/// gradients into gradients of the parameters.
extension NetworkPlan {
  /// Whether sweeps need an extended vector besides the parameters.
  package var isExtended: Bool { extendedCount > parameterCount }

  /// Copies the parameters into an extended vector and computes the layers' weights, which lie after them.
  /// - Throws: the reason why the work must end.
  package func extend(_ parameters: Vector, into extended: Vector) throws(Failure) {
    try copyInPieces(parameters, into: extended[0..<parameterCount])
    for block in blocks { block.layout.expand(extended) }
    try Watch.check()
  }

  /// The transpose of `extend`: adds the part of the extended gradient after the parameters to the gradients of the coefficients.
  /// - Throws: the reason why the work must end.
  package func contract(_ extended: Vector, into gradient: Vector) throws(Failure) {
    for block in blocks { block.layout.contract(extended) }
    try copyInPieces(extended[0..<parameterCount], into: gradient)
  }

  /// Computes all operators of an extended parameter vector, on the calling thread.
  package func prepare(_ parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    for index in blocks.indices { prepare(block: index, entries: 0..<blocks[index].preparedEntries, parameters, into: prepared, for: purpose) }
    prepareConnectors(parameters, into: prepared, for: purpose)
  }

  /// Computes some sets of operators of one block.
  package func prepare(block index: Int, entries: Range<Int>, _ parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    blocks[index].prepare(entries, parameters: parameters, into: prepared[preparedRange(stage: stage(ofBlock: index), for: purpose)], for: purpose)
  }

  /// Computes the operators of all connectors. If the work must end, the remaining ones are left out.
  func prepareConnectors(_ parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    let watch = Watch.current
    for (stage, connector) in connectors where !watch.isOver { connector.prepare(parameters, into: prepared[preparedRange(stage: stage, for: purpose)]) }
  }

  /// Computes the tangents of all operators, which must be prepared for training.
  package func prepareDirection(_ direction: Vector, into preparedDirection: Vector, at parameters: Vector, prepared: Vector) {
    let watch = Watch.current
    for (stage, each) in stages.enumerated() where !watch.isOver {
      let range = preparedRange(stage: stage, for: .training)
      switch each {
      case .map(let connector): connector.prepareDirection(direction, into: preparedDirection[range], at: parameters, prepared: prepared[range])
      case .block(let index): blocks[index].prepareDirection(direction, into: preparedDirection[range], at: parameters, prepared: prepared[range])
      }
    }
  }

  /// Turns the operator gradients of some sets of one block into gradients of its tensors, in place.
  package func finishGradient(block index: Int, entries: Range<Int>, _ gradient: Vector, at parameters: Vector, prepared: Vector) {
    blocks[index].finishGradient(entries, gradient, parameters: parameters, prepared: prepared[preparedRange(stage: stage(ofBlock: index), for: .training)])
  }

  /// Turns the operator gradients of the connectors into gradients of their tensors, in place, and says whether all of these are finite.
  package func finishConnectorGradients(_ gradient: Vector, at parameters: Vector, prepared: Vector) -> Bool {
    var isFinite = true
    let watch = Watch.current
    for (stage, connector) in connectors where connector.gradientNeedsFinish && !watch.isOver {
      connector.finishGradient(gradient, at: parameters, prepared: prepared[preparedRange(stage: stage, for: .training)])
      for range in connector.ranges where !allFinite(gradient[range]) { isFinite = false }
    }
    return isFinite
  }

  /// The weights of one stage, with its part of the prepared operators, a block's drive, and its random numbers for a tile whose first sample has the number `firstSample` in the batch.
  package func weights(stage: Int, _ weights: Weights, log: StepLog? = nil, drive: Block? = nil, draws: Draws? = nil, firstSample: Int = 0) -> Weights {
    var own = Weights(
      parameters: weights.parameters, prepared: weights.prepared.map { $0[preparedRange(stage: stage, for: weights.purpose)] }, purpose: weights.purpose,
      drive: drive, log: log.map { Unmanaged.passUnretained($0) } ?? weights.log)
    if let draws {
      own.draws = switch stages[stage] {
      case .block(let index): draws.tile(block: index, firstSample: firstSample)
      case .map(let connector): connector.drawsNumbers ? draws.tile(connector: stage, firstSample: firstSample) : LayerDraws()
      }
    }
    return own
  }
}

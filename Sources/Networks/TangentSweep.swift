import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The scratch of forward derivatives of one network: J·v by one pass with a tangent beside each state, in memory that does not grow with depth.
package final class TangentSweep {
  package let plan: NetworkPlan
  private let largestTile: Int
  private let arena: Arena
  private let prepared: Vector
  private let preparedDirection: Vector
  /// The extended parameters and direction; nil when the caller's serve.
  private let extended: (parameters: Vector, direction: Vector)?
  private let log = StepLog()
  private let inputs: Block
  private let inputTangents: Block
  private let states: Block
  private let tangents: Block
  private let record: Block
  private let scratch: Block
  private let scores: Block
  private let scoreTangents: Block
  private let sequences: SequenceScratch
  private let sequenceTangents: SequenceScratch
  /// A direction of zeros with its operators, where driven fields need one beside a direction in the features.
  private let nothing: Vector?

  /// - Throws: `.memory`.
  package init(_ plan: NetworkPlan) throws(Failure) {
    self.plan = plan
    largestTile = tileColumns(width: plan.width, precision: plan.precision)
    let rows = [
      plan.inputs, plan.inputs, 2 * plan.maximumStateWidth, 2 * plan.maximumStateWidth, plan.maximumRecordWidth, plan.maximumScratchWidth,
      plan.outputs, plan.outputs,
    ]
    let preparedCount = plan.preparedCount(for: .training)
    var size = Arena.Size()
    for _ in 0..<2 { size.add(count: preparedCount, precision: plan.precision) }
    if plan.isExtended { for _ in 0..<2 { size.add(count: plan.extendedCount, precision: plan.precision) } }
    for count in rows { size.add(rows: count, columns: largestTile, precision: plan.precision) }
    let sequenceRows = SequenceRows(plan)
    for _ in 0..<2 { sequenceRows.add(to: &size, columns: largestTile) }
    if plan.sequence != nil { size.add(count: plan.parameterCount, precision: plan.precision) }
    arena = try Arena(size)
    prepared = arena.vector(count: preparedCount, precision: plan.precision)
    preparedDirection = arena.vector(count: preparedCount, precision: plan.precision)
    if plan.isExtended {
      let parameters = arena.vector(count: plan.extendedCount, precision: plan.precision)
      extended = (parameters, arena.vector(count: plan.extendedCount, precision: plan.precision))
    } else {
      extended = nil
    }
    let blocks = rows.map { [arena, largestTile] in arena.block(rows: $0, columns: largestTile, precision: plan.precision) }
    (inputs, inputTangents, states, tangents) = (blocks[0], blocks[1], blocks[2], blocks[3])
    (record, scratch, scores, scoreTangents) = (blocks[4], blocks[5], blocks[6], blocks[7])
    sequences = SequenceScratch(arena, sequenceRows, columns: largestTile)
    sequenceTangents = SequenceScratch(arena, sequenceRows, columns: largestTile)
    nothing = plan.sequence == nil ? nil : arena.vector(count: plan.parameterCount, precision: plan.precision)
    if let nothing { fill(nothing, 0) }
  }

  package var byteCount: Int { arena.byteCount }

  /// Scores of `count` samples and their tangent J·v for a direction in the parameters, one in the features (`count` × inputs), or both; nil is zero.
  ///
  /// - Throws: what a step that can fail reports.
  package func pushforward(
    _ parameters: Vector, _ source: BatchSource, count: Int, direction: Vector?, featureDirection: TensorView?,
    scores scoresOut: MutableTensorView?, into tangentOut: MutableTensorView
  ) throws(Failure) {
    let direction = direction ?? (featureDirection == nil ? nil : nothing)
    if let extended {
      plan.extend(parameters, into: extended.parameters)
      if let direction { plan.extend(direction, into: extended.direction) }
    }
    let weights = Weights(parameters: extended?.parameters ?? parameters, prepared: prepared)
    let directions = direction.map { Weights(parameters: extended?.direction ?? $0, prepared: preparedDirection) }
    plan.prepare(weights.parameters, into: prepared, for: .training)
    if let directions { plan.prepareDirection(directions.parameters, into: preparedDirection, at: weights.parameters, prepared: prepared) }
    log.clear()
    let partition = TilePartition(count: count, largest: largestTile, accumulates: false)
    for tile in 0..<partition.tiles {
      let samples = partition.samples(of: tile)
      let columns = partition.columns(of: tile)
      log.samples = samples.count
      func shaped(_ block: Block, _ rows: Int? = nil) -> Block { Block(block.base, rows: rows ?? block.rows, columns: columns, precision: block.precision) }
      let (sequences, sequenceTangents) = (sequences.view(columns: columns), sequenceTangents.view(columns: columns))
      var visible: (state: Block, tangent: Block)?
      for (index, block) in plan.blocks.enumerated() {
        // The last block's result may lie in the same memory: take it along before the next begins.
        let half = block.stateWidth
        let states = shaped(states, 2 * half)
        let tangents = shaped(tangents, 2 * half)
        let first = (state: block.propagated(0, in: states), tangent: block.propagated(0, in: tangents))
        if let visible {
          if visible.state.base != first.state.base {
            copy(visible.state, into: block.visible(first.state))
            copy(visible.tangent, into: block.visible(first.tangent))
          }
        } else {
          plan.open(
            weights, source, start: samples.lowerBound, count: samples.count, inputTile: shaped(inputs), sequences: sequences, into: block.visible(first.state))
          if plan.sequence == nil {
            openTangent(weights, directions, source, featureDirection, samples, shaped(inputs), shaped(inputTangents), block.visible(first.tangent))
          } else {
            gatherTangent(source, featureDirection, samples, into: sequenceTangents.inputs)
            plan.openSequencesTangent(weights, directions, sequences, sequenceTangents, into: block.visible(first.tangent))
          }
        }
        block.start(first.state)
        block.start(first.tangent)
        let last = block.propagateTangent(
          plan.weights(index, weights, log: log, drive: sequences.drive(index)),
          direction: directions.map { plan.weights(index, $0, drive: sequenceTangents.drive(index)) }, states: states, tangents: tangents, record: shaped(record, block.recordWidth), scratch: shaped(scratch))
        visible = (block.visible(last.state), block.visible(last.tangent))
      }
      guard let visible else { preconditionFailure("network without blocks") }
      if let failure = log.failure { throw failure }
      plan.readOut(weights, visible.state, into: shaped(scores))
      readOutTangent(weights, directions, visible.state, visible.tangent, shaped(scoreTangents))
      if let scoresOut { scatter(shaped(scores), count: samples.count, to: scoresOut, startRow: samples.lowerBound) }
      scatter(shaped(scoreTangents), count: samples.count, to: tangentOut, startRow: samples.lowerBound)
    }
  }

  /// δ(W·x + b) = W·δx + δW·x + δb, or the padded δx.
  private func openTangent(
    _ weights: Weights, _ direction: Weights?, _ source: BatchSource, _ features: TensorView?, _ samples: Range<Int>, _ inputTile: Block,
    _ tangentTile: Block, _ out: Block
  ) {
    let inputTangent = plan.opening == nil ? out.rows(0..<plan.inputs) : tangentTile
    fill(out, 0)
    gatherTangent(source, features, samples, into: inputTangent)
    guard let opening = plan.opening else { return }
    plan.affineTangent(opening, weights, direction, at: inputTile, tangent: inputTangent, into: out)
  }

  /// The tangent of normalized features.
  private func gatherTangent(_ source: BatchSource, _ features: TensorView?, _ samples: Range<Int>, into tile: Block) {
    guard let features else { return fill(tile, 0) }
    gather(features, rows: nil, start: samples.lowerBound, count: samples.count, shift: nil, scale: source.normalization?.scale, into: tile)
  }

  private func readOutTangent(_ weights: Weights, _ direction: Weights?, _ visible: Block, _ tangent: Block, _ out: Block) {
    guard let readout = plan.readout else { return copy(tangent, into: out) }
    plan.affineTangent(readout, weights, direction, at: visible, tangent: tangent, into: out)
  }

}

extension NetworkPlan {
  /// The tangent of an affine map outside the blocks.
  func affineTangent(_ map: AffineMap, _ weights: Weights, _ direction: Weights?, at x: Block, tangent: Block, into out: Block) {
    affine(
      map.matrix(weights.parameters), bias: direction.map { map.bias($0.parameters) }, activation: .identity, of: tangent, scale: 1, addingTo: nil,
      into: out, slope: nil)
    guard let direction else { return }
    affine(map.matrix(direction.parameters), bias: nil, activation: .identity, of: x, scale: 1, addingTo: out, into: out, slope: nil)
  }
}

import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// Computes forward derivatives of one network: J·v in one pass that carries a tangent along with each state, in scratch memory that does not grow with depth.
package final class TangentSweep {
  package let plan: NetworkPlan
  private let largestTile: Int
  private let arena: Arena
  private let prepared: Vector
  private let preparedDirection: Vector
  /// The extended parameters and direction; nil if the caller's vectors need no extension.
  private let extended: (parameters: Vector, direction: Vector)?
  private let scratch: [TangentScratch]
  /// A direction of zeros in the parameters, with its operators, for driven fields that need one although only a direction in the features was given.
  private let nothing: Vector?

  /// - Parameter threads: the most threads that a pool may have.
  /// - Throws: `.memory`.
  package init(_ plan: NetworkPlan, threads: Int = 1) throws(Failure) {
    self.plan = plan
    largestTile = tileColumns(width: plan.width, precision: plan.precision)
    let preparedCount = plan.preparedCount(for: .training)
    var size = Arena.Size()
    for _ in 0..<2 { size.add(count: preparedCount, precision: plan.precision) }
    if plan.isExtended { for _ in 0..<2 { size.add(count: plan.extendedCount, precision: plan.precision) } }
    for _ in 0..<threads { TangentScratch.add(plan, columns: largestTile, to: &size) }
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
    scratch = (0..<threads).map { [arena, largestTile] _ in TangentScratch(plan, arena, columns: largestTile) }
    nothing = plan.sequence == nil ? nil : arena.vector(count: plan.parameterCount, precision: plan.precision)
    if let nothing { fill(nothing, 0) }
  }

  package var byteCount: Int { arena.byteCount }

  /// Computes the scores of `count` samples and their tangent J·v for a direction in the parameters, one in the features (`count` × inputs), or both; nil stands for zero.
  ///
  /// - Parameters:
  ///   - curvature: a loss whose second derivatives are then applied to the tangent: `tangentOut` gets ∇²ℓJ·v.
  ///   - draws: the random numbers of a training step, for blocks with noise; nil for evaluation.
  ///   - pool: at most as many threads as this sweep; nil for the calling thread alone. The bits are the same.
  /// - Throws: the failure of a step in one of the tiles.
  package func pushforward(
    _ parameters: Vector, _ source: BatchSource, count: Int, direction: Vector?, featureDirection: TensorView?, curvature: (any Loss)? = nil,
    draws: Draws? = nil, scores scoresOut: MutableTensorView?, into tangentOut: MutableTensorView, pool: WorkerPool? = nil
  ) throws(Failure) {
    precondition((pool?.threads ?? 1) <= scratch.count, "more threads than the sweep has scratch for")
    let direction = direction ?? (featureDirection == nil ? nil : nothing)
    if let extended {
      plan.extend(parameters, into: extended.parameters)
      if let direction { plan.extend(direction, into: extended.direction) }
    }
    let weights = Weights(parameters: extended?.parameters ?? parameters, prepared: prepared)
    let directions = direction.map { Weights(parameters: extended?.direction ?? $0, prepared: preparedDirection) }
    plan.prepare(weights.parameters, into: prepared, for: .training)
    if let directions { plan.prepareDirection(directions.parameters, into: preparedDirection, at: weights.parameters, prepared: prepared) }
    let watch = pool?.watch ?? .current
    for scratch in scratch {
      scratch.log.clear()
      scratch.log.watch = watch
    }
    defer { for scratch in scratch { scratch.log.watch = .none } }
    let partition = TilePartition(count: count, largest: largestTile, accumulates: false)
    func push(_ tile: Int, worker: Int) {
      let samples = partition.samples(of: tile)
      let scratch = scratch[worker].view(columns: partition.columns(of: tile))
      // Tiles are processed in order: no later tile can hold the first sample that fails.
      guard scratch.log.first == nil else { return }
      scratch.log.askNext()
      propagate(weights, directions, source, featureDirection, draws, samples, scratch)
      scratch.log.requireFinite(scratch.scores, within: plan.precision.largest, "scores")
      scratch.log.requireFinite(scratch.scoreTangents, within: plan.precision.largest, "tangents of the scores")
      if let scoresOut { scatter(scratch.scores, count: samples.count, to: scoresOut, startRow: samples.lowerBound) }
      curvature?.curvature(at: scratch.scores, of: scratch.scoreTangents, scratch: scratch.curvature)
      scatter(scratch.scoreTangents, count: samples.count, to: tangentOut, startRow: samples.lowerBound)
    }
    if let pool {
      try pool.run(partition.tiles) { tile, worker in push(tile, worker: worker) }
    } else {
      for tile in 0..<partition.tiles where !watch.isOver { push(tile, worker: 0) }
      try watch.check()
    }
    if let failure = scratch.reduce(nil, { SampleFailure.first($0, $1.log.first) }) { throw source.named(failure) }
  }

  /// One tile's scores and their tangents.
  private func propagate(
    _ weights: Weights, _ directions: Weights?, _ source: BatchSource, _ featureDirection: TensorView?, _ draws: Draws?, _ samples: Range<Int>,
    _ scratch: TangentScratch
  ) {
    scratch.log.samples = samples
    var visible: (state: Block, tangent: Block)?
    for (index, block) in plan.blocks.enumerated() {
      // The last block's result may lie in the same memory: it must be copied before the next block begins.
      let (states, tangents) = (scratch.states(block), scratch.tangents(block))
      let first = (state: block.propagated(0, in: states), tangent: block.propagated(0, in: tangents))
      if let visible {
        if visible.state.base != first.state.base {
          copy(visible.state, into: block.visible(first.state))
          copy(visible.tangent, into: block.visible(first.tangent))
        }
      } else {
        plan.open(
          weights, source, start: samples.lowerBound, count: samples.count, inputTile: scratch.inputs, sequences: scratch.sequences, into: block.visible(first.state))
        if plan.sequence == nil {
          openTangent(weights, directions, source, featureDirection, samples, scratch.inputs, scratch.inputTangents, block.visible(first.tangent))
        } else {
          gatherTangent(source, featureDirection, samples, into: scratch.sequenceTangents.inputs)
          plan.openSequencesTangent(weights, directions, scratch.sequences, scratch.sequenceTangents, into: block.visible(first.tangent))
        }
      }
      block.start(first.state)
      block.start(first.tangent)
      let last = block.propagateTangent(
        plan.weights(index, weights, log: scratch.log, drive: scratch.sequences.drive(index), draws: draws, firstSample: samples.lowerBound),
        direction: directions.map { plan.weights(index, $0, drive: scratch.sequenceTangents.drive(index)) }, states: states, tangents: tangents,
        record: scratch.record(block), scratch: scratch.scratch)
      visible = (block.visible(last.state), block.visible(last.tangent))
    }
    guard let visible else { preconditionFailure("network without blocks") }
    plan.readOut(weights, visible.state, into: scratch.scores)
    readOutTangent(weights, directions, visible.state, visible.tangent, scratch.scoreTangents)
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
    gather(features, rows: nil, start: samples.lowerBound, count: samples.count, scaling: source.normalization?.scaling.ofChanges, into: tile)
  }

  private func readOutTangent(_ weights: Weights, _ direction: Weights?, _ visible: Block, _ tangent: Block, _ out: Block) {
    guard let readout = plan.readout else { return copy(tangent, into: out) }
    plan.affineTangent(readout, weights, direction, at: visible, tangent: tangent, into: out)
  }

}

extension NetworkPlan {
  /// The tangent of an affine map outside the blocks.
  func affineTangent(_ map: AffineLayer, _ weights: Weights, _ direction: Weights?, at x: Block, tangent: Block, into out: Block) {
    affine(
      map.matrix(weights.parameters), bias: direction.map { map.bias($0.parameters) }, activation: .identity, of: tangent, scale: 1, addingTo: nil,
      into: out, slope: nil)
    guard let direction else { return }
    affine(map.matrix(direction.parameters), bias: nil, activation: .identity, of: x, scale: 1, addingTo: out, into: out, slope: nil)
  }
}

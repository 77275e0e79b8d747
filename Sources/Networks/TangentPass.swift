import Gradients
import Integrators
import LinearAlgebra
import VectorFields

/// The pass of one tile through a network with a tangent beside each state. No states are kept.
struct TangentPass: Passage {
  let plan: NetworkPlan
  let weights: Weights
  /// The direction in the parameters, with its operators; nil for zero.
  let direction: Weights?
  let scratch: TangentScratch
  let draws: Draws?

  typealias Carried = (state: Block, tangent: Block)

  /// Computes the scores and their tangents.
  ///
  /// - Parameter features: the direction in the caller's features, samples × inputs; nil for zero.
  func forward(_ source: BatchSource, _ features: TensorView?) {
    let (first, samples) = (input(of: 0), scratch.log.samples)
    plan.take(source, samples, into: first.state, sequences: scratch.sequences, room: scratch.imageRoom)
    plan.takeTangent(source, features, samples, into: first.tangent, sequences: scratch.sequences, tangents: scratch.sequenceTangents)
    let last = pass(plan, stages: 0..<plan.passedStages, from: first)
    // Where the readout reads the states of all steps, the last block has computed the scores.
    if plan.outputStates == nil { carry(last, to: (scratch.scores, scratch.scoreTangents)) }
  }

  func input(of stage: Int) -> Carried {
    guard stage < plan.stages.count else { return (scratch.scores, scratch.scoreTangents) }
    switch plan.stages[stage] {
    case .map:
      if stage == 0, plan.sequence != nil { return (scratch.sequences.first, scratch.sequenceTangents.first) }
      return (scratch.input(stage: stage), scratch.inputTangent(stage: stage))
    case .block(let index):
      let block = plan.blocks[index]
      let first = firstState(block, stage)
      return (block.visible(first.state), block.visible(first.tangent))
    }
  }

  private func firstState(_ block: ODEBlock, _ stage: Int) -> Carried {
    (block.propagated(0, in: scratch.states(stage: stage, block)), block.propagated(0, in: scratch.tangents(stage: stage, block)))
  }

  func carry(_ output: Carried, to input: Carried) {
    guard output.state.base != input.state.base else { return }
    copy(output.state, into: input.state)
    copy(output.tangent, into: input.tangent)
  }

  func pass(_ connector: Connector, stage: Int, from input: Carried, to output: Carried) {
    let weights = plan.weights(stage: stage, weights, draws: draws, firstSample: scratch.log.samples.lowerBound)
    let record = scratch.record(rows: connector.recordWidth)
    connector.evaluate(weights, at: input.state, into: output.state, record: record, scratch: scratch.scratch)
    // A connector may be as wide as a layer.
    if isOver { return }
    connector.pushforward(
      weights, direction: direction.map { plan.weights(stage: stage, $0) }, at: input.state, record: record, tangent: input.tangent, into: output.tangent,
      scratch: scratch.scratch)
  }

  var isOver: Bool { scratch.log.isOver }

  func pass(block index: Int, stage: Int) -> Carried {
    let block = plan.blocks[index]
    let first = firstState(block, stage)
    block.start(first.state)
    block.start(first.tangent)
    var own = plan.weights(
      stage: stage, weights, log: scratch.log, drive: scratch.sequences.drive(index), draws: draws, firstSample: scratch.log.samples.lowerBound)
    if let reader = scratch.reader, stage == plan.steppedStage {
      (reader.task, reader.scores, reader.tangents) = (.tangents, scratch.scores, scratch.scoreTangents)
      if let (stage, connector) = plan.stepReadout {
        reader.layer = connector.layer(plan.weights(stage: stage, weights))
        reader.direction = direction.map { connector.layer(plan.weights(stage: stage, $0)) }
      }
      own.reader = Unmanaged.passUnretained(reader)
    }
    let last = block.propagateTangent(
      own, direction: direction.map { plan.weights(stage: stage, $0, drive: scratch.sequenceTangents.drive(index)) },
      states: scratch.states(stage: stage, block), tangents: scratch.tangents(stage: stage, block), record: scratch.record(rows: block.recordWidth),
      scratch: scratch.scratch)
    return (block.visible(last.state), block.visible(last.tangent))
  }
}

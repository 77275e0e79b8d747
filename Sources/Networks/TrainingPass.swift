import Gradients
import Integrators
import LinearAlgebra
import VectorFields

/// The pass of one tile through a network for a loss or a gradient: forward, and back with cotangents. The tapes keep what the way back needs, as each block's memory policy says.
struct TrainingPass: Passage {
  let plan: NetworkPlan
  /// One policy per block.
  let memory: [any MemoryPolicy]
  let weights: Weights
  let tile: TileScratch
  /// It knows the samples of the tile.
  let log: StepLog
  let draws: Draws?
  /// Whether the way back will follow.
  let keeping: Bool

  /// Computes the scores. Gives the input of the readout.
  func forward(_ source: BatchSource) -> Block {
    let first = input(of: 0)
    plan.take(source, log.samples, into: first, sequences: tile.sequences, room: tile.imageRoom)
    let final = pass(plan, stages: 0..<plan.stagesBeforeReadout, from: first)
    // Where the readout reads the states of all steps, the last block has computed the scores.
    if plan.outputStates == nil { carry(pass(plan, stages: plan.stagesBeforeReadout..<plan.stages.count, from: final), to: tile.scores) }
    return final
  }

  /// Pulls the cotangent of the scores back through all stages, and adds to the gradient.
  ///
  /// - Parameter toFeatures: whether the cotangent of the features is wanted.
  /// - Returns: the cotangent of the normalized features, if it is wanted and the work need not end.
  func backward(gradient: Vector?, toFeatures: Bool) -> Block? {
    if toFeatures { tile.sequenceCotangents.clear() }
    var cotangent = tile.scoreCotangent
    for stage in (0..<plan.passedStages).reversed() {
      if isOver { return nil }
      switch plan.stages[stage] {
      case .map(let connector):
        let isWanted = stage > 0 || toFeatures
        var place: Block?
        if isWanted || !connector.givesGradientAlone {
          place = stage == 0 && toFeatures && plan.sequence != nil ? tile.sequenceCotangents.first : tile.cotangent(stage: stage)
        }
        connector.pullback(
          weights(of: stage), at: tile.connectorInput(stage: stage), record: tile.record(stage: stage), cotangent: cotangent, into: place, gradient: gradient,
          scratch: tile.returnScratch(stage: stage))
        guard isWanted, let place else { return nil }
        cotangent = place
      case .block(let index):
        let block = plan.blocks[index]
        let whole = tile.cotangent(stage: stage)
        let drive = toFeatures ? tile.sequenceCotangents.drive(index) : nil
        if stage == plan.steppedStage { fill(block.visible(whole), 0) } else { carry(cotangent, to: block.visible(whole)) }
        block.clearInvisible(whole)
        memory[index].adjoint(
          block, weights(of: stage, reading: .cotangents, gradient), tape: tile.tape(stage: stage), cotangent: whole, gradient: gradient.map { BlockGradient($0, drive: drive) },
          scratch: tile.returnScratch(stage: stage))
        block.startPullback(whole)
        cotangent = block.visible(whole)
      }
    }
    return toFeatures ? plan.takePullback(cotangent, sequences: tile.sequences, cotangents: tile.sequenceCotangents) : nil
  }

  /// - Parameters:
  ///   - task: what a readout of all steps does while the layers are passed, if this is the stage whose states it reads.
  ///   - gradient: where its gradient accumulates.
  private func weights(of stage: Int, reading task: StepReader.Task = .nothing, _ gradient: Vector? = nil) -> Weights {
    var drive: Block?
    if case .block(let index) = plan.stages[stage] { drive = tile.sequences.drive(index) }
    var own = plan.weights(stage: stage, weights, log: log, drive: drive, draws: draws, firstSample: log.samples.lowerBound)
    guard let reader = tile.reader, stage == plan.steppedStage else { return own }
    (reader.task, reader.scores) = (task, task == .cotangents ? tile.scoreCotangent : tile.scores)
    if let (stage, connector) = plan.stepReadout {
      reader.layer = connector.layer(plan.weights(stage: stage, weights))
      reader.gradient = gradient.map(connector.layer(ofGradient:))
    }
    own.reader = Unmanaged.passUnretained(reader)
    return own
  }

  private func firstState(_ index: Int, stage: Int) -> Block {
    let tape = tile.tape(stage: stage)
    return keeping ? memory[index].initialState(plan.blocks[index], tape: tape) : plan.blocks[index].propagated(0, in: tape)
  }

  // Passage

  var isOver: Bool { log.isOver }

  func input(of stage: Int) -> Block {
    guard stage < plan.stages.count else { return tile.scores }
    return switch plan.stages[stage] {
    case .map: stage == 0 && plan.sequence != nil ? tile.sequences.first : tile.input(stage: stage)
    case .block(let index): plan.blocks[index].visible(firstState(index, stage: stage))
    }
  }

  func pass(_ connector: Connector, stage: Int, from input: Block, to output: Block) {
    tile.keep(connectorInput: input, stage: stage)
    connector.evaluate(weights(of: stage), at: input, into: output, record: keeping ? tile.record(stage: stage) : nil, scratch: tile.scratch(stage: stage))
  }

  func pass(block index: Int, stage: Int) -> Block {
    let (block, weights, tape, scratch) = (plan.blocks[index], weights(of: stage, reading: .scores), tile.tape(stage: stage), tile.scratch(stage: stage))
    block.start(firstState(index, stage: stage))
    return block.visible(keeping ? memory[index].forward(block, weights, tape: tape, scratch: scratch) : block.propagate(weights, buffer: tape, scratch: scratch))
  }
}

import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// One worker's pass of tiles through a network for inference, with its scratch memory: the inputs of connectors, two states in each bank, the scores, and the scratch of the steps. No states are kept.
///
/// The pass is prepared for one set of weights, and then used for one tile after the other.
final class InferencePass: Passage {
  let plan: NetworkPlan
  let log = StepLog()
  private let weights: [Weights]
  private let inputs: [Block]
  private let banks: [Block]
  private let bankOfStage: [Int]
  private let scoreTile: Block
  private let scratchTile: Block
  /// The scores in the caller's units, float64; nil for losses that do not scale their targets.
  private let callersTile: Block?
  private let sequences: SequenceScratch
  private let hasDrives: Bool
  /// Reads the states of all steps; nil for outputs at the end.
  private let reader: StepReader?
  private let memory: FreshMemory
  /// The columns of the largest tile.
  let largestColumns: Int
  /// The columns of the present tile. Only the pass's worker changes them, between two tiles.
  @exclusivity(unchecked) private var columns: Int

  /// - Parameter takesSequences: false if the caller makes the drives of the blocks, and the first stage's input, itself.
  static func add(_ plan: NetworkPlan, _ columns: Int, takesSequences: Bool = true, to size: inout Arena.Size) {
    let rows = PassageRows(plan)
    for rows in rows.inputs + rows.banks + [plan.scoreCount, plan.maximumScratchWidth] { size.add(rows: rows, columns: columns, precision: plan.precision) }
    if plan.loss.targetScale != nil { size.add(rows: plan.scoreCount, columns: columns, precision: .float64) }
    SequenceRows(plan, isNeeded: takesSequences).add(to: &size, columns: columns)
  }

  /// - Parameters:
  ///   - weights: prepared for inference (`ParameterSnapshot.inferenceWeights`).
  ///   - columns: those of the largest tile.
  ///   - arena: with room for what `add` counts.
  init(_ plan: NetworkPlan, _ weights: Weights, _ columns: Int, _ arena: Arena, takesSequences: Bool = true) {
    self.plan = plan
    self.weights = plan.stages.indices.map { [log] stage in plan.weights(stage: stage, weights, log: log) }
    let (rows, mark) = (PassageRows(plan), arena.mark)
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: columns, precision: plan.precision) }
    inputs = rows.inputs.map(block)
    scoreTile = block(plan.scoreCount)
    scratchTile = block(plan.maximumScratchWidth)
    callersTile = plan.loss.targetScale != nil ? arena.block(rows: plan.scoreCount, columns: columns, precision: .float64) : nil
    banks = rows.banks.map(block)
    bankOfStage = plan.stages.indices.map(plan.bank(ofInput:))
    sequences = SequenceScratch(arena, SequenceRows(plan, isNeeded: takesSequences), columns: columns)
    hasDrives = takesSequences && plan.sequence != nil
    reader = plan.stepReader(scores: scoreTile)
    if let reader {
      reader.task = .scores
      if let (stage, connector) = plan.stepReadout { reader.layer = connector.layer(plan.weights(stage: stage, weights)) }
    }
    memory = FreshMemory(arena, since: mark)
    largestColumns = columns
    self.columns = columns
  }

  /// Prepares for a tile of the given samples and columns.
  func begin(_ samples: Range<Int>, _ columns: Int) {
    self.columns = columns
    if hasDrives { sequences.columns = columns }
    log.samples = samples
    memory.provide(log.watch)
  }

  var scores: Block { scoreTile.packed(columns: columns) }
  var scratch: Block { scratchTile.packed(columns: columns) }
  /// The place of the scores of one step, or of the end.
  var stepScores: Block { scores.rows(0..<plan.outputs) }
  /// The present tile's scores in the caller's units: the scores themselves unless the targets are scaled.
  /// - Parameter scores: all scores, or `stepScores`.
  func inCallersUnits(_ scores: Block, _ scaling: TargetScaling?) -> Block {
    guard let scaling, let callers = callersTile?.packed(columns: columns).rows(0..<scores.rows) else { return scores }
    let turned = MutableTensorView(callers.base, type: .float64, rows: columns, columns: callers.rows, rowStride: 1, columnStride: callers.stride)
    scatter(scores, count: columns, to: turned, startRow: 0)
    scaling.scaleBack(turned)
    return callers
  }

  /// The two states of a stage's block, which layers read and write in turn.
  func states(stage: Int, _ block: ODEBlock) -> Block { banks[bankOfStage[stage]].packed(rows: block.propagationRows, columns: columns) }
  /// The weights of a stage for the present tile.
  func weights(stage: Int) -> Weights {
    guard hasDrives, case .block(let index) = plan.stages[stage] else { return weights[stage] }
    var own = weights[stage]
    own.drive = sequences.drive(index)
    return own
  }

  /// Passes a tile through all stages. Gives the scores.
  func scores(_ source: BatchSource, _ samples: Range<Int>, columns: Int) -> Block {
    begin(samples, columns)
    let first = input(of: 0)
    plan.take(source, samples, into: first, sequences: sequences)
    let last = pass(plan, stages: 0..<plan.passedStages, from: first)
    let scores = scores
    // Where the readout reads the states of all steps, the last block has computed the scores.
    if reader == nil { carry(last, to: scores) }
    return scores
  }

  /// Passes a tile through the stages before `stage`, which is a block. Gives the block's first state.
  func firstState(ofStage stage: Int, _ source: BatchSource, _ samples: Range<Int>, columns: Int) -> Block {
    begin(samples, columns)
    let first = input(of: 0)
    plan.take(source, samples, into: first, sequences: sequences)
    carry(pass(plan, stages: 0..<stage, from: first), to: input(of: stage))
    guard case .block(let index) = plan.stages[stage] else { preconditionFailure("stage \(stage) is not a block") }
    let state = firstState(of: stage)
    plan.blocks[index].start(state)
    return state
  }

  /// Gathers given first states of a stage's block, samples × state width.
  func firstState(ofStage stage: Int, given states: TensorView, _ samples: Range<Int>, columns: Int) -> Block {
    begin(samples, columns)
    let state = firstState(of: stage)
    gather(states, rows: nil, start: samples.lowerBound, count: samples.count, into: state)
    return state
  }

  /// The place of the first state of a stage's block.
  private func firstState(of stage: Int) -> Block {
    guard case .block(let index) = plan.stages[stage] else { preconditionFailure("stage \(stage) is not a block") }
    let block = plan.blocks[index]
    return block.propagated(0, in: states(stage: stage, block))
  }

  // Passage

  func input(of stage: Int) -> Block {
    guard stage < plan.stages.count else { return scores }
    switch plan.stages[stage] {
    case .map: return stage == 0 && hasDrives ? sequences.first : inputs[stage].packed(columns: columns)
    case .block(let index):
      let block = plan.blocks[index]
      return block.visible(block.propagated(0, in: states(stage: stage, block)))
    }
  }

  func pass(_ connector: Connector, stage: Int, from input: Block, to output: Block) {
    connector.evaluate(weights[stage], at: input, into: output, scratch: scratch)
  }

  var isOver: Bool { log.isOver }

  func pass(block index: Int, stage: Int) -> Block {
    let block = plan.blocks[index]
    let states = states(stage: stage, block)
    block.start(block.propagated(0, in: states))
    var weights = weights(stage: stage)
    if let reader, stage == plan.steppedStage {
      reader.scores = scores
      weights.reader = Unmanaged.passUnretained(reader)
    }
    return block.visible(block.propagate(weights, buffer: states, scratch: scratch))
  }
}

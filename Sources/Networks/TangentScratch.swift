import Gradients
import Integrators
import LinearAlgebra

/// One worker's scratch memory for one tile of forward derivatives.
final class TangentScratch {
  let log = StepLog()
  private let inputs: [(value: Block, tangent: Block)]
  private let banks: [(states: Block, tangents: Block)]
  private let bankOfStage: [Int]
  private let whole: (record: Block, scratch: Block, scores: Block, scoreTangents: Block, curvature: Block)
  let sequences: SequenceScratch
  let sequenceTangents: SequenceScratch
  /// Room for one image; nil if none are changed.
  let imageRoom: Vector?
  /// Reads the states of all steps; nil for outputs at the end.
  let reader: StepReader?
  let memory: FreshMemory
  /// The columns of the present tile: at most those of the memory.
  @exclusivity(unchecked) var columns: Int {
    didSet { (sequences.columns, sequenceTangents.columns) = (columns, columns) }
  }

  static func add(_ plan: NetworkPlan, columns: Int, to size: inout Arena.Size) {
    let rows = PassageRows(plan)
    let pairs = rows.inputs + rows.banks
    for rows in pairs + pairs + [plan.maximumRecordWidth, plan.maximumScratchWidth, plan.scoreCount, plan.scoreCount, plan.outputs + 1] {
      size.add(rows: rows, columns: columns, precision: plan.precision)
    }
    for _ in 0..<2 { SequenceRows(plan).add(to: &size, columns: columns) }
    if plan.inputShape.isImage { size.add(count: plan.inputs, precision: plan.precision) }
  }

  init(_ plan: NetworkPlan, _ arena: Arena, columns: Int) {
    let (rows, mark) = (PassageRows(plan), arena.mark)
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: columns, precision: plan.precision) }
    inputs = rows.inputs.map { (block($0), block($0)) }
    banks = rows.banks.map { (block($0), block($0)) }
    bankOfStage = plan.stages.indices.map(plan.bank(ofInput:))
    whole = (block(plan.maximumRecordWidth), block(plan.maximumScratchWidth), block(plan.scoreCount), block(plan.scoreCount), block(plan.outputs + 1))
    sequences = SequenceScratch(arena, SequenceRows(plan), columns: columns)
    sequenceTangents = SequenceScratch(arena, SequenceRows(plan), columns: columns)
    imageRoom = plan.inputShape.isImage ? arena.vector(count: plan.inputs, precision: plan.precision) : nil
    reader = plan.stepReader(scores: whole.scores, tangents: whole.scoreTangents)
    memory = FreshMemory(arena, since: mark)
    self.columns = columns
  }

  func input(stage: Int) -> Block { inputs[stage].value.packed(columns: columns) }
  func inputTangent(stage: Int) -> Block { inputs[stage].tangent.packed(columns: columns) }
  /// Two states of a stage's block, used alternately while it is propagated.
  func states(stage: Int, _ block: ODEBlock) -> Block { banks[bankOfStage[stage]].states.packed(rows: block.propagationRows, columns: columns) }
  func tangents(stage: Int, _ block: ODEBlock) -> Block { banks[bankOfStage[stage]].tangents.packed(rows: block.propagationRows, columns: columns) }
  func record(rows: Int) -> Block { whole.record.packed(rows: rows, columns: columns) }
  var scratch: Block { whole.scratch.packed(columns: columns) }
  var scores: Block { whole.scores.packed(columns: columns) }
  var scoreTangents: Block { whole.scoreTangents.packed(columns: columns) }
  /// One row more than the scores have, for the loss's second derivatives.
  var curvature: Block { whole.curvature.packed(columns: columns) }
}

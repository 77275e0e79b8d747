import Gradients
import LinearAlgebra

/// One worker's scratch memory for one tile.
final class TileScratch {
  private let whole: (scores: Block, scoreCotangent: Block, targets: Block, stages: Block)
  private let stages: [StageRows]
  private var connectorInputs: [Block]
  private let labels: UnsafeMutablePointer<Int32>
  private let weights: Vector
  /// Reads the states of all steps; nil for outputs at the end.
  let reader: StepReader?
  /// Room for one image; nil if none are changed.
  let imageRoom: Vector?
  /// The tile's sequences and the drives computed from them, and their cotangents.
  let sequences: SequenceScratch
  let sequenceCotangents: SequenceScratch
  let memory: FreshMemory
  /// The columns of the present tile: at most those of the memory.
  @exclusivity(unchecked) var columns: Int {
    didSet { (sequences.columns, sequenceCotangents.columns) = (columns, columns) }
  }

  init(_ plan: NetworkPlan, _ arena: Arena, _ rows: TileRows, columns: Int) {
    let precision = rows.precision
    let mark = arena.mark
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: columns, precision: precision) }
    whole = (block(rows.outputs), block(rows.outputs), block(rows.targets), block(rows.all))
    stages = rows.stages
    connectorInputs = stages.map { [whole] in whole.stages.rows($0.input) }
    labels = arena.vector(count: columns * rows.labels, precision: .float32).base.bindMemory(to: Int32.self, capacity: columns * rows.labels)
    weights = arena.vector(count: columns * rows.weights, precision: .float64)
    reader = plan.stepReader(scores: whole.scores)
    imageRoom = rows.image > 0 ? arena.vector(count: rows.image, precision: precision) : nil
    sequences = SequenceScratch(arena, rows.sequences, columns: columns)
    sequenceCotangents = SequenceScratch(arena, rows.sequenceCotangents, columns: columns)
    memory = FreshMemory(arena, since: mark)
    self.columns = columns
  }

  /// Keeps where a connector's input lies until the way back.
  func keep(connectorInput input: Block, stage: Int) { connectorInputs[stage] = input }
  func connectorInput(stage: Int) -> Block { connectorInputs[stage] }

  /// The input of a stage that is a connector and reads neither a block's last state nor sequences.
  func input(stage: Int) -> Block { rows(stages[stage].input) }
  /// The record of a stage that is a connector.
  func record(stage: Int) -> Block { rows(stages[stage].record) }
  /// The tape of a stage that is a block.
  func tape(stage: Int) -> Block { rows(stages[stage].tape) }
  /// The scratch memory of a stage on the way forward, and on the way back.
  func scratch(stage: Int) -> Block { rows(stages[stage].scratch) }
  func returnScratch(stage: Int) -> Block { rows(stages[stage].returnScratch) }
  /// The cotangent of a stage's input: of a block's state, with all its rows.
  func cotangent(stage: Int) -> Block { rows(stages[stage].cotangent) }
  private func rows(_ range: Range<Int>) -> Block { whole.stages.rows(range).packed(columns: columns) }
  var scores: Block { whole.scores.packed(columns: columns) }
  var scoreCotangent: Block { whole.scoreCotangent.packed(columns: columns) }

  /// The targets of the tile's samples, with their weights.
  /// - Parameters:
  ///   - countsSteps: whether weights are those of steps, where there are targets at each.
  ///   - labeled: increased by the number of labels that are observed.
  func load(
    _ source: Targets, _ weighting: LossWeighting = LossWeighting(), rows: UnsafePointer<Int64>?, start: Int, count: Int, countsSteps: Bool, labeled: inout Int
  ) -> TileTargets {
    let values = whole.targets.packed(columns: columns)
    switch source {
    case .labels(let all, nil):
      gatherLabels(all, rows: rows, start: start, count: count, into: labels)
      labeled += count
    case .labels(let all, let steps?): labeled += gatherStepLabels(all, steps: steps.count, rows: rows, start: start, count: count, columns: columns, into: labels)
    case .values(let all, let scaling, _): gather(all, rows: rows, start: start, count: count, scaling: scaling, into: values)
    }
    guard weighting.isWeighted else { return TileTargets(labels: labels, values: values, smoothing: weighting.smoothing, firstSample: start) }
    let steps = countsSteps ? source.steps?.count ?? 1 : 1
    for step in 0..<steps {
      gatherWeights(
        samples: weighting.samples, classes: source.steps == nil || countsSteps ? weighting.classes : nil, labels: labels + (weighting.classes == nil ? 0 : step * columns), rows: rows, start: start, count: count,
        unit: weighting.unit, into: weights[step * columns..<(step + 1) * columns])
    }
    return TileTargets(labels: labels, values: values, weights: weights, smoothing: weighting.smoothing, firstSample: start)
  }
}

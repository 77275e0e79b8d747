import Gradients
import LinearAlgebra
import VectorFields

/// The rows of a tile's memory that belong to one stage.
///
/// A tile passes its stages in order, and back. So the memory that a pass keeps lies stage behind stage, and the scratch memory of a stage begins behind it: where later stages have theirs, which on the way forward do not hold anything
/// yet, and on the way back nothing any more.
struct StageRows {
  /// The input, if the stage is a connector that reads neither a block's last state nor sequences.
  let input: Range<Int>
  /// The record of a connector.
  let record: Range<Int>
  /// The tape of a block.
  let tape: Range<Int>
  let scratch: Range<Int>
}

/// The number of rows in each block of memory that a tile needs.
struct TileRows {
  let outputs: Int
  let targets: Int
  /// Those of each block.
  let tapes: [Int]
  let stages: [StageRows]
  /// The rows of all stages' memory.
  let all: Int
  /// The rows of the two memories in which the cotangents of inputs and outputs take turns.
  let cotangents: [Int]
  let precision: Precision
  let sequences: SequenceRows
  /// The numbers of one image, if images may be changed.
  let image: Int
  /// The rows for cotangents of the sequences, if these are wanted.
  let sequenceCotangents: SequenceRows

  /// - Parameters:
  ///   - tapes: the rows of each block's tape; nil without tapes.
  ///   - features: whether cotangents of features will be computed.
  init(_ plan: NetworkPlan, tapes: [Int]?, features: Bool) {
    outputs = plan.outputs
    targets = plan.targetCount
    let tapeRows = zip(plan.blocks, tapes ?? plan.blocks.map { _ in 0 }).map { max($0.propagationRows, $1) }
    self.tapes = tapeRows
    var cotangents = [0, 0]
    var end = 0
    // Parts of a line of memory are not shared, also where a tile has one column.
    func next(_ rows: Int) -> Range<Int> {
      let range = end..<end + rows
      end += (rows + Block.quantum - 1) / Block.quantum * Block.quantum
      return range
    }
    let inputs = PassageRows(plan).inputs
    let kept = plan.stages.enumerated().map { (number, stage) -> (input: Range<Int>, record: Range<Int>, tape: Range<Int>, end: Int, scratch: Int) in
      let bank = plan.bank(ofInput: number)
      switch stage {
      case .map(let connector):
        if number > 0 || features && plan.sequence == nil { cotangents[bank] = max(cotangents[bank], connector.input.features) }
        let (input, record) = (next(inputs[number]), next(tapes == nil ? 0 : connector.recordWidth))
        return (input, record, end..<end, end, connector.scratchWidth)
      case .block(let index):
        cotangents[bank] = max(cotangents[bank], plan.blocks[index].stateWidth)
        return (end..<end, end..<end, next(tapeRows[index]), end, plan.blocks[index].scratchWidth)
      }
    }
    stages = plan.stages.enumerated().map { (number, stage) in
      let own = kept[number]
      // A connector writes its output into the memory of the next stage.
      var start = own.end
      if case .map = stage { start = kept[min(number + 1, kept.count - 1)].end }
      return StageRows(input: own.input, record: own.record, tape: own.tape, scratch: start..<start + own.scratch)
    }
    all = stages.reduce(end) { max($0, $1.scratch.upperBound) }
    self.cotangents = tapes == nil ? [0, 0] : cotangents
    precision = plan.precision
    image = tapes != nil && plan.inputShape.isImage ? plan.inputs : 0
    sequences = SequenceRows(plan)
    sequenceCotangents = SequenceRows(plan, isNeeded: tapes != nil && features)
  }

  func add(to size: inout Arena.Size, columns: Int, times: Int = 1) {
    var one = Arena.Size()
    for rows in [outputs, outputs, targets, all] + cotangents { one.add(rows: rows, columns: columns, precision: precision) }
    one.add(count: columns, precision: .float32)
    one.add(count: columns, precision: .float64)
    if image > 0 { one.add(count: image, precision: precision) }
    sequences.add(to: &one, columns: columns)
    sequenceCotangents.add(to: &one, columns: columns)
    size.add(one, times: times)
  }
}

/// One worker's scratch memory for one tile.
final class TileScratch {
  private let whole: (scores: Block, scoreCotangent: Block, targets: Block, stages: Block)
  private let cotangents: [Block]
  private let stages: [StageRows]
  private var connectorInputs: [Block]
  private let labels: UnsafeMutablePointer<Int32>
  private let weights: Vector
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

  init(_ arena: Arena, _ rows: TileRows, columns: Int) {
    let precision = rows.precision
    let mark = arena.mark
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: columns, precision: precision) }
    whole = (block(rows.outputs), block(rows.outputs), block(rows.targets), block(rows.all))
    cotangents = rows.cotangents.map(block)
    stages = rows.stages
    connectorInputs = stages.map { [whole] in whole.stages.rows($0.input) }
    labels = arena.vector(count: columns, precision: .float32).base.bindMemory(to: Int32.self, capacity: columns)
    weights = arena.vector(count: columns, precision: .float64)
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
  func scratch(stage: Int) -> Block { rows(stages[stage].scratch) }
  private func rows(_ range: Range<Int>) -> Block { whole.stages.rows(range).packed(columns: columns) }
  var scores: Block { whole.scores.packed(columns: columns) }
  var scoreCotangent: Block { whole.scoreCotangent.packed(columns: columns) }
  /// The first `rows` rows of one of the two memories for cotangents.
  func cotangent(bank: Int, rows: Int) -> Block { cotangents[bank].packed(rows: rows, columns: columns) }

  /// The targets of the tile's samples, with their weights.
  func load(_ source: Targets, _ weighting: LossWeighting = LossWeighting(), rows: UnsafePointer<Int64>?, start: Int, count: Int) -> TileTargets {
    let values = whole.targets.packed(columns: columns)
    switch source {
    case .labels(let all): gatherLabels(all, rows: rows, start: start, count: count, into: labels)
    case .values(let all): gather(all, rows: rows, start: start, count: count, into: values)
    }
    guard weighting.isWeighted else { return TileTargets(labels: labels, values: values, smoothing: weighting.smoothing, firstSample: start) }
    gatherWeights(samples: weighting.samples, classes: weighting.classes, labels: labels, rows: rows, start: start, count: count, into: weights)
    return TileTargets(labels: labels, values: values, weights: weights, smoothing: weighting.smoothing, firstSample: start)
  }
}

import Gradients
import LinearAlgebra
import VectorFields

/// The number of rows in each block of scratch memory that a tile needs.
struct TileRows {
  let outputs: Int
  let tapes: [Int]
  /// For each stage: the rows of its input, if it is a connector that reads neither a block's last state nor sequences.
  let inputs: [Int]
  /// For each stage: the rows of its record.
  let records: [Int]
  /// The rows of the two memories in which the cotangents of inputs and outputs take turns.
  let cotangents: [Int]
  let scratch: Int
  let precision: Precision
  let sequences: SequenceRows
  /// The rows for cotangents of the sequences, if these are wanted.
  let sequenceCotangents: SequenceRows

  /// - Parameters:
  ///   - tapes: the rows of each block's tape; nil without tapes.
  ///   - features: whether cotangents of features will be computed.
  init(_ plan: NetworkPlan, tapes: [Int]?, features: Bool) {
    outputs = plan.outputs
    self.tapes = zip(plan.blocks, tapes ?? plan.blocks.map { _ in 0 }).map { max($0.propagationRows, $1) }
    var (records, cotangents) = ([Int](), [0, 0])
    for (number, stage) in plan.stages.enumerated() {
      let bank = plan.bank(ofInput: number)
      switch stage {
      case .map(let connector):
        records.append(connector.recordWidth)
        if number > 0 || features && plan.sequence == nil { cotangents[bank] = max(cotangents[bank], connector.input.features) }
      case .block(let index):
        records.append(0)
        cotangents[bank] = max(cotangents[bank], plan.blocks[index].stateWidth)
      }
    }
    inputs = PassageRows(plan).inputs
    self.records = tapes == nil ? records.map { _ in 0 } : records
    self.cotangents = tapes == nil ? [0, 0] : cotangents
    scratch = plan.maximumScratchWidth
    precision = plan.precision
    sequences = SequenceRows(plan, isTraining: tapes != nil)
    sequenceCotangents = SequenceRows(plan, isNeeded: tapes != nil && features)
  }

  private var all: [Int] { [outputs, outputs, outputs, scratch] + cotangents + inputs + records + tapes }

  func add(to size: inout Arena.Size, columns: Int, times: Int = 1) {
    var one = Arena.Size()
    for rows in all { one.add(rows: rows, columns: columns, precision: precision) }
    one.add(count: columns, precision: .float32)
    one.add(count: columns, precision: .float64)
    sequences.add(to: &one, columns: columns)
    sequenceCotangents.add(to: &one, columns: columns)
    size.add(one, times: times)
  }
}

/// One worker's scratch memory for one tile.
final class TileScratch {
  private let whole: (scores: Block, scoreCotangent: Block, targets: Block, scratch: Block)
  private let cotangents: [Block]
  private let inputs: [Block]
  private var connectorInputs: [Block]
  private let records: [Block]
  private let tapes: [Block]
  private let labels: UnsafeMutablePointer<Int32>
  private let weights: Vector
  /// The tile's sequences and the drives computed from them, and their cotangents.
  let sequences: SequenceScratch
  let sequenceCotangents: SequenceScratch
  /// The columns of the present tile: at most those of the memory.
  @exclusivity(unchecked) var columns: Int {
    didSet { (sequences.columns, sequenceCotangents.columns) = (columns, columns) }
  }

  init(_ arena: Arena, _ rows: TileRows, columns: Int) {
    let precision = rows.precision
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: columns, precision: precision) }
    whole = (block(rows.outputs), block(rows.outputs), block(rows.outputs), block(rows.scratch))
    cotangents = rows.cotangents.map(block)
    inputs = rows.inputs.map(block)
    connectorInputs = inputs
    records = rows.records.map(block)
    tapes = rows.tapes.map(block)
    labels = arena.vector(count: columns, precision: .float32).base.bindMemory(to: Int32.self, capacity: columns)
    weights = arena.vector(count: columns, precision: .float64)
    sequences = SequenceScratch(arena, rows.sequences, columns: columns)
    sequenceCotangents = SequenceScratch(arena, rows.sequenceCotangents, columns: columns)
    self.columns = columns
  }

  /// Keeps where a connector's input lies until the way back.
  func keep(connectorInput input: Block, stage: Int) { connectorInputs[stage] = input }
  func connectorInput(stage: Int) -> Block { connectorInputs[stage] }

  /// The input of a stage that is a connector and reads neither a block's last state nor sequences.
  func input(stage: Int) -> Block { inputs[stage].packed(columns: columns) }
  /// The record of a stage that is a connector.
  func record(stage: Int) -> Block { records[stage].packed(columns: columns) }
  func tape(_ index: Int) -> Block { tapes[index].packed(columns: columns) }
  var scores: Block { whole.scores.packed(columns: columns) }
  var scoreCotangent: Block { whole.scoreCotangent.packed(columns: columns) }
  /// The first `rows` rows of one of the two memories for cotangents.
  func cotangent(bank: Int, rows: Int) -> Block { cotangents[bank].packed(rows: rows, columns: columns) }
  var scratch: Block { whole.scratch.packed(columns: columns) }

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

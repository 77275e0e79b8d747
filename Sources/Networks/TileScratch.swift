import Gradients
import LinearAlgebra
import VectorFields

/// The number of rows in each block of scratch memory that a tile needs.
struct TileRows {
  let inputs: Int
  let outputs: Int
  let tapes: [Int]
  let cotangent: Int
  let scratch: Int
  let precision: Precision
  let sequences: SequenceRows
  /// The rows for cotangents of the sequences, if these are wanted.
  let sequenceCotangents: SequenceRows

  /// - Parameters:
  ///   - tapes: the rows of each block's tape; nil without tapes.
  ///   - features: whether cotangents of features will be computed.
  init(_ plan: NetworkPlan, tapes: [Int]?, features: Bool) {
    inputs = plan.opening == nil || plan.sequence != nil ? 0 : plan.inputs
    sequences = SequenceRows(plan)
    sequenceCotangents = SequenceRows(plan, isNeeded: tapes != nil && features)
    outputs = plan.outputs
    self.tapes = zip(plan.blocks, tapes ?? plan.blocks.map { _ in 0 }).map { max($0.propagationRows, $1) }
    cotangent = tapes == nil ? 0 : plan.maximumStateWidth
    scratch = plan.maximumScratchWidth
    precision = plan.precision
  }

  private var all: [Int] { [inputs, outputs, outputs, outputs, cotangent, scratch] + tapes }

  func add(to size: inout Arena.Size, columns: Int) {
    for rows in all { size.add(rows: rows, columns: columns, precision: precision) }
    size.add(count: columns, precision: .float32)
    size.add(count: columns, precision: .float64)
    sequences.add(to: &size, columns: columns)
    sequenceCotangents.add(to: &size, columns: columns)
  }
}

/// One worker's scratch memory for one tile. `view` gives the same memory for a narrower tile.
struct TileScratch {
  private let whole: (inputs: Block, scores: Block, scoreCotangent: Block, targets: Block, cotangent: Block, scratch: Block)
  private let tapes: [Block]
  private let labels: UnsafeMutablePointer<Int32>
  private let weights: Vector
  /// The tile's sequences and the drives computed from them, and their cotangents.
  private(set) var sequences: SequenceScratch
  private(set) var sequenceCotangents: SequenceScratch
  private var columns: Int

  init(_ arena: Arena, _ rows: TileRows, columns: Int) {
    let precision = rows.precision
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: columns, precision: precision) }
    whole = (block(rows.inputs), block(rows.outputs), block(rows.outputs), block(rows.outputs), block(rows.cotangent), block(rows.scratch))
    tapes = rows.tapes.map(block)
    labels = arena.vector(count: columns, precision: .float32).base.bindMemory(to: Int32.self, capacity: columns)
    weights = arena.vector(count: columns, precision: .float64)
    sequences = SequenceScratch(arena, rows.sequences, columns: columns)
    sequenceCotangents = SequenceScratch(arena, rows.sequenceCotangents, columns: columns)
    self.columns = columns
  }

  func view(columns: Int) -> TileScratch {
    var view = self
    view.columns = columns
    view.sequences = sequences.view(columns: columns)
    view.sequenceCotangents = sequenceCotangents.view(columns: columns)
    return view
  }

  /// The opened samples, inputs × samples; no rows without the opening `dense`.
  var inputs: Block { whole.inputs.packed(columns: columns) }
  var scores: Block { whole.scores.packed(columns: columns) }
  var scoreCotangent: Block { whole.scoreCotangent.packed(columns: columns) }
  /// The cotangent of the state, pulled back in place.
  var cotangent: Block { whole.cotangent.packed(columns: columns) }
  var scratch: Block { whole.scratch.packed(columns: columns) }
  func tape(_ index: Int) -> Block { tapes[index].packed(columns: columns) }

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

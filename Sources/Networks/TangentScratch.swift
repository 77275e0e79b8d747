import Gradients
import Integrators
import LinearAlgebra

/// One worker's scratch memory for one tile of forward derivatives. `view` gives the same memory for a narrower tile.
struct TangentScratch {
  private let whole: [Block]
  let log = StepLog()
  private(set) var sequences: SequenceScratch
  private(set) var sequenceTangents: SequenceScratch
  private var columns: Int

  /// The rows of each block of memory, in the order of the properties below.
  private static func rows(_ plan: NetworkPlan) -> [Int] {
    [
      plan.inputs, plan.inputs, 2 * plan.maximumStateWidth, 2 * plan.maximumStateWidth, plan.maximumRecordWidth, plan.maximumScratchWidth,
      plan.outputs, plan.outputs, plan.outputs + 1,
    ]
  }

  static func add(_ plan: NetworkPlan, columns: Int, to size: inout Arena.Size) {
    for count in rows(plan) { size.add(rows: count, columns: columns, precision: plan.precision) }
    for _ in 0..<2 { SequenceRows(plan).add(to: &size, columns: columns) }
  }

  init(_ plan: NetworkPlan, _ arena: Arena, columns: Int) {
    whole = Self.rows(plan).map { arena.block(rows: $0, columns: columns, precision: plan.precision) }
    sequences = SequenceScratch(arena, SequenceRows(plan), columns: columns)
    sequenceTangents = SequenceScratch(arena, SequenceRows(plan), columns: columns)
    self.columns = columns
  }

  func view(columns: Int) -> TangentScratch {
    var view = self
    view.columns = columns
    view.sequences = sequences.view(columns: columns)
    view.sequenceTangents = sequenceTangents.view(columns: columns)
    return view
  }

  var inputs: Block { shaped(0) }
  var inputTangents: Block { shaped(1) }
  /// Two states of a block, used alternately while it is propagated.
  func states(_ block: ODEBlock) -> Block { shaped(2, rows: 2 * block.stateWidth) }
  func tangents(_ block: ODEBlock) -> Block { shaped(3, rows: 2 * block.stateWidth) }
  func record(_ block: ODEBlock) -> Block { shaped(4, rows: block.recordWidth) }
  var scratch: Block { shaped(5) }
  var scores: Block { shaped(6) }
  var scoreTangents: Block { shaped(7) }
  /// One row more than the scores have, for the loss's second derivatives.
  var curvature: Block { shaped(8) }

  private func shaped(_ index: Int, rows: Int? = nil) -> Block { whole[index].packed(rows: rows, columns: columns) }
}

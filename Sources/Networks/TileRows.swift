import Gradients
import LinearAlgebra

/// The rows of a tile's memory that belong to one stage.
struct StageRows {
  /// The input, if the stage is a connector that reads neither a block's last state nor sequences.
  let input: Range<Int>
  /// The record of a connector.
  let record: Range<Int>
  /// The tape of a block.
  let tape: Range<Int>
  /// The scratch memory on the way forward, and on the way back.
  let scratch: Range<Int>
  let returnScratch: Range<Int>
  /// The cotangent of the input. A block has that of its state here, and the connector behind the block that of the block's result.
  let cotangent: Range<Int>
}

/// The number of rows in each block of memory that a tile needs.
///
/// A tile passes its stages in order, and back. The memory that a pass keeps lies stage behind stage:
///
///     kept: stage 0 | stage 1 | stage 2 | …      forward: kept 0 | kept 1 | scratch of stage 1      back: kept 0 | kept 1 | scratch of stage 1 | cotangents
///
/// Behind the part of a stage, later stages do not hold anything yet on the way forward, and nothing any more on the way back. So the scratch memory of a stage begins there. The cotangents lie at the end of the memory.
struct TileRows {
  let outputs: Int
  let targets: Int
  /// The labels and the weights of a sample: one for each step, where there are outputs at every step.
  let labels: Int
  let weights: Int
  /// Those of each block.
  let tapes: [Int]
  let stages: [StageRows]
  /// The rows of all stages' memory.
  let all: Int
  let precision: Precision
  let sequences: SequenceRows
  /// The numbers of one image, if images may be changed.
  let image: Int
  /// The rows for cotangents of the sequences, if these are wanted.
  let sequenceCotangents: SequenceRows

  /// - Parameters:
  ///   - memory: the policy of each block; nil without tapes.
  ///   - features: whether cotangents of features will be computed.
  init(_ plan: NetworkPlan, memory: [any MemoryPolicy]?, features: Bool) {
    outputs = plan.scoreCount
    targets = plan.targetCount
    (labels, weights) = (plan.loss.targetKind == .labels ? plan.steps ?? 1 : 1, plan.steps ?? 1)
    tapes = plan.blocks.indices.map { max(plan.blocks[$0].propagationRows, memory?[$0].tapeRows(plan.blocks[$0]) ?? 0) }
    var end = 0
    func next(_ rows: Int) -> Range<Int> {
      let range = end..<end + rows
      end += Self.lines(rows)
      return range
    }
    let inputs = PassageRows(plan).inputs
    let kept = plan.stages.enumerated().map { [tapes] (number, stage) -> KeptRows in
      switch stage {
      case .map(let connector):
        let (input, record) = (next(inputs[number]), next(memory == nil ? 0 : connector.recordWidth))
        return KeptRows(input: input, record: record, tape: end..<end, end: end, inputEnd: input.upperBound, scratch: connector.scratchWidth)
      case .block(let index):
        let (block, tape) = (plan.blocks[index], next(tapes[index]))
        let inputEnd = tape.lowerBound + (memory?[index].initialRow(block) ?? 0) + block.width
        // A readout of all steps acts between the layers, which need nothing of their scratch memory then.
        let scratch = max(block.scratchWidth, number == plan.steppedStage ? plan.stepReadout?.connector.scratchWidth ?? 0 : 0)
        return KeptRows(input: tape.lowerBound..<tape.lowerBound, record: tape.lowerBound..<tape.lowerBound, tape: tape, end: end, inputEnd: inputEnd, scratch: scratch)
      }
    }
    // A connector writes its output into the input of the next stage, a block into its own tape.
    let scratch = plan.stages.enumerated().map { (number, stage) -> Range<Int> in
      var start = kept[number].end
      if case .map = stage, number + 1 < kept.count { start = max(start, Self.lines(kept[number + 1].inputEnd)) }
      return start..<start + kept[number].scratch
    }
    let forward = Self.lines(scratch.reduce(end) { max($0, $1.upperBound) })
    // Two cotangents are alive at a time. Which of them lies at the very end makes a difference.
    let layouts = memory == nil ? [] : [0, 1].map { CotangentRows(plan, features: features, outer: $0) }
    func rows(with layout: CotangentRows) -> Int { zip(kept, layout.depths).reduce(forward) { max($0, $1.0.end + Self.lines($1.0.scratch) + $1.1) } }
    let chosen = layouts.min { rows(with: $0) < rows(with: $1) }
    let all = chosen.map(rows) ?? forward
    self.all = all
    stages = kept.indices.map { number in
      let (own, start) = (kept[number], all - (chosen?.starts[number] ?? 0))
      return StageRows(
        input: own.input, record: own.record, tape: own.tape, scratch: scratch[number], returnScratch: own.end..<own.end + own.scratch,
        cotangent: start..<start + (chosen?.sizes[number] ?? 0))
    }
    precision = plan.precision
    image = memory != nil && plan.inputShape.isImage ? plan.inputs : 0
    sequences = SequenceRows(plan)
    sequenceCotangents = SequenceRows(plan, isNeeded: memory != nil && features)
  }

  /// Parts of a line of memory are not shared, also where a tile has one column.
  fileprivate static func lines(_ rows: Int) -> Int { (rows + Block.quantum - 1) / Block.quantum * Block.quantum }

  func add(to size: inout Arena.Size, columns: Int, times: Int = 1) {
    var one = Arena.Size()
    for rows in [outputs, outputs, targets, all] { one.add(rows: rows, columns: columns, precision: precision) }
    one.add(count: columns * labels, precision: .float32)
    one.add(count: columns * weights, precision: .float64)
    if image > 0 { one.add(count: image, precision: precision) }
    sequences.add(to: &one, columns: columns)
    sequenceCotangents.add(to: &one, columns: columns)
    size.add(one, times: times)
  }
}

/// What a stage keeps for the way back.
private struct KeptRows {
  let input: Range<Int>
  let record: Range<Int>
  let tape: Range<Int>
  let end: Int
  /// The end of the rows into which the stage before writes.
  let inputEnd: Int
  /// How many rows of scratch memory the stage needs.
  let scratch: Int
}

/// The places of cotangents, counted in rows from the end of a tile's memory.
///
/// Stages whose cotangents lie in the same memory, a block and the connector behind it, share a place. While a connector is pulled back, the places before it and behind it are in use. So places take turns to lie at the very end
/// of the memory, and in front of both their neighbors there.
private struct CotangentRows {
  /// For each stage: the rows from the beginning of its cotangent to the end of the memory, and the rows of the cotangent.
  let starts: [Int]
  let sizes: [Int]
  /// For each stage: the rows at the end of the memory that are in use while it is pulled back.
  let depths: [Int]

  /// - Parameter outer: whether the places of even or odd numbers lie at the very end.
  init(_ plan: NetworkPlan, features: Bool, outer: Int) {
    var (places, largest) = ([Int](), [Int]())
    sizes = plan.stages.enumerated().map { (number, stage) in
      if number == 0 || plan.bank(ofInput: number) != plan.bank(ofInput: number - 1) { largest.append(0) }
      places.append(largest.count - 1)
      let rows =
        switch stage {
        case .map(let connector): number > 0 || features && plan.sequence == nil || !connector.givesGradientAlone ? connector.input.features : 0
        case .block(let index): plan.blocks[index].stateWidth
        }
      largest[places[number]] = max(largest[places[number]], TileRows.lines(rows))
      return rows
    }
    func size(_ place: Int) -> Int { largest.indices.contains(place) ? largest[place] : 0 }
    let before = largest.indices.map { size($0) + ($0 % 2 == outer ? 0 : max(size($0 - 1), size($0 + 1))) }
    starts = places.map { before[$0] }
    depths = places.indices.map { max(before[places[$0]], $0 + 1 < places.count ? before[places[$0 + 1]] : 0) }
  }
}

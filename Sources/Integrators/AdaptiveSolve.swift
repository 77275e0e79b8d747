import LinearAlgebra
import Settings
import VectorFields

/// The solve of one layer for a tile of samples, each with its own time, step size and control.
///
/// In each round every running sample tries one step of its own size; the stages are evaluated for all samples together. Samples that have arrived idle with step size 0 until the running ones
/// fit into fewer vectors; then the running ones are moved together. No number of a sample depends on another sample, so a sample has the same bits alone and in any tile.
struct AdaptiveSolve {
  let method: AdaptiveRungeKutta
  let field: any VectorField
  let step: Step
  let layer: Layer
  /// Rows of a state.
  let width: Int
  let scratch: Block
  let clocks: UnsafeMutablePointer<SampleClock>
  let offsets: UnsafeMutablePointer<Int64>
  /// Columns in use: samples that run, samples that idle, and padding.
  private(set) var columns: Int
  private(set) var running: Int
  /// First rows of the present state and the next one, each followed by a row for the step sizes.
  private var stateStart: Int
  private var nextStart: Int
  /// First rows of k₁ … k₇.
  private var slopeStarts = InlineArray<7, Int>(repeating: 0)
  private let normStart: Int
  private let isRepeated: Bool

  /// Rows of scratch.
  static func rows(_ field: any VectorField) -> Int {
    10 * field.stateWidth + 2 + 3 + recordRows + field.scratchWidth
  }
  /// Rows of the clocks and offsets, for the precision that needs more.
  private static let clockRows = Block.rows(forRecordsOf: MemoryLayout<SampleClock>.stride, precision: .float32)
  private static let offsetRows = Block.rows(forRecordsOf: MemoryLayout<Int64>.stride, precision: .float32)
  private static var recordRows: Int { clockRows + offsetRows }

  /// Begins at the state `before`.
  ///
  /// - Parameter isRepeated: whether this repeats an earlier solve, which then is not counted again.
  init(_ method: AdaptiveRungeKutta, _ field: any VectorField, _ step: Step, from before: Block, isRepeated: Bool = false, scratch: Block) {
    self.isRepeated = isRepeated
    self.method = method
    self.field = field
    self.step = step
    self.scratch = scratch
    layer = step.layer()
    width = field.stateWidth
    clocks = scratch.rows(0..<Self.clockRows).records(of: SampleClock.self)
    offsets = scratch.rows(Self.clockRows..<Self.recordRows).records(of: Int64.self)
    normStart = Self.recordRows
    stateStart = normStart + 3
    nextStart = stateStart + width + 1
    for index in 0..<7 { slopeStarts[index] = nextStart + width + 1 + index * width }
    columns = before.columns
    let samples = min(step.log?.takeUnretainedValue().samples.count ?? columns, columns)
    running = samples
    for column in 0..<columns {
      clocks[column] = SampleClock(column: column)
      if column >= samples { clocks[column].state = .padding }
    }
    copy(before, into: state)
    evaluate(at: state, into: slope(0))
    chooseFirstSteps()
  }

  // MARK: Blocks

  private func rows(_ start: Int, _ count: Int) -> Block {
    Block(scratch.base + start * scratch.stride * scratch.precision.byteCount, rows: count, columns: columns, precision: scratch.precision)
  }
  /// y, and y₊ of the step being tried.
  var state: Block { rows(stateStart, width) }
  var next: Block { rows(nextStart, width) }
  /// The step sizes h, behind y.
  var stepSizes: Block { rows(stateStart, width + 1).rows(width..<width + 1) }
  /// k_i, from 0.
  func slope(_ index: Int) -> Block { rows(slopeStarts[index], width) }
  /// Work memory for one state.
  var stage: Block { rows(normStart + 3 + 2 * (width + 1) + 7 * width, width) }
  private var norms: Block { rows(normStart, 1) }
  private var otherNorms: Block { rows(normStart + 1, 1) }
  private var mask: Block { rows(normStart + 2, 1) }
  private var fieldScratch: Block { rows(normStart + 3 + 2 * (width + 1) + 8 * width, field.scratchWidth) }

  private func evaluate(at x: Block, into slope: Block) {
    field.evaluateWhole(layer, at: x, scale: 1, addingTo: nil, into: slope, record: nil, scratch: fieldScratch)
  }

  // MARK: Step sizes

  private func chooseFirstSteps() {
    let control = method.control
    guard control.firstStep == 0 else {
      for column in 0..<columns { clocks[column].stepSize = control.firstStep }
      count(evaluations: running)
      return
    }
    func measure(_ x: Block, _ out: Block) {
      errorNorms(x, state, state, relative: control.relativeTolerance, absolute: control.absoluteTolerance, into: out)
    }
    measure(state, norms)
    measure(slope(0), otherNorms)
    let (sizes, stateNorms, slopeNorms) = (stepSizes.vector, norms.vector, otherNorms.vector)
    for column in 0..<columns {
      let trial = control.trialStep(state: stateNorms.load(column), slope: slopeNorms.load(column), length: step.stepSize)
      clocks[column].stepSize = trial
      sizes.store(clocks[column].state == .padding ? 0 : trial, at: column)
    }
    scaleColumns(stepSizes, slope(0), scale: 1, addingTo: state, into: stage)
    evaluate(at: stage, into: slope(1))
    combine(1, slope(1), -1, slope(0), into: stage)
    measure(stage, norms)
    for column in 0..<columns {
      clocks[column].stepSize = control.startingStep(
        trial: clocks[column].stepSize, slope: slopeNorms.load(column), change: stateNorms.load(column), order: method.order)
    }
    count(evaluations: 2 * running)
  }

  private func count(evaluations: Int, accepted: Int = 0, rejected: Int = 0) {
    guard !isRepeated, let log = step.log?.takeUnretainedValue() else { return }
    log.evaluations += evaluations
    log.accepted += accepted
    log.rejected += rejected
  }

  /// Chooses the step that every running sample tries next; samples that cannot continue stop with a failure.
  private mutating func chooseSteps() {
    let length = step.stepSize
    let sizes = stepSizes.vector
    for column in 0..<columns {
      guard clocks[column].state == .running else {
        sizes.store(0, at: column)
        continue
      }
      let rest = length - clocks[column].time
      // If a tiny interval would remain before the end, the step is extended to the end.
      clocks[column].isFinal = 1.01 * clocks[column].stepSize >= rest
      let h = clocks[column].isFinal ? rest : clocks[column].stepSize
      sizes.store(h, at: column)
      clocks[column].stepSize = sizes.load(column)
      let attempts = Int(clocks[column].accepted) + Int(clocks[column].rejected)
      if attempts >= method.control.maximumSteps {
        fail(column, .stepLimit, "it needs more than max_steps = \(method.control.maximumSteps) steps")
      } else if !(h > 0x1p-50 * length) {
        fail(column, clocks[column].wasNotFinite ? .notFinite : .stepLimit, clocks[column].wasNotFinite ? "the field or the error is not finite" : "the step size is below the rounding of the time")
      }
    }
  }

  private mutating func fail(_ column: Int, _ status: Status, _ reason: String) {
    clocks[column].state = .stopped
    let clock = clocks[column]
    step.log?.takeUnretainedValue().fail(
      column: Int(clock.column),
      Failure(
        status,
        "integrator \(method.tableau.name) stopped in layer \(step.index) at time \(clock.time) of \(step.stepSize): \(reason) (step size \(clock.stepSize), \(clock.accepted) accepted and \(clock.rejected) rejected steps); the last good state is kept"))
  }

  // MARK: Rounds

  /// Runs all samples to the end of the layer, or until each has `limit` accepted steps.
  ///
  /// - Parameters:
  ///   - after: where the final states go; padding gets the first state.
  ///   - record: where each accepted step of the window leaves its state and size.
  ///   - output: called after each round for the times and events within the accepted steps.
  mutating func run(into after: Block?, record: AdaptiveRecord?, limit: Int = .max, output: DenseOutput? = nil) {
    if let after { copy(state, into: after) }
    if let record { copy(state, into: record.slot(0).rows(0..<width)) }
    if let output {
      for column in 0..<columns where clocks[column].state == .running && output.hasEnded(column: column) {
        clocks[column].state = .retired
        running -= 1
      }
    }
    while running > 0 {
      chooseSteps()
      tryStep()
      judge(limit: limit)
      output?.observe(self)
      store(record)
      advance()
      // The number of a sample's steps is known only after a complete solve.
      if retire(into: after, record: limit == .max ? record : nil) > 0 { moveTogether() }
    }
  }

  /// All stages of a step of each sample, and the norms of their errors.
  private func tryStep() {
    let tableau = method.tableau
    for i in 1..<7 {
      let target = i == 6 ? next : stage
      var terms = WeightedTerms()
      for j in 0..<i where tableau.a(i, j) != 0 { terms.append(tableau.a(i, j), slope(j)) }
      weightedSum(terms, factors: stepSizes, addingTo: state, into: target)
      evaluate(at: target, into: slope(i))
    }
    var terms = WeightedTerms()
    for j in 0..<7 where tableau.error[j] != 0 { terms.append(tableau.error[j], slope(j)) }
    weightedSum(terms, factors: stepSizes, addingTo: nil, into: stage)
    errorNorms(stage, state, next, relative: method.control.relativeTolerance, absolute: method.control.absoluteTolerance, into: norms)
  }

  /// Accepts or rejects the step of each sample.
  private mutating func judge(limit: Int) {
    let norms = norms.vector
    let control = method.control
    var (accepted, rejected) = (0, 0)
    for column in 0..<columns {
      clocks[column].isAccepted = false
      guard clocks[column].state == .running else { continue }
      let norm = norms.load(column)
      var logOfLast = clocks[column].logOfLast
      let h = clocks[column].stepSize
      let verdict = control.judge(norm, h: h, logOfLast: &logOfLast, wasRejected: clocks[column].wasRejected)
      clocks[column].wasRejected = !verdict.accepted
      clocks[column].wasNotFinite = !norm.isFinite
      clocks[column].stepSize = verdict.next
      if verdict.accepted {
        accepted += 1
        clocks[column].logOfLast = logOfLast
        clocks[column].isAccepted = true
        clocks[column].accepted += 1
        clocks[column].begin = clocks[column].time
        clocks[column].time = clocks[column].isFinal ? step.stepSize : clocks[column].time + h
        if clocks[column].isFinal || clocks[column].accepted >= limit { clocks[column].state = .finished }
      } else {
        rejected += 1
        clocks[column].rejected += 1
      }
    }
    count(evaluations: 6 * (accepted + rejected), accepted: accepted, rejected: rejected)
  }

  /// Leaves state and size of accepted steps in their slots.
  private func store(_ record: AdaptiveRecord?) {
    guard let record else { return }
    for column in 0..<columns {
      offsets[column] = clocks[column].isAccepted ? record.offset(step: Int(clocks[column].accepted) - 1, column: Int(clocks[column].column)) : -1
    }
    scatterColumns(rows(stateStart, width + 1), offsets: offsets, into: record.slots)
  }

  /// Moves accepted samples to their next state, whose slope is already known.
  private mutating func advance() {
    var all = true
    let mask = mask.vector
    for column in 0..<columns {
      if !clocks[column].isAccepted && (clocks[column].state == .running || clocks[column].state == .stopped) { all = false }
      mask.store(clocks[column].isAccepted ? 1 : 0, at: column)
    }
    // Idle samples may be moved as well, since a step of size 0 leads to the same state.
    if all {
      swap(&stateStart, &nextStart)
      slopeStarts.swapAt(0, 6)
    } else {
      selectColumns(self.mask, next, state, into: state)
      selectColumns(self.mask, slope(6), slope(0), into: slope(0))
    }
  }

  /// Writes out the samples that have arrived or stopped, and returns their number.
  private mutating func retire(into after: Block?, record: AdaptiveRecord?) -> Int {
    var count = 0
    for column in 0..<columns {
      offsets[column] = -1
      let clock = clocks[column]
      guard clock.state == .finished || clock.state == .stopped else { continue }
      count += 1
      offsets[column] = Int64(clock.column)
      record?.setCount(Int(clock.accepted), column: Int(clock.column))
      clocks[column].state = .retired
    }
    running -= count
    if count > 0, let after { scatterColumns(state, offsets: offsets, into: after) }
    return count
  }

  /// Once the running samples fit into fewer columns, moves them there.
  private mutating func moveTogether() {
    guard columns > 1, running > 0 else { return }
    let fewer = (running + Block.quantum - 1) / Block.quantum * Block.quantum
    guard fewer < columns else { return }
    var kept = 0
    for column in 0..<columns where clocks[column].state == .running {
      clocks[kept] = clocks[column]
      offsets[kept] = Int64(column)
      kept += 1
    }
    // The rest of the last vector repeats a sample, at rest.
    for column in kept..<fewer {
      clocks[column] = clocks[kept - 1]
      clocks[column].state = .padding
      offsets[column] = offsets[kept - 1]
    }
    let (from, slopes) = (state, slope(0))
    columns = fewer
    gatherColumns(from, offsets: offsets, into: next)
    gatherColumns(slopes, offsets: offsets, into: slope(6))
    swap(&stateStart, &nextStart)
    slopeStarts.swapAt(0, 6)
  }
}

extension Block {
  /// A block of one row as a vector.
  var vector: Vector { Vector(base, count: columns, precision: precision) }
}

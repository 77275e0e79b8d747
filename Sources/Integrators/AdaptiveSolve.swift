import LinearAlgebra
import Settings
import VectorFields

/// The solve of one layer for a tile of samples, each with its own time, step size and control.
///
/// In each round every running sample tries one step of its own size, and the stages are evaluated for all samples together. Samples that have arrived wait, with steps of size 0, until the running ones fit
/// into fewer vectors; then the running ones are moved together. A sample's numbers depend on no other sample, so they have the same bits in any tile and alone.
struct AdaptiveSolve {
  let method: AdaptiveRungeKutta
  let field: any VectorField
  let step: Step
  /// The layer, with the outside input of the samples in their present columns.
  let layer: Layer
  /// The outside input of the tile; nil for a field without any.
  private let drive: Block?
  let clocks: UnsafeMutablePointer<SampleClock>
  let aim: Aim
  private let offsets: UnsafeMutablePointer<Int64>
  var room: SolveRoom
  private(set) var running: Int

  /// What a solve is for, which says what it counts and what it leaves in a record.
  enum Aim {
    /// The solve itself.
    case solution
    /// The whole solve again, because a pullback has used up its record.
    case restoration
    /// One segment of a record again.
    case segment(Int)
  }

  /// Columns in use: samples that run, samples that idle, and padding.
  var columns: Int { room.columns }

  /// Begins at the state `before`.
  init(_ method: AdaptiveRungeKutta, _ field: any VectorField, _ step: Step, from before: Block, aim: Aim = .solution, scratch: Block) {
    (self.method, self.field, self.step, self.aim) = (method, field, step, aim)
    room = SolveRoom(field, scratch, columns: before.columns)
    (layer, drive) = Self.layer(field, step, room, like: before)
    (clocks, offsets) = (room.clocks, room.offsets)
    let samples = min(step.log?.takeUnretainedValue().samples.count ?? before.columns, before.columns)
    running = samples
    for column in 0..<columns {
      clocks[column] = SampleClock(column: column)
      if column >= samples { clocks[column].state = .padding }
    }
    takeDrive()
    copy(before, into: room.state)
    evaluate(at: room.state, into: room.slope(0))
    chooseFirstSteps()
  }

  /// The layer as the solve reads it, and the tile's outside input.
  private static func layer(_ field: any VectorField, _ step: Step, _ room: SolveRoom, like tile: Block) -> (Layer, Block?) {
    var layer = step.layer()
    guard field.driveWidth > 0, let drive = layer.drive(field.driveWidth, like: tile) else { return (layer, nil) }
    layer.driveBase = room.drive.base
    return (layer, drive)
  }

  /// Copies the outside input of the samples to their columns.
  private func takeDrive() {
    guard let drive else { return }
    for column in 0..<columns { offsets[column] = Int64(clocks[column].column) }
    gatherColumns(drive, offsets: offsets, into: room.drive)
  }

  /// Begins at segment `segment` of a record, with the samples whose steps in it the record does not hold. The last step of the segment is not solved again, because its size is known.
  init(_ method: AdaptiveRungeKutta, _ field: any VectorField, _ step: Step, segment: Int, of record: AdaptiveRecord, scratch: Block) {
    (self.method, self.field, self.step, aim) = (method, field, step, .segment(segment))
    room = SolveRoom(field, scratch, columns: scratch.columns)
    (layer, drive) = Self.layer(field, step, room, like: scratch)
    (clocks, offsets) = (room.clocks, room.offsets)
    running = 0
    let bookmarks = record.bookmarks(segment)
    for column in 0..<scratch.columns {
      let steps = record.steps(in: segment, column)
      guard steps > 0, record.held(column) != segment else { continue }
      record.hold(segment, column)
      guard steps > 1 else { continue }
      clocks[running] = SampleClock(column: column, segment: segment, from: bookmarks[column], limit: steps - 1)
      offsets[running] = record.offset(slot: segment, column: column)
      running += 1
    }
    guard running > 0 else { return }
    room.columns = Block.columns(running, of: scratch.columns)
    padColumns(from: running)
    gatherColumns(record.slots, offsets: offsets, into: room.state)
    takeDrive()
    evaluate(at: room.state, into: room.slope(0))
    count(evaluations: running)
  }

  func evaluate(at x: Block, into slope: Block) { field.evaluateWhole(layer, at: x, scale: 1, addingTo: nil, into: slope, record: nil, scratch: room.field) }

  func count(evaluations: Int, accepted: Int = 0, rejected: Int = 0) {
    guard let log = step.log?.takeUnretainedValue() else { return }
    guard case .solution = aim else { return log.recomputed += evaluations }
    log.evaluations += evaluations
    log.accepted += accepted
    log.rejected += rejected
  }

  // MARK: Rounds

  /// Runs all samples to the end of the layer, or of the segment.
  ///
  /// - Parameters:
  ///   - after: gets the final states; padding gets the first state.
  ///   - record: gets the state and the size of each accepted step.
  ///   - output: gets, after each round, the requested states and events within the steps.
  mutating func run(into after: Block?, record: AdaptiveRecord?, output: DenseOutput? = nil) {
    if let after { copy(room.state, into: after) }
    if let record, let bookmarks = isWhole ? record.bookmarks(0) : nil {
      for column in 0..<columns { bookmarks[column] = clocks[column].bookmark(lastSize: 0) }
    }
    if let output {
      output.begin(self)
      for column in 0..<columns where clocks[column].state == .running {
        if !output.hasEnded(column: column), let start = output.begin(column: column) {
          (clocks[column].time, clocks[column].begin) = (start, start)
        } else {
          clocks[column].state = .retired
          running -= 1
        }
      }
    }
    while running > 0, !step.isOver {
      chooseSteps()
      tryStep()
      judge()
      output?.observe(self)
      if let record { store(record) }
      advance()
      if retire(into: after, record) > 0 { moveTogether() }
    }
  }

  private var isWhole: Bool { if case .segment = aim { false } else { true } }

  /// All stages of a step of each sample, and the norms of their errors.
  private func tryStep() {
    let (tableau, control) = (method.tableau, method.control)
    for i in 1..<7 {
      let target = i == 6 ? room.next : room.stage
      var terms = WeightedTerms()
      for j in 0..<i where tableau.a(i, j) != 0 { terms.append(tableau.a(i, j), room.slope(j)) }
      weightedSum(terms, factors: room.stepSizes, addingTo: room.state, into: target)
      evaluate(at: target, into: room.slope(i))
    }
    var terms = WeightedTerms()
    for j in 0..<7 where tableau.error[j] != 0 { terms.append(tableau.error[j], room.slope(j)) }
    weightedSum(terms, factors: room.stepSizes, addingTo: nil, into: room.stage)
    errorNorms(room.stage, room.state, room.next, relative: control.relativeTolerance, absolute: control.absoluteTolerance, into: room.norms)
  }

  /// Accepts or rejects the step of each sample.
  private mutating func judge() {
    let norms = room.norms.vector
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
        if clocks[column].isFinal || clocks[column].accepted >= clocks[column].limit { clocks[column].state = .finished }
      } else {
        rejected += 1
        clocks[column].rejected += 1
      }
    }
    count(evaluations: 6 * (accepted + rejected), accepted: accepted, rejected: rejected)
  }

  /// Writes the state and the size of each accepted step to its slot, and counts the step in its segment.
  private func store(_ record: AdaptiveRecord) {
    let sizes = room.stepSizes.vector
    for index in 0..<columns {
      offsets[index] = -1
      guard clocks[index].isAccepted else { continue }
      let (segment, column) = (Int(clocks[index].segment), Int(clocks[index].column))
      offsets[index] = record.offset(slot: clocks[index].passStep(record.schedule), column: column)
      if isWhole { record.bookmarks(segment + 1)[column] = clocks[index].bookmark(lastSize: sizes.load(index)) }
    }
    scatterColumns(room.stateAndSizes, offsets: offsets, into: record.slots)
  }

  /// Moves accepted samples to their next state, whose slope is already known.
  private mutating func advance() {
    var all = true
    let mask = room.mask.vector
    for column in 0..<columns {
      if !clocks[column].isAccepted && (clocks[column].state == .running || clocks[column].state == .stopped) { all = false }
      mask.store(clocks[column].isAccepted ? 1 : 0, at: column)
    }
    // Idle samples may be moved as well, since a step of size 0 leads to the same state.
    if all {
      room.exchange()
    } else {
      selectColumns(room.mask, room.next, room.state, into: room.state)
      selectColumns(room.mask, room.slope(6), room.slope(0), into: room.slope(0))
    }
  }

  /// Gives out the states of the samples that have arrived or stopped, and returns their number.
  private mutating func retire(into after: Block?, _ record: AdaptiveRecord?) -> Int {
    var count = 0
    for index in 0..<columns {
      offsets[index] = -1
      let clock = clocks[index]
      guard clock.state == .finished || clock.state == .stopped else { continue }
      count += 1
      let column = Int(clock.column)
      switch aim {
      case .segment: offsets[index] = record?.offset(slot: Int(clock.segment + clock.place), column: column) ?? -1
      case .solution, .restoration:
        offsets[index] = Int64(column)
        record?.finish(column, count: Int(clock.accepted))
      }
      clocks[index].state = .retired
    }
    running -= count
    if count > 0, let target = isWhole ? after : record?.slots { scatterColumns(room.state, offsets: offsets, into: target) }
    return count
  }

  /// Moves the running samples to the first columns if they fit into fewer vectors.
  private mutating func moveTogether() {
    guard columns > 1, running > 0 else { return }
    let fewer = Block.columns(running, of: columns)
    guard fewer < columns else { return }
    var kept = 0
    for column in 0..<columns where clocks[column].state == .running {
      clocks[kept] = clocks[column]
      offsets[kept] = Int64(column)
      kept += 1
    }
    let (from, slopes) = (room.state, room.slope(0))
    room.columns = fewer
    padColumns(from: kept)
    gatherColumns(from, offsets: offsets, into: room.next)
    gatherColumns(slopes, offsets: offsets, into: room.slope(6))
    room.exchange()
    takeDrive()
  }

  /// Fills the rest of the last vector with copies of the last sample, which take no steps.
  private func padColumns(from kept: Int) {
    for column in kept..<columns {
      clocks[column] = clocks[kept - 1]
      clocks[column].state = .padding
      offsets[column] = offsets[kept - 1]
    }
  }
}

extension Block {
  /// A block of one row as a vector.
  var vector: Vector { Vector(base, count: columns, precision: precision) }
}

import LinearAlgebra
import VectorFields

/// Computes the derivatives of the steps of one segment that a record holds. Each is an explicit Runge–Kutta step, whose size h is held fixed.
///
///     tangent:    δY_i = v + h Σ_{j<i} a_ij δk_j,   δk_i = J(Y_i)δY_i + ∂f/∂θ·δθ,   v₊ = v + h Σ_i b_i δk_i
///     transpose:  p_i = h(b_i λ₊ + Σ_{l>i} a_li q_l),   q_i = J(Y_i)ᵀp_i,   λ = λ₊ + Σ_i q_i,   i = 6 … 1
///
/// The samples are ordered by their number of steps, largest first, so that the samples that have an m-th step are always the first columns. The seventh stage does not enter the state.
struct AdaptiveReplay {
  private static let stages = 6

  private let method: AdaptiveRungeKutta
  private let field: any VectorField
  /// The layer, with the outside input of the samples in the replay's order.
  private let layer: Layer
  /// The outside input of the tile; nil for a field without any.
  private let drive: Block?
  private let record: AdaptiveRecord
  private let segment: Int
  private let log: StepLog?
  private let width: Int
  private let scratch: Block
  /// For each place in the order, the sample's column.
  private let order: UnsafeMutablePointer<Int64>
  private let offsets: UnsafeMutablePointer<Int64>
  /// For each place in the order, the sample's steps in this segment.
  private let counts: UnsafeMutablePointer<Int64>

  private static let listRows = Block.rows(forRecordsOf: MemoryLayout<Int64>.stride, precision: .float32)
  private static func recordRows(_ field: any VectorField) -> Int { field.componentCount * field.recordWidth }

  /// Rows of scratch: lists, the carried tangents or cotangents, state and step sizes, 6 stages, 6 slopes, 6 tangents or cotangents, one more, 6 records, the field's scratch, and three times the outside input.
  static func rows(_ field: any VectorField) -> Int {
    3 * listRows + 21 * field.stateWidth + 1 + stages * recordRows(field) + field.scratchWidth + 3 * field.driveWidth
  }

  /// Takes `carried`, the tangents before the segment or the cotangents after it, and puts them in the order of the replay.
  init(_ method: AdaptiveRungeKutta, _ field: any VectorField, _ step: Step, _ record: AdaptiveRecord, segment: Int, carried: Block, scratch: Block) {
    self.method = method
    self.field = field
    self.record = record
    self.segment = segment
    self.scratch = scratch
    let given = step.layer()
    drive = field.driveWidth > 0 ? given.drive(field.driveWidth, like: scratch) : nil
    log = step.log?.takeUnretainedValue()
    width = field.stateWidth
    order = scratch.rows(0..<Self.listRows).records(of: Int64.self)
    offsets = scratch.rows(Self.listRows..<2 * Self.listRows).records(of: Int64.self)
    counts = scratch.rows(2 * Self.listRows..<3 * Self.listRows).records(of: Int64.self)
    var layer = given
    if drive != nil { layer.driveBase = Self.driveRows(0, field, scratch, columns: scratch.columns).base }
    self.layer = layer
    let columns = carried.columns
    for column in 0..<columns { offsets[column] = Int64(record.steps(in: segment, column)) }
    var (place, wanted) = (0, record.schedule.length(segment))
    while place < columns {
      // The next smaller count, with its samples in the order of their columns.
      var next = -1
      for column in 0..<columns {
        let count = Int(offsets[column])
        if count == wanted {
          order[place] = Int64(column)
          counts[place] = offsets[column]
          place += 1
        } else if count < wanted {
          next = max(next, count)
        }
      }
      wanted = next
    }
    gatherColumns(carried, offsets: order, into: self.carried(columns))
  }

  /// Puts the carried numbers back in the samples' columns.
  func giveBack(_ out: Block) { scatterColumns(carried(out.columns), offsets: order, into: out) }

  // MARK: Blocks

  private func rows(_ start: Int, _ count: Int, _ columns: Int) -> Block {
    let first = 3 * Self.listRows + start
    return Block(scratch.base + first * scratch.stride * scratch.precision.byteCount, rows: count, columns: columns, precision: scratch.precision)
  }
  /// The first `columns` samples of the carried block, whose rows keep their places.
  private func carried(_ columns: Int) -> Block {
    let all = rows(0, width, scratch.columns)
    return Block(all.base, rows: width, columns: columns, stride: scratch.columns, precision: scratch.precision)
  }
  private func state(_ columns: Int) -> Block { rows(width, width, columns) }
  /// The step sizes h, behind the state.
  private func stepSizes(_ columns: Int) -> Block { rows(width, width + 1, columns).rows(width..<width + 1) }
  /// Y_i: the first is the state.
  private func point(_ i: Int, _ columns: Int) -> Block { i == 0 ? state(columns) : rows(2 * width + 1 + i * width, width, columns) }
  private func slope(_ i: Int, _ columns: Int) -> Block { rows((8 + i) * width + 1, width, columns) }
  /// δk_i or q_i.
  private func change(_ i: Int, _ columns: Int) -> Block { rows((14 + i) * width + 1, width, columns) }
  private func spare(_ columns: Int) -> Block { rows(20 * width + 1, width, columns) }
  private func stageRecord(_ i: Int, _ columns: Int) -> Block {
    rows(21 * width + 1 + i * Self.recordRows(field), Self.recordRows(field), columns)
  }
  private func fieldScratch(_ columns: Int) -> Block { rows(21 * width + 1 + Self.stages * Self.recordRows(field), field.scratchWidth, columns) }

  /// Rows of outside input in the replay's order: the input itself, then its tangents or cotangents of one step, then room.
  private static func driveRows(_ part: Int, _ field: any VectorField, _ scratch: Block, columns: Int) -> Block {
    let first = rows(field) - (3 - part) * field.driveWidth
    return Block(scratch.base + first * scratch.stride * scratch.precision.byteCount, rows: field.driveWidth, columns: columns, precision: scratch.precision)
  }
  private func driveRows(_ part: Int, _ columns: Int) -> Block { Self.driveRows(part, field, scratch, columns: columns) }

  /// The direction with its tangents of the outside input in the replay's order.
  private func ordered(_ direction: Layer?, _ columns: Int) -> Layer? {
    guard var direction else { return nil }
    if drive != nil, let changes = direction.drive(field.driveWidth, like: scratch) {
      gatherColumns(changes, offsets: order, into: driveRows(1, columns))
      direction.driveBase = driveRows(1, columns).base
    }
    return direction
  }

  /// The gradient with the sums of one step in place of the cotangents of the tile's outside input, which begin at zero.
  private func begun(_ gradient: Layer?, _ columns: Int) -> Layer? {
    guard var gradient else { return nil }
    if drive != nil, gradient.driveBase != nil {
      fill(driveRows(1, columns), 0)
      gradient.driveBase = driveRows(1, columns).base
    }
    return gradient
  }

  /// Adds the sums of one step to the cotangents of the tile's outside input.
  private func addSums(to gradient: Layer?, _ columns: Int) {
    guard drive != nil, let sums = gradient?.drive(field.driveWidth, like: scratch) else { return }
    let (own, before) = (driveRows(1, columns), driveRows(2, columns))
    gatherColumns(sums, offsets: order, into: before)
    combine(1, before, 1, own, into: own)
    scatterColumns(own, offsets: order, into: sums)
  }

  /// The number of steps of the sample that has most.
  var steps: Int { scratch.columns > 0 ? Int(counts[0]) : 0 }

  /// Takes the states and sizes of the segment's step `place`, for the samples that have such a step; gives the columns they fill, 0 for none.
  private func take(_ place: Int) -> Int {
    var running = 0
    while running < scratch.columns, counts[running] > place { running += 1 }
    log?.recomputed += Self.stages * running
    let columns = Block.columns(running, of: scratch.columns)
    let first = record.offset(slot: segment + place, column: 0)
    // The last vector may also hold samples without such a step. They take a step of size 0 from a recorded state.
    for place in 0..<columns { offsets[place] = order[place] + (place < running ? first : 0) }
    gatherColumns(record.slots, offsets: offsets, into: rows(width, width + 1, columns))
    let sizes = stepSizes(columns).vector
    for place in running..<columns { sizes.store(0, at: place) }
    if let drive { gatherColumns(drive, offsets: order, into: driveRows(0, columns)) }
    return columns
  }

  /// Y_i of the step taken, and its record; k_i where later stages need it.
  private func evaluate(_ i: Int, _ columns: Int) {
    if i > 0 {
      var terms = WeightedTerms()
      for j in 0..<i where method.tableau.a(i, j) != 0 { terms.append(method.tableau.a(i, j), slope(j, columns)) }
      weightedSum(terms, factors: stepSizes(columns), addingTo: state(columns), into: point(i, columns))
    }
    field.evaluateWhole(
      layer, at: point(i, columns), scale: 1, addingTo: nil, into: slope(i, columns), record: stageRecord(i, columns), scratch: fieldScratch(columns))
  }

  private func part(_ component: Int, _ record: Block) -> Block { record.rows(component * field.recordWidth..<(component + 1) * field.recordWidth) }

  // MARK: Derivatives of one step

  /// Carries the tangents through the segment's step `place`.
  func pushforward(_ place: Int, direction: Layer?) {
    let columns = take(place)
    guard columns > 0 else { return }
    let (tangent, spare) = (carried(columns), spare(columns))
    let direction = ordered(direction, columns)
    for i in 0..<Self.stages {
      evaluate(i, columns)
      var terms = WeightedTerms()
      for j in 0..<i where method.tableau.a(i, j) != 0 { terms.append(method.tableau.a(i, j), change(j, columns)) }
      weightedSum(terms, factors: stepSizes(columns), addingTo: tangent, into: spare)
      for component in 0..<field.componentCount {
        let read = field.rowsRead(by: component)
        field.pushforward(
          component, layer, direction: direction, at: point(i, columns).rows(read), record: part(component, stageRecord(i, columns)), tangent: spare.rows(read),
          scale: 1, addingTo: nil, into: change(i, columns).rows(field.rowsWritten(by: component)), scratch: fieldScratch(columns))
      }
    }
    var terms = WeightedTerms()
    for i in 0..<Self.stages where method.tableau.b(i) != 0 { terms.append(method.tableau.b(i), change(i, columns)) }
    weightedSum(terms, factors: stepSizes(columns), addingTo: tangent, into: tangent)
    if place + 1 == record.schedule.length(segment) { beginNextSegment(columns) }
  }

  /// After the last step of a segment: the states after it become the first states of the next segment, for the samples that have a next segment.
  private func beginNextSegment(_ columns: Int) {
    var terms = WeightedTerms()
    for j in 0..<Self.stages where method.tableau.b(j) != 0 { terms.append(method.tableau.b(j), slope(j, columns)) }
    weightedSum(terms, factors: stepSizes(columns), addingTo: state(columns), into: spare(columns))
    for place in 0..<columns {
      let column = Int(order[place])
      let goesOn = Int(counts[place]) == record.schedule.length(segment) && record.lastSegment(column) > segment
      offsets[place] = goesOn ? record.offset(slot: segment + 1, column: column) : -1
    }
    scatterColumns(spare(columns), offsets: offsets, into: record.slots)
  }

  /// Carries the cotangents back through the segment's step `place`; the gradient accumulates.
  func pullback(_ place: Int, gradient: Layer?) {
    let columns = take(place)
    guard columns > 0 else { return }
    let (cotangent, spare) = (carried(columns), spare(columns))
    let (whole, gradient) = (gradient, begun(gradient, columns))
    for i in 0..<Self.stages { evaluate(i, columns) }
    // All q_i, which the field adds to.
    fill(rows(14 * width + 1, Self.stages * width, scratch.stride), 0)
    for i in (0..<Self.stages).reversed() {
      var terms = WeightedTerms()
      if method.tableau.b(i) != 0 { terms.append(method.tableau.b(i), cotangent) }
      for l in i + 1..<Self.stages where method.tableau.a(l, i) != 0 { terms.append(method.tableau.a(l, i), change(l, columns)) }
      weightedSum(terms, factors: stepSizes(columns), addingTo: nil, into: spare)
      for component in 0..<field.componentCount {
        let read = field.rowsRead(by: component)
        field.pullback(
          component, layer, at: point(i, columns).rows(read), record: part(component, stageRecord(i, columns)), scale: 1,
          cotangent: spare.rows(field.rowsWritten(by: component)), addingTo: change(i, columns).rows(read), gradient: gradient, scratch: fieldScratch(columns))
      }
    }
    var terms = WeightedTerms()
    for i in 0..<Self.stages { terms.append(1, change(i, columns)) }
    weightedSum(terms, addingTo: cotangent, into: cotangent)
    addSums(to: whole, columns)
  }
}

extension Block {
  /// Columns of a part of a tile that holds `samples` of its samples.
  static func columns(_ samples: Int, of tile: Int) -> Int { tile == 1 ? samples : (samples + quantum - 1) / quantum * quantum }
}

import LinearAlgebra
import Settings
import VectorFields

/// How a sample's solve ended.
package enum SolveEnd: Int32, Sendable {
  case running = 0
  case horizon = 1
  case event = 2
  /// The sample's solve could not continue; the log has the reason of the first such sample.
  case failure = 3
}

/// The results of a tile's solve besides the final state: the states at requested times, and for each sample the event that ends its solve.
///
/// States within a step come from the method's continuous extension, which has order 4 and needs no further evaluations. Events are located on it up to rounding (`EventSearch`). The state at an event lies on the
/// far side of the level, so that a solve that continues from it does not meet the same event again. All memory is allocated when the object is made.
package final class DenseOutput {
  /// The requested times, ascending, counted from the beginning of the first layer.
  package let times: [Double]
  /// For each time, the visible states in `visible` rows; NaN for samples that ended before.
  package let visibleStates: Block
  /// The states at the events; NaN for samples without an event.
  package let eventStates: Block
  /// How and when the solve in each column ended.
  package private(set) var ends: [SolveEnd]
  package private(set) var endTimes: [Double]
  private var search: EventSearch?
  /// Per column: when it begins; nil: all begin at 0.
  private let starts: [Double]?
  private var reached: [Int]
  private var thetas: [Double]
  private var isAtEnd: [Bool]
  private let visible: Int
  private let width: Int
  private let horizon: Double
  /// Seven rows of weights, and the interpolated states.
  private let factors: Block
  private let interpolated: Block
  private let offsets: Block
  private let buffer: Buffer
  /// Begin and end of the present layer.
  private var layer = 0.0...0.0

  /// - Parameters:
  ///   - visible: the number of visible rows, the first ones of a state. Events depend on them, and they are what is kept at the requested times.
  ///   - width: rows of a state.
  ///   - columns: of the tile.
  ///   - horizon: the end of the last layer.
  ///   - starts: when each sample begins, from 0 to the horizon; nil: at 0.
  /// - Throws: `.memory`.
  package init(
    times: [Double], event: EventFunction?, visible: Int, width: Int, columns: Int, horizon: Double, starts: [Double]? = nil, precision: Precision
  ) throws(Failure) {
    self.horizon = horizon
    self.starts = starts
    self.visible = visible
    self.times = times
    self.width = width
    let offsetRows = Block.rows(forRecordsOf: MemoryLayout<Int64>.stride, precision: .float32)
    let (timeRows, overflow) = times.count.multipliedReportingOverflow(by: visible)
    let rows = [timeRows, width, 7, width, EventSearch.rows, offsetRows]
    let total = rows.reduce(0, +)
    let (count, tooMany) = total.multipliedReportingOverflow(by: columns)
    buffer = try Buffer(count: overflow || tooMany ? -1 : count + width, precision: precision)
    var next = 0
    var blocks: [Block] = []
    for count in rows {
      blocks.append(Block(buffer.base + next * columns * precision.byteCount, rows: count, columns: columns, precision: precision))
      next += count
    }
    (visibleStates, eventStates, factors, interpolated, offsets) = (blocks[0], blocks[1], blocks[2], blocks[3], blocks[5])
    if let event {
      search = EventSearch(event, weights: buffer.vector(count: width, precision: precision, offset: next * columns * precision.byteCount), values: blocks[4])
    }
    ends = Array(repeating: .running, count: columns)
    endTimes = (starts ?? []) + Array(repeating: 0, count: columns - (starts?.count ?? 0))
    reached = Array(repeating: 0, count: columns)
    thetas = Array(repeating: 0, count: columns)
    isAtEnd = Array(repeating: false, count: columns)
    try Watch.pieces(visibleStates.rows, work: visibleStates.columns) { rows throws(Failure) in fill(visibleStates.rows(rows), .nan) }
    fill(eventStates, .nan)
  }

  /// The layer that is solved next.
  package func enter(_ layer: ClosedRange<Double>) { self.layer = layer }

  func hasEnded(column: Int) -> Bool { ends[column] != .running }

  /// The part of a layer in which no step fits.
  package static let sliver = 0x1p-48

  /// When a sample begins in the present layer, counted from the layer's beginning; nil if it begins in a later one. A start so close to the layer's end that no step fits between counts as the end.
  func begin(column: Int) -> Double? {
    guard let starts, column < starts.count else { return 0 }
    return starts[column] <= layer.upperBound - Self.sliver * (layer.upperBound - layer.lowerBound) ? max(starts[column] - layer.lowerBound, 0) : nil
  }

  /// Whether no sample is under way in the present layer: all have ended or begin later.
  package func isIdle(samples: Int) -> Bool { (0..<samples).allSatisfy { hasEnded(column: $0) || begin(column: $0) == nil } }

  /// Writes the given first states at the times that are the samples' starts, and passes over the times before. A sample that begins at the horizon has ended.
  ///
  /// - Parameter states: the first states, with the visible rows first.
  package func begin(at states: Block, samples: Int) {
    guard let starts else { return }
    search?.begin(at: states)
    let places = offsets.records(of: Int64.self)
    for column in 0..<samples {
      while reached[column] < times.count, times[reached[column]] < starts[column] { reached[column] += 1 }
      if starts[column] >= horizon { ends[column] = .horizon }
    }
    var isAny = true
    while isAny {
      isAny = false
      for column in 0..<states.columns {
        places[column] = -1
        guard column < samples, reached[column] < times.count, times[reached[column]] == starts[column] else { continue }
        places[column] = Int64(reached[column] * visible * visibleStates.stride + column)
        reached[column] += 1
        isAny = true
      }
      if isAny { scatterColumns(states.rows(0..<visible), offsets: places, into: visibleStates) }
    }
  }

  package func allHaveEnded(samples: Int) -> Bool { ends.prefix(samples).allSatisfy { $0 != .running } }

  /// Called when the solve of a layer begins. The first call determines on which side of the event's level each sample begins.
  func begin(_ solve: AdaptiveSolve) {
    if layer.lowerBound == 0 { search?.begin(at: solve.room.state) }
  }

  /// Called after each round: examines the steps that were accepted. A sample that meets its event is finished.
  func observe(_ solve: AdaptiveSolve) {
    if search?.look(solve) == true { endAtEvents(solve) }
    for index in 0..<solve.columns where solve.clocks[index].state == .stopped || solve.clocks[index].isAccepted {
      let clock = solve.clocks[index]
      guard ends[Int(clock.column)] != .event else { continue }
      endTimes[Int(clock.column)] = endTime(clock)
      if clock.state == .stopped { ends[Int(clock.column)] = .failure }
      if clock.isAccepted, clock.isFinal, layer.upperBound >= horizon { ends[Int(clock.column)] = .horizon }
    }
    fillTimes(solve)
  }

  private func endTime(_ clock: SampleClock) -> Double { clock.isFinal && clock.isAccepted ? layer.upperBound : layer.lowerBound + clock.time }

  /// Writes the states at the requested times within the steps. A sample may have several times in one step, each of which takes a pass.
  private func fillTimes(_ solve: AdaptiveSolve) {
    let sizes = solve.room.stepSizes.vector
    let places = offsets.records(of: Int64.self)
    while !solve.step.isOver {
      var (any, between) = (false, false)
      for index in 0..<solve.columns {
        (places[index], thetas[index], isAtEnd[index]) = (-1, 0, false)
        let clock = solve.clocks[index]
        let column = Int(clock.column)
        guard clock.isAccepted, reached[column] < times.count, times[reached[column]] <= endTimes[column] else { continue }
        let (time, h) = (times[reached[column]], sizes.load(index))
        isAtEnd[index] = ends[column] != .event && time == endTimes[column]
        thetas[index] = min(max((time - layer.lowerBound - clock.begin) / h, 0), 1)
        places[index] = Int64(reached[column] * visible * visibleStates.stride + column)
        reached[column] += 1
        any = true
        if !isAtEnd[index] { between = true }
      }
      guard any else { return }
      if between { scatterColumns(interpolate(solve, thetas).rows(0..<visible), offsets: places, into: visibleStates) }
      // At the end of a step its state is known, and is more accurate than the interpolated one.
      for index in 0..<solve.columns where !isAtEnd[index] { places[index] = -1 }
      scatterColumns(solve.room.next.rows(0..<visible), offsets: places, into: visibleStates)
    }
  }

  /// y(t + θh) for each sample.
  private func interpolate(_ solve: AdaptiveSolve, _ theta: [Double]) -> Block {
    let sizes = solve.room.stepSizes.vector
    for index in 0..<solve.columns {
      let weights = solve.method.tableau.extensionWeights(theta[index])
      for j in 0..<7 { factor(j, solve.columns).vector.store(sizes.load(index) * weights[j], at: index) }
    }
    let out = interpolated.packed(rows: width, columns: solve.columns)
    for j in 0..<7 { scaleColumns(factor(j, solve.columns), solve.room.slope(j), scale: 1, addingTo: j == 0 ? solve.room.state : out, into: out) }
    return out
  }

  private func factor(_ j: Int, _ columns: Int) -> Block { factors.rows(j..<j + 1).packed(columns: columns) }

  /// Ends the samples whose step has an event there.
  private func endAtEvents(_ solve: AdaptiveSolve) {
    search?.settle(columns: solve.columns) { interpolate(solve, $0) }
    let sizes = solve.room.stepSizes.vector
    let places = offsets.records(of: Int64.self)
    for index in 0..<solve.columns {
      (places[index], isAtEnd[index]) = (-1, false)
      guard let meeting = search?.meetings[index] else { continue }
      let column = Int(solve.clocks[index].column)
      let end = endTime(solve.clocks[index])
      solve.clocks[index].state = .finished
      ends[column] = .event
      isAtEnd[index] = meeting.theta == 1
      endTimes[column] = isAtEnd[index] ? end : min(layer.lowerBound + solve.clocks[index].begin + meeting.theta * sizes.load(index), end)
      places[index] = Int64(column)
    }
    scatterColumns(interpolated.packed(rows: width, columns: solve.columns), offsets: places, into: eventStates)
    for index in 0..<solve.columns where !isAtEnd[index] { places[index] = -1 }
    scatterColumns(solve.room.next, offsets: places, into: eventStates)
  }
}

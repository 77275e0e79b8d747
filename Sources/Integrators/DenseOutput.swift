import LinearAlgebra
import Settings
import VectorFields

/// The event w·y = level, crossed upwards, downwards, or in either direction.
package struct EventFunction: Sendable {
  package enum Direction: Int32, Sendable { case falling = -1, either = 0, rising = 1 }

  /// w, one number a feature.
  package let weights: [Double]
  package let level: Double
  package let direction: Direction

  package init(weights: [Double], level: Double, direction: Direction = .either) {
    self.weights = weights
    self.level = level
    self.direction = direction
  }

  /// Whether g = w·y − level has passed zero from one end of a step to the other. A step that begins on zero does not count; one that ends there does.
  package func passes(from before: Double, to after: Double) -> Bool {
    (before < 0 && after >= 0 && direction != .falling) || (before > 0 && after <= 0 && direction != .rising)
  }
}

/// How a sample's solve ended.
package enum SolveEnd: Int32, Sendable {
  case running = 0
  case horizon = 1
  case event = 2
  /// The step control gave up; the reason of the first such sample is the log's failure.
  case failure = 3
}

/// What a solve of a tile leaves besides its final state: states at asked times, and where each sample meets an event, which ends it.
///
/// States between the ends of steps come from the method's continuous extension, of order 4; they cost no evaluations. An event is looked for where g = w·y − level has another sign at the end of
/// an accepted step than at its beginning, and found on the extension to rounding by bisection; two crossings within one step are not seen. Memory is made once.
package final class DenseOutput {
  /// Ascending, absolute.
  package let times: [Double]
  package let event: EventFunction?
  /// For each time the visible states, `visible` rows each; NaN where a sample ended before.
  package let visibleStates: Block
  /// States at the events; NaN without.
  package let eventStates: Block
  /// Per column: how it ended, and when.
  package private(set) var ends: [SolveEnd]
  package private(set) var endTimes: [Double]
  private var reached: [Int]
  private let visible: Int
  private let width: Int
  private let horizon: Double
  /// Seven rows of weights, the interpolated states, 9 rows of the event's values.
  private let factors: Block
  private let interpolated: Block
  private let values: Block
  private let eventWeights: Vector
  private let offsets: Block
  private let buffer: Buffer
  /// Begin and end of the present layer.
  private var layer = 0.0...0.0

  /// - Parameters:
  ///   - visible: the first rows of a state, which the event's weights act on and whose states at the asked times are kept.
  ///   - width: rows of a state.
  ///   - columns: of the tile.
  ///   - horizon: the end of the last layer.
  /// - Throws: `.memory`.
  package init(times: [Double], event: EventFunction?, visible: Int, width: Int, columns: Int, horizon: Double, precision: Precision) throws(Failure) {
    self.horizon = horizon
    self.visible = visible
    self.times = times
    self.event = event
    self.width = width
    let offsetRows = Block.rows(forRecordsOf: MemoryLayout<Int64>.stride, precision: .float32)
    let (timeRows, overflow) = times.count.multipliedReportingOverflow(by: visible)
    let rows = [timeRows, width, 7, width, 9, offsetRows]
    let total = rows.reduce(0, +)
    let (count, tooMany) = total.multipliedReportingOverflow(by: columns)
    buffer = try Buffer(count: overflow || tooMany ? -1 : count + width, precision: precision)
    var next = 0
    var blocks: [Block] = []
    for count in rows {
      blocks.append(Block(buffer.base + next * columns * precision.byteCount, rows: count, columns: columns, precision: precision))
      next += count
    }
    (visibleStates, eventStates, factors, interpolated, values, offsets) = (blocks[0], blocks[1], blocks[2], blocks[3], blocks[4], blocks[5])
    eventWeights = buffer.vector(count: width, precision: precision, offset: next * columns * precision.byteCount)
    ends = Array(repeating: .running, count: columns)
    endTimes = Array(repeating: 0, count: columns)
    reached = Array(repeating: 0, count: columns)
    for (index, weight) in (event?.weights ?? []).enumerated() where index < visible { eventWeights.store(weight, at: index) }
    clear()
  }

  private func clear() {
    fill(visibleStates, .nan)
    fill(eventStates, .nan)
    for column in ends.indices { (ends[column], endTimes[column], reached[column]) = (.running, 0, 0) }
  }

  /// The layer that is solved next.
  package func enter(_ layer: ClosedRange<Double>) { self.layer = layer }

  func hasEnded(column: Int) -> Bool { ends[column] != .running }
  package func allHaveEnded(samples: Int) -> Bool { ends.prefix(samples).allSatisfy { $0 != .running } }

  /// Looks into the steps just accepted. A sample that meets its event is finished.
  func observe(_ solve: AdaptiveSolve) {
    if event != nil { findEvents(solve) }
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

  private func shaped(_ block: Block, _ rows: Range<Int>, _ columns: Int) -> Block {
    Block(block.base + rows.lowerBound * block.stride * block.precision.byteCount, rows: rows.count, columns: columns, precision: block.precision)
  }

  /// Every asked time within the steps; a sample may have several in one step, which take several rounds.
  private func fillTimes(_ solve: AdaptiveSolve) {
    let sizes = solve.stepSizes.vector
    let places = offsets.records(of: Int64.self)
    while true {
      var (any, between) = (false, false)
      var (isAtEnd, theta) = (Array(repeating: false, count: solve.columns), Array(repeating: 0.0, count: solve.columns))
      for index in 0..<solve.columns {
        places[index] = -1
        let clock = solve.clocks[index]
        let column = Int(clock.column)
        guard clock.isAccepted, reached[column] < times.count, times[reached[column]] <= endTimes[column] else { continue }
        let (time, h) = (times[reached[column]], sizes.load(index))
        isAtEnd[index] = ends[column] != .event && time == endTimes[column]
        theta[index] = min(max((time - layer.lowerBound - clock.begin) / h, 0), 1)
        places[index] = Int64(reached[column] * visible * visibleStates.stride + column)
        reached[column] += 1
        any = true
        if !isAtEnd[index] { between = true }
      }
      guard any else { return }
      let target = visibleStates
      if between {
        interpolate(solve, theta)
        scatterColumns(shaped(interpolated, 0..<visible, solve.columns), offsets: places, into: target)
      }
      // At the end of a step its state is known better than by interpolation.
      for index in 0..<solve.columns where !isAtEnd[index] { places[index] = -1 }
      scatterColumns(solve.next.rows(0..<visible), offsets: places, into: target)
    }
  }

  /// y(t + θh) for each sample.
  private func interpolate(_ solve: AdaptiveSolve, _ theta: [Double]) {
    let sizes = solve.stepSizes.vector
    for index in 0..<solve.columns {
      let weights = solve.method.tableau.extensionWeights(theta[index])
      for j in 0..<7 { factor(j, solve.columns).vector.store(sizes.load(index) * weights[j], at: index) }
    }
    let out = shaped(interpolated, 0..<width, solve.columns)
    for j in 0..<7 { scaleColumns(factor(j, solve.columns), solve.slope(j), scale: 1, addingTo: j == 0 ? solve.state : out, into: out) }
  }

  private func factor(_ j: Int, _ columns: Int) -> Block { shaped(factors, j..<j + 1, columns) }

  private func findEvents(_ solve: AdaptiveSolve) {
    guard let event else { return }
    let row = Matrix(eventWeights.base, rows: 1, columns: width, precision: eventWeights.precision)
    func measure(_ x: Block, _ index: Int) -> Vector {
      let out = shaped(values, index..<index + 1, solve.columns)
      affine(row, bias: nil, activation: .identity, of: x, scale: 1, addingTo: nil, into: out, slope: nil)
      return out.vector
    }
    let (first, last) = (measure(solve.state, 0), measure(solve.next, 1))
    var theta = Array(repeating: 0.0, count: solve.columns)
    var found: [Int] = []
    for index in 0..<solve.columns where solve.clocks[index].isAccepted {
      if event.passes(from: first.load(index) - event.level, to: last.load(index) - event.level) { found.append(index) }
    }
    guard !found.isEmpty else { return }
    let slopes = (0..<7).map { measure(solve.slope($0), 2 + $0) }
    let sizes = solve.stepSizes.vector
    let places = offsets.records(of: Int64.self)
    for index in 0..<solve.columns { places[index] = -1 }
    for index in found {
      let (h, start) = (sizes.load(index), first.load(index) - event.level)
      theta[index] = root(from: start) { theta in
        let weights = solve.method.tableau.extensionWeights(theta)
        var sum = 0.0
        for j in 0..<7 { sum += weights[j] * slopes[j].load(index) }
        return start + h * sum
      }
      let column = Int(solve.clocks[index].column)
      solve.clocks[index].state = .finished
      ends[column] = .event
      endTimes[column] = min(layer.lowerBound + solve.clocks[index].begin + theta[index] * h, endTime(solve.clocks[index]))
      places[index] = Int64(column)
    }
    interpolate(solve, theta)
    scatterColumns(shaped(interpolated, 0..<width, solve.columns), offsets: places, into: eventStates)
  }

  /// Where g first has not the sign of its start, by bisection of [0, 1] down to neighboring numbers.
  private func root(from start: Double, _ g: (Double) -> Double) -> Double {
    var (low, high) = (0.0, 1.0)
    while true {
      let middle = 0.5 * (low + high)
      guard middle > low, middle < high else { return high }
      let value = g(middle)
      if start < 0 ? value < 0 : value > 0 { low = middle } else { high = middle }
    }
  }
}

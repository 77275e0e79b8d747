import LinearAlgebra
import VectorFields

/// Finds where samples meet their event within the steps of a solve.
///
/// For each sample the search remembers on which side of the level it was last. Along an accepted step the value g = w·y − level is a polynomial (`StepPolynomial`). The search follows it from one turning point
/// to the next until the end of the step. The first change of side in a direction that the event asks for is the event. If there are several crossings in a step, the first one is taken, and no crossing of
/// the continuous extension is missed. A sample that begins on the level, within 4ε(|level| + Σ|w_i y_i|), has no side at first: leaving the level is then no event.
struct EventSearch {
  /// An event within a step: its place as a fraction of the step, and the side that the sample leaves.
  struct Meeting {
    var theta: Double
    let side: EventFunction.Side
    /// The end of the monotone piece in which the event lies. There the sample is on the other side.
    let limit: Double
  }

  /// Rows of numbers that the search needs: g at both ends of the step, and its derivatives at the stages.
  static let rows = 9

  let event: EventFunction
  private let weights: Vector
  private let values: Block
  private var sides: [EventFunction.Side]
  /// How far from the level a sample must be to be on a side of it.
  private var tolerances: [Double]
  /// The event of each column's present step; nil if there is none.
  private(set) var meetings: [Meeting?]

  /// - Parameters:
  ///   - weights: room for w, a number for each row of a state; those beyond the event's are zero.
  ///   - values: `rows` rows.
  init(_ event: EventFunction, weights: Vector, values: Block) {
    self.event = event
    self.weights = weights
    self.values = values
    for index in 0..<weights.count { weights.store(index < event.weights.count ? event.weights[index] : 0, at: index) }
    sides = Array(repeating: .onLevel, count: values.columns)
    tolerances = Array(repeating: 0, count: values.columns)
    meetings = Array(repeating: nil, count: values.columns)
  }

  /// w·y of each column, in a row of `values`.
  private func measure(_ x: Block, _ row: Int) -> Vector {
    let out = Block(values.base + row * values.stride * values.precision.byteCount, rows: 1, columns: x.columns, precision: values.precision)
    let matrix = Matrix(weights.base, rows: 1, columns: weights.count, precision: weights.precision)
    affine(matrix, bias: nil, activation: .identity, of: x, scale: 1, addingTo: nil, into: out, slope: nil)
    return out.vector
  }

  /// The sides that samples begin on.
  mutating func begin(at state: Block) {
    let start = measure(state, 0)
    for column in 0..<state.columns {
      var size = abs(event.level)
      for row in 0..<weights.count where weights.load(row) != 0 { size += abs(weights.load(row) * state.rows(row..<row + 1).vector.load(column)) }
      tolerances[column] = 4 * state.precision.epsilon * size
      sides[column] = EventFunction.Side(of: start.load(column) - event.level, tolerance: tolerances[column])
    }
  }

  /// Examines the steps that were just accepted. Says whether any of them has an event.
  mutating func look(_ solve: AdaptiveSolve) -> Bool {
    let (first, last) = (measure(solve.room.state, 0), measure(solve.room.next, 1))
    for j in 0..<7 { _ = measure(solve.room.slope(j), 2 + j) }
    let sizes = solve.room.stepSizes.vector
    var isAny = false
    for index in 0..<solve.columns {
      meetings[index] = nil
      guard solve.clocks[index].isAccepted else { continue }
      var slopes = InlineArray<7, Double>(repeating: 0)
      for j in 0..<7 { slopes[j] = values.rows(2 + j..<3 + j).vector.load(index) }
      let p = StepPolynomial(solve.method.tableau, start: first.load(index) - event.level, stepSize: sizes.load(index), slopes: slopes)
      let column = Int(solve.clocks[index].column)
      meetings[index] = follow(p, to: last.load(index) - event.level, &sides[column], tolerance: tolerances[column])
      isAny = isAny || meetings[index] != nil
    }
    return isAny
  }

  /// The first event along p, and the side afterwards. At the end of the step the given value is used, which is more accurate than p.
  private func follow(_ p: StepPolynomial, to end: Double, _ side: inout EventFunction.Side, tolerance: Double) -> Meeting? {
    if side != .onLevel, EventFunction.Side(of: end) == side, p.staysSurely(side) { return nil }
    let turns = p.turningPoints()
    var low = 0.0
    for index in 0...turns.count {
      let high = index < turns.count ? turns[index] : 1
      let value = index < turns.count ? p.value(high) : end
      guard !value.isNaN else { return nil }
      let next = EventFunction.Side(of: value, tolerance: side == .onLevel ? tolerance : 0)
      if side != .onLevel, next != side, event.isMet(leaving: side) { return Meeting(theta: p.leaves(side, within: low...high), side: side, limit: high) }
      side = next
      low = high
    }
    return nil
  }

  /// Moves each event to slightly later times, by as few units in the last place as possible, until its rounded state is no longer on the side that the sample leaves.
  ///
  /// - Parameter interpolate: the states at these parts of the steps, a column for each.
  mutating func settle(columns: Int, _ interpolate: ([Double]) -> Block) {
    var advance = 0x1p-60
    var isSettled = false
    while !isSettled {
      isSettled = true
      let reached = measure(interpolate(meetings.prefix(columns).map { $0?.theta ?? 0 }), 0)
      for index in 0..<columns {
        guard var meeting = meetings[index], meeting.theta < meeting.limit, EventFunction.Side(of: reached.load(index) - event.level) == meeting.side else { continue }
        meeting.theta = min(meeting.limit, meeting.theta + max(advance, meeting.theta.ulp))
        meetings[index] = meeting
        isSettled = false
      }
      advance *= 4
    }
  }
}

import LinearAlgebra
import Networks
import Settings

/// A caller's measured trajectories: for each an initial state, its times, and what was observed of the state at each of them.
package struct MeasuredTrajectories {
  /// Trajectories × inputs of the network: an initial state of `width` numbers, then `steps` times in ascending order, of which the last may be repeated.
  private let features: TensorView
  /// Trajectories × (steps·width); NaN for what was not observed.
  private let states: TensorView
  package let width: Int
  package let steps: Int
  package var count: Int { features.rows }

  /// - Parameter precision: the network's, which must hold the observations.
  /// - Throws: `.shapeMismatch`; `.invalidData` naming the row of an observation that is infinite or too large.
  package init(features: TensorView, states: TensorView, width: Int, steps: Int, precision: Precision) throws(Failure) {
    guard states.rows == features.rows, states.columns == steps * width else {
      throw Failure(.shapeMismatch, "states has \(states.rows) rows of \(states.columns) numbers; \(features.rows) trajectories of \(steps) times have \(steps) × \(width) numbers each")
    }
    if let place = try firstUnheldInPieces(states, by: precision, allowsNaN: true) {
      let number = states.number(row: place.row, column: place.column)
      let what = number.isInfinite ? "an infinite number" : "\(number), too large for \(precision.name),"
      throw Failure(.invalidData, "states holds \(what) at row \(place.row), time \(place.column / width), feature \(place.column % width); NaN stands for what was not observed")
    }
    (self.features, self.states, self.width, self.steps) = (features, states, width, steps)
  }

  /// Time number `index` less time number `start`, computed as predictions compute intervals: of int64 exactly.
  package func interval(_ trajectory: Int, from start: Int, to index: Int) -> Double { features.difference(trajectory, width + index, width + start) }

  /// Time number `index` as a time of a segment that begins at time number `start`. Of int64 it is counted from there, because float64 does not hold all integers; others are as they are, so that their differences have the same bits.
  package func time(_ trajectory: Int, _ index: Int, segmentFrom start: Int) -> Double {
    features.type == .int64 ? interval(trajectory, from: start, to: index) : features.number(row: trajectory, column: width + index)
  }

  package func observation(_ trajectory: Int, _ index: Int, _ feature: Int) -> Double { states.number(row: trajectory, column: index * width + feature) }

  /// The number of a trajectory's last time that is not a repetition without an observation.
  package func lastTime(of trajectory: Int) -> Int {
    var last = steps - 1
    while last > 0, interval(trajectory, from: last - 1, to: last) == 0, (0..<width).allSatisfy({ observation(trajectory, last, $0).isNaN }) { last -= 1 }
    return last
  }

  /// Calls `body` with the place and the first guess of one number of the state at each of ascending times: the given initial state at the first time; later what was observed, or the observations around it, interpolated linearly in time; with none, the given initial state.
  ///
  /// Cost: one pass over the times.
  package func forEachGuess(_ trajectory: Int, _ times: some Sequence<Int>, _ feature: Int, _ body: (_ place: Int, _ guess: Double) -> Void) {
    let given = features.number(row: trajectory, column: feature)
    // The state at the first time counts as observed.
    var (before, left, after) = (0, given, 0)
    func guess(_ index: Int) -> Double {
      guard index > 0 else { return given }
      // `after` is the first observation at or behind the time, `before` the last one ahead of it.
      while after < index || (after < steps && observation(trajectory, after, feature).isNaN) {
        if after > 0, after < index, !observation(trajectory, after, feature).isNaN { (before, left) = (after, observation(trajectory, after, feature)) }
        after += 1
      }
      guard after < steps else { return left }
      let right = observation(trajectory, after, feature)
      let whole = interval(trajectory, from: before, to: after)
      guard after > index, whole > 0 else { return right }
      return left + (right - left) * (interval(trajectory, from: before, to: index) / whole)
    }
    for (place, index) in times.enumerated() { body(place, guess(index)) }
  }
}

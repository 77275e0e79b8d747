import LinearAlgebra
import Networks
import Settings

/// Measured trajectories, cut into segments of equally many intervals: the samples of multiple shooting.
///
/// A segment begins at an observation and ends at the one at which the next begins, which alone counts it. Shorter segments at the ends of trajectories repeat their last time, where a state stays as it is. Trajectories of one
/// time, or with nothing but repeated times, have one segment.
package final class TrajectorySegments {
  /// The network over one segment.
  package let plan: NetworkPlan
  package let count: Int
  /// Numbers of a state, and times of a segment.
  package let width: Int
  package let points: Int
  /// The first segment of each trajectory.
  package let first: [Int]
  /// Segments × inputs, float64: states, which `place` writes, then times.
  package let features: MutableTensorView
  /// Segments × (points·width), float64; NaN for what was not observed.
  package let targets: TensorView
  /// For each segment 1 if another one of its trajectory follows, otherwise 0; float64.
  package let following: Vector
  /// The observed numbers of all segments.
  package let observedCount: Int
  private let buffer: Buffer
  private let trajectories: MeasuredTrajectories

  /// - Parameters:
  ///   - plan: the network over whole trajectories.
  ///   - segment: intervals of a segment; 0 for whole trajectories.
  /// - Throws: `.incompatible` if the network cannot be made for segments; `.invalidData` if nothing was observed; `.memory`; the reason why the work must end.
  package init(_ trajectories: MeasuredTrajectories, _ plan: NetworkPlan, segment: Int) throws(Failure) {
    let (width, steps) = (trajectories.width, trajectories.steps)
    let intervals = segment == 0 ? steps - 1 : min(segment, steps - 1)
    let points = intervals + 1
    var cuts: [(trajectory: Int, start: Int, end: Int, isLast: Bool)] = []
    var first: [Int] = []
    var work = WatchedWork()
    for trajectory in 0..<trajectories.count {
      try work.spend(steps * width)
      first.append(cuts.count)
      let last = trajectories.lastTime(of: trajectory)
      var start = 0
      repeat {
        let end = min(start + max(intervals, 1), last)
        cuts.append((trajectory, start, end, end == last))
        start = end
      } while start < last
    }
    self.plan = points == steps ? plan : try plan.withSteps(points)
    (self.width, self.points, self.first, count, self.trajectories) = (width, points, first, cuts.count, trajectories)
    let (inputs, outputs) = (width + points, points * width)
    let (numbers, overflow) = count.multipliedReportingOverflow(by: inputs + outputs + 1)
    let (buffer, count) = (try Buffer(count: overflow ? -1 : numbers, precision: .float64), cuts.count)
    self.buffer = buffer
    features = MutableTensorView(buffer.base, type: .float64, rows: count, columns: inputs)
    targets = TensorView(UnsafeRawPointer(buffer.base) + 8 * inputs * count, type: .float64, rows: count, columns: outputs)
    following = buffer.vector(count: count, precision: .float64, offset: 8 * (inputs + outputs) * count)
    let (featureNumbers, goalNumbers) = (buffer.vector(count: count * inputs, precision: .float64), buffer.vector(count: count * outputs, precision: .float64, offset: 8 * inputs * count))
    var total = 0
    for (index, cut) in cuts.enumerated() {
      try work.spend(points * width)
      for point in 0..<points {
        let isInside = cut.start + point <= cut.end
        featureNumbers.store(trajectories.time(cut.trajectory, min(cut.start + point, cut.end), segmentFrom: cut.start), at: index * inputs + width + point)
        for k in 0..<width {
          let isCounted = isInside && (cut.isLast || cut.start + point < cut.end)
          let value = isCounted ? trajectories.observation(cut.trajectory, cut.start + point, k) : .nan
          if !value.isNaN { total += 1 }
          goalNumbers.store(value, at: index * outputs + point * width + k)
        }
      }
      following.store(cut.isLast ? 0 : 1, at: index)
    }
    observedCount = total
    guard total > 0 else { throw Failure(.invalidData, "states holds no observation: all numbers are NaN") }
    starts = cuts.map { ($0.trajectory, $0.start) }
  }

  /// The trajectory and the time's number at which each segment begins.
  private let starts: [(trajectory: Int, time: Int)]

  /// Writes the states at which segments begin before anything is fitted: the given initial states, and the observations at later starts, interpolated in time where there is none.
  package func begin(_ states: Vector) throws(Failure) {
    var work = WatchedWork()
    for (trajectory, segment) in first.enumerated() {
      let end = trajectory + 1 < first.count ? first[trajectory + 1] : count
      let times = starts[segment..<end].map(\.time)
      for k in 0..<width {
        try work.spend(trajectories.steps)
        for (index, guess) in trajectories.guesses(trajectory, times, k).enumerated() { states.store(guess, at: (segment + index) * width + k) }
      }
    }
  }

  /// Writes the states at which segments begin to the features.
  package func place(_ states: Vector) {
    let rows = MutableTensorView(features.base, type: .float64, rows: count, columns: width, rowStride: features.rowStride, columnStride: 1)
    copyWhole(TensorView(UnsafeRawPointer(states.base), type: ElementType(states.precision), rows: count, columns: width), into: rows)
  }

  /// Calls `body` with the range, among all starts, of each trajectory's initial state.
  package func forEachInitialState(_ body: (_ trajectory: Int, _ range: Range<Int>) -> Void) {
    for (trajectory, segment) in first.enumerated() { body(trajectory, segment * width..<(segment + 1) * width) }
  }

  /// The segments as a batch, whose messages name the trajectory and the time at which a segment begins.
  package var source: BatchSource {
    BatchSource(features: features.view, normalization: nil) { [starts] in "row \(starts[$0].trajectory), from time \(starts[$0].time) on" }
  }
}

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
  /// Segments × inputs, float64: states, which `place` writes, then times.
  package let features: MutableTensorView
  /// Segments × (points·width), float64; NaN for what was not observed.
  package let targets: TensorView
  /// For each segment 1 if another one of its trajectory follows, otherwise 0; float64.
  package let following: Vector
  /// The observed numbers of all segments.
  package let observedCount: Int
  /// The first segment of each trajectory, and behind them the number of segments; float64, as the other numbers, so that all lie in memory that counts.
  private let firsts: Vector
  /// The trajectory of each segment, and the number of the time at which it begins.
  private let owners: Vector
  private let beginnings: Vector
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
    var work = WatchedWork()
    var count = 0
    for trajectory in 0..<trajectories.count {
      try work.spend(steps * width)
      count += max(1, (trajectories.lastTime(of: trajectory) + max(intervals, 1) - 1) / max(intervals, 1))
    }
    self.plan = points == steps ? plan : try plan.withSteps(points)
    (self.width, self.points, self.count, self.trajectories) = (width, points, count, trajectories)
    let (inputs, outputs) = (width + points, points * width)
    let (numbers, overflow) = count.multipliedReportingOverflow(by: inputs + outputs + 3)
    let buffer = try Buffer(count: overflow || numbers > Int.max / 2 ? -1 : numbers + trajectories.count + 1, precision: .float64)
    self.buffer = buffer
    features = MutableTensorView(buffer.base, type: .float64, rows: count, columns: inputs)
    targets = TensorView(UnsafeRawPointer(buffer.base) + 8 * inputs * count, type: .float64, rows: count, columns: outputs)
    var offset = (inputs + outputs) * count
    func next(_ count: Int) -> Vector {
      defer { offset += count }
      return buffer.vector(count: count, precision: .float64, offset: 8 * offset)
    }
    (following, owners, beginnings, firsts) = (next(count), next(count), next(count), next(trajectories.count + 1))
    let (featureNumbers, goalNumbers) = (buffer.vector(count: count * inputs, precision: .float64), buffer.vector(count: count * outputs, precision: .float64, offset: 8 * inputs * count))
    var (total, index) = (0, 0)
    for trajectory in 0..<trajectories.count {
      firsts.store(Double(index), at: trajectory)
      let last = trajectories.lastTime(of: trajectory)
      var start = 0
      repeat {
        try work.spend(points * width)
        let end = min(start + max(intervals, 1), last)
        for point in 0..<points {
          let isCounted = start + point < end || (start + point == end && end == last)
          featureNumbers.store(trajectories.time(trajectory, min(start + point, end), segmentFrom: start), at: index * inputs + width + point)
          for k in 0..<width {
            let value = isCounted ? trajectories.observation(trajectory, start + point, k) : .nan
            if !value.isNaN { total += 1 }
            goalNumbers.store(value, at: index * outputs + point * width + k)
          }
        }
        following.store(end == last ? 0 : 1, at: index)
        owners.store(Double(trajectory), at: index)
        beginnings.store(Double(start), at: index)
        (start, index) = (end, index + 1)
      } while start < last
    }
    firsts.store(Double(index), at: trajectories.count)
    observedCount = total
    guard total > 0 else { throw Failure(.invalidData, "states holds no observation: all numbers are NaN") }
  }

  /// The segments of a trajectory.
  package func segments(of trajectory: Int) -> Range<Int> { Int(firsts.load(trajectory))..<Int(firsts.load(trajectory + 1)) }

  /// Writes the states at which segments begin before anything is fitted: the given initial states, and the observations at later starts, interpolated in time where there is none.
  package func begin(_ states: Vector) throws(Failure) {
    var work = WatchedWork()
    for trajectory in 0..<trajectories.count {
      let own = segments(of: trajectory)
      for k in 0..<width {
        try work.spend(trajectories.steps)
        trajectories.forEachGuess(trajectory, own.lazy.map { [beginnings] in Int(beginnings.load($0)) }, k) { states.store($1, at: (own.lowerBound + $0) * width + k) }
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
    for trajectory in 0..<trajectories.count {
      let segment = segments(of: trajectory).lowerBound
      body(trajectory, segment * width..<(segment + 1) * width)
    }
  }

  /// The segments as a batch, whose messages name the trajectory and the time at which a segment begins.
  package var source: BatchSource {
    BatchSource(features: features.view, normalization: nil) { [owners, beginnings, buffer] segment in
      withExtendedLifetime(buffer) { "row \(Int(owners.load(segment))), from time \(Int(beginnings.load(segment))) on" }
    }
  }
}

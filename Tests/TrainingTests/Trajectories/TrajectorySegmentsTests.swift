import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

struct TrajectorySegmentsTests {
  /// Twelve intervals in segments of five: 5, 5 and 2; the last one repeats its last time. An observation at a boundary belongs to the segment that begins there.
  @Test func segmentsCoverATrajectory() throws {
    let own = try TrajectoryCase(count: 2)
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: 5)
    #expect(segments.count == 6 && segments.points == 6 && segments.segments(of: 0) == 0..<3 && segments.segments(of: 1) == 3..<6 && segments.observedCount == 2 * 13 * 2)
    #expect((0..<6).map { segments.following.load($0) } == [1, 1, 0, 1, 1, 0])
    let times = (0..<6).map { segment in (0..<6).map { segments.features.view.number(row: segment, column: 2 + $0) } }
    let given = (0..<13).map { own.features[2 + $0] }
    #expect(times[0] == Array(given[0...5]) && times[1] == Array(given[5...10]) && times[2] == Array(given[10...12]) + [given[12], given[12], given[12]])
    #expect(segments.targets.number(row: 0, column: 10).isNaN && segments.targets.number(row: 1, column: 0) == own.states[10] && segments.targets.number(row: 2, column: 4) == own.states[24])
    let starts = try TestSupport.Numbers(12, .float64)
    try segments.begin(starts.vector)
    #expect(starts[2] == own.states[10] && starts[0] == own.features[0])
    segments.place(starts.vector)
    #expect(segments.features.view.number(row: 1, column: 1) == starts[3])
  }

  @Test func wholeTrajectoriesAreOneSegmentEach() throws {
    let own = try TrajectoryCase()
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: 0)
    #expect(segments.count == 3 && segments.points == 13 && (0..<3).allSatisfy { segments.following.load($0) == 0 })
  }

  @Test func failuresNameTheTrajectory() throws {
    let own = try TrajectoryCase()
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: 4)
    let failure = segments.source.named(SampleFailure(sample: 4, Failure(.notFinite, "the scores are not finite")))
    #expect(failure.message == "row 1, from time 4 on: the scores are not finite")
  }
}

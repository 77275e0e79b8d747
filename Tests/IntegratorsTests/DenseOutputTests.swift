import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct DenseOutputTests {
  private static let indices = AdaptiveTableauTests.tableaus.indices

  /// States between steps have errors within the tolerance, like the final states, at any times: several in one step and none in another. Those at 0 and at the horizon are the solve's own states.
  @Test(arguments: indices) func statesAtAskedTimesFollowTheTolerance(_ index: Int) throws {
    let (a, w) = (-0.2, 3.0)
    var errors: [Double] = []
    for tolerance in [1e-4, 1e-6, 1e-8, 1e-10] {
      let adaptive = try AdaptiveCase(linear: [[a, -w], [w, a]], AdaptiveTableauTests.tableaus[index], tolerance: tolerance, length: 2)
      let times = [0, 0.001, 0.002, 0.31, 0.5, 0.77, 1.2, 1.2, 1.999, 2]
      let starts = [[1.0, 0], [0.1, -3], [0, 0]]
      let result = try adaptive.output(starts, times: times)
      var error = 0.0
      for (number, time) in times.enumerated() {
        for (sample, start) in starts.enumerated() { error = max(error, largestDifference(denseState(result, time: number, sample: sample, width: 2), spiral(a, w, time, start))) }
      }
      #expect(error < 300 * tolerance, "tolerance \(tolerance): \(error)")
      errors.append(error)
      let ends = try adaptive.solve(starts)
      for (sample, start) in starts.enumerated() {
        #expect(denseState(result, time: 9, sample: sample, width: 2).map(\.bitPattern) == ends[sample].map(\.bitPattern))
        #expect(denseState(result, time: 0, sample: sample, width: 2) == start)
      }
      #expect(result.ends.prefix(3).allSatisfy { $0 == .horizon } && result.endTimes[0] == 2)
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) { #expect(fine < coarse / 10, "\(errors)") }
  }

  /// y₁ = cos 3t falls through 1/2 at t = π/9 and rises through it at 5π/9: the solve finds the first of the requested kind, up to the tolerance.
  @Test(arguments: indices) func eventsAreFoundOnTheirSide(_ index: Int) throws {
    let adaptive = try AdaptiveCase(linear: [[0, -3], [3, 0]], AdaptiveTableauTests.tableaus[index], tolerance: 1e-9, length: 4)
    for (direction, time) in [(EventFunction.Direction.falling, Double.pi / 9), (.rising, 5 * .pi / 9), (.either, .pi / 9)] {
      let result = try adaptive.output([[1, 0], [0.25, 0]], times: [0.1, 0.3, 3], event: EventFunction(weights: [1, 0], level: 0.5, direction: direction))
      #expect(result.ends[0] == .event && result.ends[1] == .horizon, "the second circle is too small")
      #expect(abs(result.endTimes[0] - time) < 1e-7)
      let atEvent = withExtendedLifetime(result) { (0..<2).map { Vector(result.eventStates.rows($0..<$0 + 1).base, count: 16, precision: .float64).load(0) } }
      #expect(largestDifference(atEvent, [cos(3 * time), sin(3 * time)]) < 1e-7 && abs(atEvent[0] - 0.5) < 1e-12, "on the level to rounding")
      #expect(denseState(result, time: 2, sample: 0, width: 2).allSatisfy { $0.isNaN }, "beyond the event")
      #expect(!denseState(result, time: 0, sample: 0, width: 2).contains { $0.isNaN } && !denseState(result, time: 2, sample: 1, width: 2).contains { $0.isNaN })
    }
  }

  /// Times and events extend over layers.
  @Test func timesGoOnFromLayerToLayer() throws {
    let adaptive = try AdaptiveCase(linear: [[-0.1, -1], [1, -0.1]], tolerance: 1e-9, length: 0.75)
    let times = [0, 0.5, 0.75, 1.1, 2.25]
    let result = try adaptive.output([[1, 0], [2, 1]], times: times, event: EventFunction(weights: [0, 1], level: 1.5, direction: .rising), layers: 3)
    for (number, time) in times.enumerated() {
      #expect(largestDifference(denseState(result, time: number, sample: 0, width: 2), spiral(-0.1, 1, time, [1, 0])) < 1e-7)
    }
    #expect(result.ends[0] == .horizon && result.endTimes[0] == 2.25 && result.ends[1] == .event && result.endTimes[1] < 0.75)
    #expect(denseState(result, time: 3, sample: 1, width: 2).allSatisfy { $0.isNaN })
    #expect(result.allHaveEnded(samples: 2))
  }

  @Test func failuresSaySoAtTheirTime() throws {
    let adaptive = try AdaptiveCase(linear: [[-1e6]], length: 1) { $0.maximumSteps = 100 }
    let result = try adaptive.output([[1]], times: [0, 1])
    #expect(result.ends[0] == .failure && result.endTimes[0] > 0 && result.endTimes[0] < 0.01)
    #expect(denseState(result, time: 0, sample: 0, width: 1) == [1] && denseState(result, time: 1, sample: 0, width: 1)[0].isNaN)
  }
}

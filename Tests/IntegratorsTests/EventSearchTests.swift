import Foundation
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct EventSearchTests {
  private static let indices = AdaptiveTableauTests.tableaus.indices

  /// ẏ₁ = −3y₂, ẏ₂ = 3y₁: circles with period 2π/3.
  private func circles(_ index: Int, tolerance: Double = 1e-9, length: Double = 4, precision: Precision = .float64) throws -> AdaptiveCase {
    try AdaptiveCase(linear: [[0, -3], [3, 0]], AdaptiveTableauTests.tableaus[index], tolerance: tolerance, length: length, precision: precision)
  }

  /// Loose tolerances take steps of a third of a turn and more, in which a circle passes a level near its top twice: y₁ = cos(3t + φ) and level 0.97 within 0.16 of time. Every first crossing counts.
  @Test(arguments: indices, [EventFunction.Direction.rising, .falling, .either]) func twoCrossingsInAStepAreSeen(_ index: Int, _ direction: EventFunction.Direction) throws {
    let adaptive = try circles(index, tolerance: 1e-3, length: 2)
    let phases = (0..<40).map { 0.3 + 5.6 * Double($0) / 39 }
    let result = try adaptive.output(phases.map { [cos($0), sin($0)] }, event: EventFunction(weights: [1, 0], level: 0.97, direction: direction))
    let edge = acos(0.97)
    var within = 0
    for (sample, phase) in phases.enumerated() {
      // Rising at angle 2π − edge, falling at 2π + edge.
      let time = (2 * .pi + (direction == .falling ? edge : -edge) - phase) / 3
      #expect(result.ends[sample] == (time < 2 ? .event : .horizon), "sample \(sample)")
      if time < 2 {
        within += 1
        // Up to the phase error for a tolerance of 1e-3, which the flat top magnifies.
        #expect(abs(result.endTimes[sample] - time) < 0.03, "sample \(sample): \(result.endTimes[sample]), \(time)")
      }
    }
    #expect(within > 20)
    #expect(adaptive.log.accepted < 40 * 11, "few steps a turn, so that many hold both crossings")
  }

  /// A solve that starts at an event finds the next one, repeatedly: half a turn later, or a whole turn later if a direction is given.
  @Test(arguments: indices, Precision.allCases) func solvingOnFindsTheNextEvent(_ index: Int, _ precision: Precision) throws {
    let tolerance = precision == .float64 ? 1e-10 : 1e-6
    let adaptive = try circles(index, tolerance: tolerance, precision: precision)
    for (direction, turn) in [(EventFunction.Direction.either, Double.pi / 3), (.rising, 2 * .pi / 3), (.falling, 2 * .pi / 3)] {
      // Levels away from the origin, and through it, where rounding is largest relative to the level.
      for level in [0.0, 0.3] {
        var states = (0..<40).map { [cos(0.1 + 0.15 * Double($0)), sin(0.1 + 0.15 * Double($0))] }
        for round in 0..<5 {
          let result = try adaptive.output(states, event: EventFunction(weights: [1, 0], level: level, direction: direction))
          #expect(result.ends.prefix(40).allSatisfy { $0 == .event })
          for sample in 0..<40 where round > 0 {
            let time = result.endTimes[sample]
            // The arcs on the two sides of the level differ; together they are one turn.
            let arcs = direction == .either ? [2 * acos(level) / 3, 2 * (.pi - acos(level)) / 3] : [turn]
            // Up to 100 tolerances in the state for each round, where w·y changes at a rate of 2.8 or more.
            #expect(arcs.contains { abs($0 - time) < 200 * tolerance }, "round \(round), sample \(sample): \(time)")
          }
          states = (0..<40).map { eventState(result, sample: $0) }
        }
      }
    }
  }

  /// The returned state has left its side: it lies at or beyond the level, as the library itself measures it.
  @Test(arguments: indices, Precision.allCases) func eventStatesLieOnTheFarSide(_ index: Int, _ precision: Precision) throws {
    let adaptive = try circles(index, tolerance: 1e-6, precision: precision)
    let states = (0..<40).map { [1.3 * cos(0.15 * Double($0)), 1.3 * sin(0.15 * Double($0))] }
    for (direction, sign) in [(EventFunction.Direction.rising, 1.0), (.falling, -1.0)] {
      let result = try adaptive.output(states, event: EventFunction(weights: [0, 1], level: 0, direction: direction))
      for sample in 0..<40 {
        #expect(result.ends[sample] == .event)
        let y = eventState(result, sample: sample)
        // The weights of tsit5's extension are as large as 13, which magnifies the rounding error of their sum.
        #expect(sign * y[1] >= 0 && abs(y[1]) < 64 * precision.epsilon, "\(y[1])")
      }
    }
  }

  /// A sample that starts on the level, exactly or within rounding on either side, leaves it without an event and reaches it again half a turn later.
  @Test(arguments: indices) func beginningOnTheLevelIsNoEvent(_ index: Int) throws {
    let adaptive = try circles(index)
    for offset in [0, 1e-17, -1e-17, 4e-16, -4e-16] {
      let result = try adaptive.output([[1, 0.5 + offset], [-1, 0.5 + offset]], event: EventFunction(weights: [0, 1], level: 0.5))
      let angle = atan2(0.5, 1)
      #expect(result.ends[0] == .event && abs(result.endTimes[0] - (.pi - 2 * angle) / 3) < 1e-7)
      #expect(result.ends[1] == .event && abs(result.endTimes[1] - (.pi + 2 * angle) / 3) < 1e-7)
    }
    // Farther away it starts on one side.
    let near = try adaptive.output([[1, 0.5 - 1e-9]], event: EventFunction(weights: [0, 1], level: 0.5))
    #expect(near.ends[0] == .event && near.endTimes[0] < 1e-9 && near.endTimes[0] > 0)
  }

  /// A state that rests on the level, up to rounding, has no event.
  @Test func restingOnTheLevelIsNoEvent() throws {
    let adaptive = try AdaptiveCase(linear: [[-1, 1], [1, -1]], length: 5)
    // y₁ + y₂ is conserved up to rounding.
    let states = (0..<16).map { [Double($0) / 3, 1 - Double($0) / 3] }
    let result = try adaptive.output(states, event: EventFunction(weights: [1, 1], level: 1))
    #expect(result.ends.prefix(16).allSatisfy { $0 == .horizon })
  }

  /// A circle of radius r just reaches the level r, crosses a lower level twice, and never reaches a higher one.
  @Test(arguments: indices) func grazingIsDecidedByTheExtension(_ index: Int) throws {
    let adaptive = try circles(index, tolerance: 1e-11, length: 2)
    for (radius, isMet) in [(1 + 1e-7, true), (1 - 1e-7, false)] {
      let result = try adaptive.output([[0, radius]], event: EventFunction(weights: [0, 1], level: 1, direction: .either))
      // From the top it falls at once; the next top is a turn later, at 2π/3 > 2.
      #expect(result.ends[0] == (isMet ? .event : .horizon))
      let below = try adaptive.output([[radius, 0]], event: EventFunction(weights: [0, 1], level: 1, direction: .rising))
      #expect(below.ends[0] == (isMet ? .event : .horizon))
      guard isMet else { continue }
      #expect(abs(below.endTimes[0] - (.pi / 2 - acos(1 / radius)) / 3) < 1e-5)
      // A further solve passes the top and crosses the level again.
      let on = try adaptive.output([eventState(below, sample: 0)], event: EventFunction(weights: [0, 1], level: 1))
      #expect(on.ends[0] == .event && abs(on.endTimes[0] - 2 * acos(1 / radius) / 3) < 1e-5)
    }
  }

  /// An event at the end of a step, of a layer and of the solve: y = t passes 1 at the end of the first of two layers, and what its rounded sums reach of 2 at the horizon.
  @Test(arguments: indices) func eventsAtTheEnds(_ index: Int) throws {
    let adaptive = try AdaptiveCase(AdaptiveTableauTests.tableaus[index], "dense", FieldConfiguration(width: 1, activation: .identity, precision: .float64), length: 1)
    adaptive.example.tensors[0][0] = 0
    adaptive.example.tensors[1][0] = 1
    for level in [1.0, 2 - 0x1p-50] {
      let result = try adaptive.output([[0]], times: [0, 1, 2], event: EventFunction(weights: [1], level: level), layers: 2)
      #expect(result.ends[0] == .event && abs(result.endTimes[0] - level) < 4e-15, "\(result.endTimes[0])")
      #expect(eventState(result, sample: 0)[0] >= level)
    }
  }
}

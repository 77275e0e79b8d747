import Settings
import Testing
import VectorFields

@Suite struct TimeGridTests {
  @Test func equalStepsShareTheHorizon() {
    let grid = TimeGrid(layers: 8, horizon: 2)
    #expect(grid.isUniform && (0..<8).allSatisfy { grid.stepSize($0) == 0.25 })
    #expect(grid.time(0) == 0 && grid.time(3) == 0.75 && grid.time(8) == 2)
    #expect(grid.midpoint(3) == 0.875)
  }

  /// The step sizes are the given ones, not differences of rounded times: 0.1 + 0.2 + 0.3 is wrong in the last digit.
  @Test func givenStepsKeepTheirBits() throws {
    let sizes = [0.1, 0.2, 0.3, 0.05]
    let grid = try TimeGrid(stepSizes: sizes)
    #expect(!grid.isUniform && (0..<4).map { grid.stepSize($0) } == sizes)
    #expect((0...4).map { grid.time($0) } == [0, 0.1, 0.1 + 0.2, 0.1 + 0.2 + 0.3, 0.1 + 0.2 + 0.3 + 0.05])
    #expect(grid.horizon == grid.time(4))
    #expect(grid.midpoint(1) == 0.5 * (0.1 + (0.1 + 0.2)))
    let equal = try TimeGrid(stepSizes: [0.1, 0.1, 0.1])
    #expect(equal.isUniform && equal.stepSize(2) == 0.1)
  }

  @Test func findsTheLayerOfATime() throws {
    for grid in [TimeGrid(layers: 5, horizon: 3), try TimeGrid(stepSizes: [0.1, 2, 0.03, 1])] {
      for layer in 0..<grid.layers {
        #expect(grid.layer(at: grid.midpoint(layer)) == layer)
        #expect(grid.layer(at: grid.time(layer) + 1e-9) == layer)
      }
      #expect(grid.layer(at: grid.horizon) == grid.layers - 1)
    }
  }

  @Test func refusesStepsThatDoNotAdvance() {
    for (sizes, place) in [([0.1, 0], 1), ([-0.5], 0), ([1, .nan], 1), ([1, .infinity], 1), ([1, 1e-30], 1), ([1e308, 1e308], 1)] as [([Double], Int)] {
      #expect { try TimeGrid(stepSizes: sizes) } throws: { ($0 as? Failure)?.status == .outOfRange && "\($0)".contains("step_sizes[\(place)] is \(sizes[place])") }
    }
    #expect { try TimeGrid(stepSizes: []) } throws: { ($0 as? Failure)?.status == .invalidArgument }
  }

  /// The last layer ends at the horizon itself, bit for bit: solves stop when they reach it.
  @Test func theLastTimeIsTheHorizon() {
    for layers in 1...60 {
      for hundredths in 1...900 {
        let horizon = Double(hundredths) / 100
        #expect(TimeGrid(layers: layers, horizon: horizon).time(layers) == horizon, "\(layers) layers, horizon \(horizon)")
      }
    }
  }
}

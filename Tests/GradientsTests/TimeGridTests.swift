import Gradients
import Settings
import TestSupport
import Testing

@Suite struct TimeGridTests {
  @Test func equalStepsShareTheHorizon() {
    let grid = TimeGrid(layers: 8, horizon: 2)
    #expect(grid.isUniform && (0..<8).allSatisfy { grid.stepSize($0) == 0.25 })
    #expect(grid.time(0) == 0 && grid.time(3) == 0.75 && grid.time(8) == 2)
  }

  @Test func givenStepsAddUp() throws {
    let grid = try TimeGrid(stepSizes: [0.5, 0.25, 1])
    #expect(!grid.isUniform && grid.layers == 3 && grid.horizon == 1.75)
    #expect((0...3).map(grid.time) == [0, 0.5, 0.75, 1.75])
    #expect((0..<3).map(grid.stepSize) == [0.5, 0.25, 1])
    // Equal steps are a uniform grid, whichever way they came.
    #expect(try TimeGrid(stepSizes: [0.5, 0.5]).isUniform)
  }

  @Test(arguments: [[0.5, 0], [0.5, -1], [0.5, .infinity], [0.5, .nan], [1, 1e-20]]) func namesTheStepThatIsNone(_ sizes: [Double]) {
    let failure = refusal { _ = try TimeGrid(stepSizes: sizes) }
    #expect(failure?.status == .outOfRange)
    #expect(failure?.message.contains("step_sizes[1]") == true)
  }
}

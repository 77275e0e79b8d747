import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveRungeKuttaTests {
  /// With equal steps the order is 5 ± 0.15: halving the steps divides the error by 32.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func equalStepsHaveOrderFive(_ index: Int) throws {
    func error(_ steps: Int) throws -> Double {
      // One step per layer: the first step is the whole layer and is always accepted.
      let one = try AdaptiveCase(linear: [[-0.2, -2], [2, -0.2]], AdaptiveTableauTests.tableaus[index], length: 2 / Double(steps)) {
        $0.firstStep = 10
        $0.absoluteTolerance = 1e6
      }
      var state = [1.0, 0.5]
      for _ in 0..<steps { state = try one.solve([state])[0] }
      #expect(one.log.accepted == steps && one.log.rejected == 0)
      return norm(zip(state, spiral(-0.2, 2, 2, [1, 0.5])).map { $0 - $1 })
    }
    let errors = try [64, 128, 256].map(error)
    for (coarse, fine) in zip(errors, errors.dropFirst()) { #expect(abs(log2(coarse / fine) - 5) < 0.15, "\(errors)") }
  }

  /// A partitioned field is solved as one equation in the whole state: ẏ = z, ż = −y is a rotation.
  @Test func solvesPartitionedFields() throws {
    let adaptive = try AdaptiveCase(.dopri5, "hamiltonian", FieldConfiguration(width: 1, activation: .identity, bias: .none, precision: .float64), tolerance: 1e-9, length: 2)
    adaptive.example.tensors[0][0] = 1
    #expect(largestDifference(try adaptive.solve([[1, 0.5]])[0], spiral(0, -1, 2, [1, 0.5])) < 1e-7)
  }

  /// Weights that vary within a layer are refused, because the solve chooses its own steps.
  @Test func needsWeightsConstantInALayer() throws {
    let mixing = try timeBases("piecewise_linear").make(OptionValues(scope: "block", timeBases.options))
    #expect {
      _ = try ODEBlock(
        field: try fields("dense").make(FieldConfiguration(width: 2)), integrator: try integrators.standard("dopri5"), grid: TimeGrid(layers: 6, horizon: 1), basis: mixing,
        offset: 0, precision: .float32)
    } throws: { ($0 as? Failure)?.status == .incompatible && "\($0)".contains("constant within a layer") }
  }

  /// The rows of the record for 10 000 steps: steps and segment, 141 slots with a state and a step size each, and 142 bookmarks of 32 bytes.
  @Test func saysWhatItHolds() throws {
    let field = try fields("dense").make(FieldConfiguration(width: 7))
    var control = AdaptiveControl()
    let method = AdaptiveRungeKutta(.tsit5, control)
    #expect(method.recordWidth(field) == 2 + 141 * 8 + 142 * 8 + 2)
    control.recordedSteps = 200
    #expect(AdaptiveRungeKutta(.tsit5, control).recordWidth(field) == 2 + 200 * 8 + 201 * 8 + 2)
    #expect(method.order == 5 && !method.isReversible && method.needsConstantWeights)
  }
}

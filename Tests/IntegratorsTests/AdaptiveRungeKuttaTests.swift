import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveRungeKuttaTests {
  /// Order 5 with steps held equal: halving them divides the error by 32, the order being within 0.15.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func equalStepsHaveOrderFive(_ index: Int) throws {
    func error(_ steps: Int) throws -> Double {
      // A layer a step: the first step is the whole layer and is always accepted.
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

  /// Partitioned fields are solved as the whole equation that they are: ẏ = z, ż = −y is a rotation.
  @Test func solvesPartitionedFields() throws {
    let adaptive = try AdaptiveCase(.dopri5, "hamiltonian", FieldConfiguration(width: 1, activation: .identity, bias: .none, precision: .float64), tolerance: 1e-9, length: 2)
    adaptive.example.tensors[0][0] = 1
    #expect(largestDifference(try adaptive.solve([[1, 0.5]])[0], spiral(0, -1, 2, [1, 0.5])) < 1e-7)
  }

  /// Weights that vary within a layer have no place in a solve whose steps are its own.
  @Test func needsWeightsConstantInALayer() throws {
    let mixing = try timeBases("piecewise_linear").make(OptionValues(scope: "block", timeBasisOptions))
    #expect {
      _ = try ODEBlock(
        field: try fields("dense").make(FieldConfiguration(width: 2)), integrator: try integrators.standard("dopri5"), grid: TimeGrid(layers: 6, horizon: 1), basis: mixing,
        offset: 0, precision: .float32)
    } throws: { ($0 as? Failure)?.status == .incompatible && "\($0)".contains("constant within a layer") }
  }

  /// Rows of the record: counts, the window, and 32 slots of a state and a step size; the scratch suffices for all columns.
  @Test func saysWhatItHolds() throws {
    let field = try fields("dense").make(FieldConfiguration(width: 7))
    let method = AdaptiveRungeKutta(.tsit5, AdaptiveControl())
    #expect(method.recordWidth(field) == 2 + 32 * 8)
    #expect(method.order == 5 && !method.isReversible && method.needsConstantWeights)
  }
}

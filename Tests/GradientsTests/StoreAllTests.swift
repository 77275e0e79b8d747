import Gradients
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct StoreAllTests {
  private static let pairs = BlockCase.pairs.map { "\($0.field) \($0.integrator)" }

  @Test func tapeHoldsEveryStateAndEveryRecord() throws {
    #expect(StoreAll().tapeRows(try BlockCase(field: "dense", integrator: "euler", width: 4, layers: 10).block) == 11 * 4 + 10 * 4)
    #expect(StoreAll().tapeRows(try BlockCase(field: "hamiltonian", integrator: "verlet", width: 4, layers: 10).block) == 11 * 8 + 10 * 8)
    // The states (y, y₋) of two-step methods overlap.
    for integrator in ["leapfrog", "midpoint", "linear_multistep"] {
      #expect(StoreAll().tapeRows(try BlockCase(field: "antisymmetric", integrator: integrator, width: 4, layers: 10).block) == 12 * 4 + 10 * 4, "\(integrator)")
    }
  }

  /// The gradient of ⟨w, y_N⟩ along random directions in the parameters and in the initial state agrees with central differences (error near 1e-10, see PropagationTests).
  @Test(arguments: pairs, BiasKind.allCases) func adjointIsTheGradient(_ names: String, _ bias: BiasKind) throws {
    let names = names.split(separator: " ").map(String.init)
    func example() throws -> BlockCase { try BlockCase(field: names[0], integrator: names[1], bias: bias, gamma: 0.3) }
    let original = try example()
    let columns = 16
    let (_, gradient, cotangent) = try original.derivatives(StoreAll(), columns: columns)
    let weight = try original.state(columns, seed: 14)
    let start = try original.state(columns)
    for seed in 200..<204 as Range<UInt64> {
      let direction = try Numbers.normal(original.parameters.count, .float64, seed: seed)
      let stateDirection = try original.state(columns, seed: seed + 50)
      func objective(_ factor: Double) throws -> Double {
        let moved = try example()
        axpy(factor, direction.vector, addingTo: moved.parameters.vector)
        moved.prepare()
        let state = try Numbers(zip(start.values, stateDirection.values).map { $0 + factor * $1 }, .float64)
        return inner(weight.values, try moved.propagate(state, columns: columns).values)
      }
      let difference = (try objective(1e-5) - objective(-1e-5)) / 2e-5
      let exact = inner(gradient.values, direction.values) + inner(cotangent.values, stateDirection.values)
      #expect(abs(exact - difference) < 1e-7 * (1 + abs(exact)))
    }
    // Numbers before the block's offset belong to other blocks.
    #expect(gradient.values[..<3].allSatisfy { $0 == 0 })
  }
}

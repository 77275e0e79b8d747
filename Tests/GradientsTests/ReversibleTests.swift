import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ReversibleTests {
  /// Recomputed states carry the rounding of the way there and back: 1e-10 and 1e-4 leave room for its growth over 60 layers.
  @Test(arguments: Precision.allCases, Activation.allCases.filter { $0 != .relu }) func agreesWithStoreAll(_ precision: Precision, _ activation: Activation) throws {
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", activation: activation, layers: 60, horizon: 3, precision: precision)
    let stored = try example.derivatives(StoreAll())
    let recomputed = try example.derivatives(Reversible())
    let tolerance = precision == .float64 ? 1e-10 : 1e-4
    for (name, a, b) in [("gradient", recomputed.gradient, stored.gradient), ("cotangent", recomputed.cotangent, stored.cotangent)] {
      let error = norm(zip(a.values, b.values).map { $0 - $1 }) / norm(b.values)
      #expect(error < tolerance, "\(name): \(error)")
    }
  }

  @Test func tapeDoesNotGrowWithDepth() throws {
    let rows = try [1, 10, 10_000].map { Reversible().tapeRows(try BlockCase(field: "hamiltonian", integrator: "verlet", width: 4, layers: $0).block) }
    // Two states of 8 rows and one record of 8.
    #expect(rows == [24, 24, 24])
  }

  @Test func refusesEulerAndNamesWhatWouldDo() throws {
    let block = try BlockCase(field: "hamiltonian", integrator: "euler").block
    #expect { try Reversible().check(block) } throws: { error in
      (error as? Failure)?.status == .incompatible && "\(error)".contains("reversible") && "\(error)".contains("verlet") && !"\(error)".contains("euler")
    }
    try Reversible().check(try BlockCase(field: "hamiltonian", integrator: "verlet").block)
  }
}

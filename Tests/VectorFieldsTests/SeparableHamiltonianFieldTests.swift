import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// `hamiltonian_two_weight` and the separable `hamiltonian_h`.
@Suite struct SeparableHamiltonianFieldTests {
  private static let variants = [FieldVariant("hamiltonian_two_weight"), FieldVariant("hamiltonian_two_weight", [("hidden_width", .integer(7))]),
    FieldVariant("hamiltonian_h"), FieldVariant("hamiltonian_h", [("hidden_width", .integer(7))])]

  /// Theory.md §2.5: ẏ=K₁ᵀσ(K₁z+b₁), ż=−K₂ᵀσ(K₂y+b₂).
  @Test(arguments: Activation.allCases, [0, 7]) func twoWeightsEvaluateTheirFormula(_ activation: Activation, _ hidden: Int) throws {
    let variant = FieldVariant("hamiltonian_two_weight", [("hidden_width", .integer(Int64(hidden)))])
    let positions = try variant.largestDefect(activation, component: 0) { tensors, z in tensors.gradient("K1", "b1", z) }
    let momenta = try variant.largestDefect(activation, component: 1) { tensors, y in tensors.gradient("K2", "b2", y).map { -$0 } }
    #expect(max(positions, momenta) < 400, "\(positions), \(momenta) ε")
  }

  /// Theory.md §2.6: ẏ = 𝒥Kᵀσ(Ky+b) with K = diag(Kq, Kp).
  @Test(arguments: Activation.allCases) func blockDiagonalWeightsEvaluateTheirFormula(_ activation: Activation) throws {
    let positions = try FieldVariant("hamiltonian_h").largestDefect(activation, component: 0, widths: [2, 10, 34]) { tensors, p in tensors.gradient("Kp", "bp", p) }
    let momenta = try FieldVariant("hamiltonian_h").largestDefect(activation, component: 1, widths: [2, 10, 34]) { tensors, q in
      tensors.gradient("Kq", "bq", q).map { -$0 }
    }
    #expect(max(positions, momenta) < 400, "\(positions), \(momenta) ε")
  }

  /// [CH] adds momenta to the visible state; [HD] has them within it.
  @Test func widths() throws {
    let two = try FieldVariant("hamiltonian_two_weight").example().field
    #expect((two.width, two.stateWidth) == (6, 12))
    #expect(two.rowsWritten(by: 1) == 6..<12)
    let halves = try FieldVariant("hamiltonian_h").example().field
    #expect((halves.width, halves.stateWidth) == (6, 6))
    #expect(halves.rowsWritten(by: 0) == 0..<3)
    #expect(halves.rowsRead(by: 0) == 3..<6)
    #expect(halves.accelerationComponent == nil)
  }

  /// [HD], Theory.md §6.10: for semi-implicit Euler with different weights in every layer, the sensitivity M of the last state to the first satisfies MᵀΩM = Ω, so ‖M‖ ≥ 1. 30 products of matrices of
  /// norm up to ‖M‖ have rounding errors of ‖M‖²·1e-15.
  @Test(arguments: variants) private func sensitivitiesUnderVerletAreSymplectic(_ variant: FieldVariant) throws {
    for activation in [Activation.tanh, .sigmoid, .softplus] {
      let width = try variant.example(activation: activation).field.stateWidth
      var state = try normalVector(width, seed: 70)
      var columns = plainIdentity(width)
      for layer in 0..<30 {
        let example = try variant.example(activation: activation, seed: UInt64(20 * layer + 1))
        try example.verlet(&state, &columns, stepSize: 0.2)
      }
      let size = plainNorm(columns)
      #expect(symplecticDefect(columns) < 1e-14 * max(size * size, 100))
      #expect(size >= 1)
    }
  }

  /// The same for one layer, up to rounding.
  @Test(arguments: variants) private func oneStepIsSymplectic(_ variant: FieldVariant) throws {
    let example = try variant.example()
    var state = try normalVector(example.field.stateWidth, seed: 71)
    var columns = plainIdentity(example.field.stateWidth)
    try example.verlet(&state, &columns, stepSize: 0.5)
    #expect(symplecticDefect(columns) < 1e-12)
    #expect(plainNorm(columns) > 1)
  }
}

import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct FullHamiltonianFieldTests {
  private static let full = FieldVariant("hamiltonian_h", [("coupling", .text("full"))])

  /// Theory.md §2.6: ẏ = 𝒥Kᵀσ(Ky+b), 𝒥 = [[0, I], [−I, 0]].
  @Test(arguments: Activation.allCases, [0, 7]) func evaluatesItsFormula(_ activation: Activation, _ hidden: Int) throws {
    let variant = FieldVariant("hamiltonian_h", Self.full.options + [("hidden_width", .integer(Int64(hidden)))])
    let defect = try variant.largestDefect(activation, widths: [2, 10, 34]) { tensors, y in
      let gradient = tensors.gradient("K", "b", y)
      return gradient.suffix(y.count / 2) + gradient.prefix(y.count / 2).map { -$0 }
    }
    #expect(defect < 400, "\(defect) ε")
  }

  /// The energy 1ᵀΦ(Ky + b) is constant along the flow: ẏ is orthogonal to its gradient.
  @Test func movesAlongLevelsOfItsEnergy() throws {
    let example = try Self.full.example()
    for seed in 0..<10 {
      let y = try normalVector(6, seed: UInt64(seed))
      let (gradient, moved) = (PlainTensors(example).gradient("K", "b", y), try example.value(at: y))
      #expect(abs(inner(gradient, moved)) < 1e-14 * norm(gradient) * norm(moved))
      #expect(norm(moved) > 0.1)
    }
  }

  /// A Hamiltonian field: ΩJ is symmetric, which makes the flow symplectic.
  @Test func jacobianIsHamiltonian() throws {
    let jacobian = try Self.full.example().jacobian(at: try normalVector(6, seed: 3))
    let turned = jacobian[3...] + jacobian[..<3].map { $0.map { -$0 } }
    let rows = Array(turned)
    for i in 0..<6 {
      for j in 0..<6 { #expect(abs(rows[i][j] - rows[j][i]) < 1e-14) }
    }
  }

  @Test func isOneComponentOfTheWholeVisibleState() throws {
    let field = try Self.full.example().field
    #expect(field.componentCount == 1 && field.stateWidth == 6 && field.width == 6)
  }
}

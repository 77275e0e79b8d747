import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct HamiltonianFieldTests {
  /// Theory.md §2.4: ẏ = σ(Kz+b).
  @Test(arguments: Activation.allCases) func positionsMoveByTheirFormula(_ activation: Activation) throws {
    let defect = try FieldCase.largestDefect("hamiltonian", activation, component: 0) { weights, bias, z in plainLayer(activation, weights, bias, z) }
    #expect(defect < 100, "\(defect) ε")
  }

  /// Theory.md §2.4: ż = −σ(Kᵀy+b), with the bias of the positions.
  @Test(arguments: Activation.allCases) func momentaMoveByTheirFormula(_ activation: Activation) throws {
    let defect = try FieldCase.largestDefect("hamiltonian", activation, component: 1) { weights, bias, y in
      let layer = plainLayer(activation, plainTranspose(weights), bias, y)
      return (layer.value.map { -$0 }, layer.slope)
    }
    #expect(defect < 100, "\(defect) ε")
  }

  @Test func positionsComeFirstAndEachPartReadsTheOther() throws {
    let field = try HamiltonianField(FieldConfiguration(width: 3))
    #expect(field.isPartitioned)
    #expect(field.stateWidth == 6)
    #expect(field.rowsWritten(by: 0) == 0..<3)
    #expect(field.rowsRead(by: 0) == 3..<6)
    #expect(field.rowsWritten(by: 1) == 3..<6)
    #expect(field.rowsRead(by: 1) == 0..<3)
  }

  /// The block matrix [[0, K], [−Kᵀ, 0]] is antisymmetric for every K: y·ẏ + z·ż = 0 if σ is the identity and there is no bias.
  @Test func blockMatrixIsAntisymmetric() throws {
    let example = try FieldCase("hamiltonian", FieldConfiguration(width: 5, activation: .identity, bias: .none, precision: .float64))
    let state = try example.numbers(10, 1, seed: 51)
    let slope = try example.zeros(10, 1)
    for component in 0..<2 {
      example.field.evaluate(
        component, example.layer(), at: state.block(rows: 10, columns: 1).rows(example.field.rowsRead(by: component)), scale: 1, addingTo: nil,
        into: slope.block(rows: 10, columns: 1).rows(example.field.rowsWritten(by: component)), record: nil)
    }
    #expect(abs(inner(state.values, slope.values)) < 1e-14)
    #expect(norm(slope.values) > 0.1)
  }

  /// [HR] §4.3 with Verlet: each step has determinant 1 for any weights (Theory.md §6.10), but is not symplectic.
  @Test(arguments: [Activation.tanh, .softplus, .sin]) func verletPreservesVolume(_ activation: Activation) throws {
    var state = try normalVector(10, seed: 60)
    var columns = plainIdentity(10)
    for layer in 0..<5 {
      let example = try FieldVariant("hamiltonian").example(width: 5, activation: activation, seed: UInt64(10 * layer + 1))
      try example.verlet(&state, &columns, stepSize: 0.7)
    }
    #expect(abs(plainDeterminant(columns) - 1) < 1e-10)
    #expect(symplecticDefect(columns) > 1e-3)
  }
}

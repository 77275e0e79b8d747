import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct SecondOrderGradientFieldTests {
  private static let form = FieldVariant("second_order", [("form", .text("gradient"))])

  /// Theory.md §2.8: ÿ = −Kᵀσ(Ky+b) with ẏ = v.
  @Test(arguments: Activation.allCases, [0, 7]) func evaluatesItsFormula(_ activation: Activation, _ hidden: Int) throws {
    let variant = FieldVariant("second_order", Self.form.options + [("hidden_width", .integer(Int64(hidden)))])
    let velocity = try variant.largestDefect(activation, component: 0) { _, v in v }
    let acceleration = try variant.largestDefect(activation, component: 1) { tensors, y in tensors.gradient("K", "b", y).map { -$0 } }
    #expect(velocity < 2, "\(velocity) ε")
    #expect(acceleration < 400, "\(acceleration) ε")
  }

  /// ½|v|² + E(y) is constant along the flow: ⟨v, v̇⟩ + ⟨∇E, ẏ⟩ = 0.
  @Test func keepsItsEnergy() throws {
    let example = try Self.form.example()
    let (y, v) = (try normalVector(6, seed: 1), try normalVector(6, seed: 2))
    let power = inner(v, try example.value(1, at: y)) + inner(PlainTensors(example).gradient("K", "b", y), try example.value(0, at: v))
    #expect(abs(power) < 1e-14)
    #expect(norm(try example.value(1, at: y)) > 0.1)
    #expect(example.field.accelerationComponent == 1)
  }
}

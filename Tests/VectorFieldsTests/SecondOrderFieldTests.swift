import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct SecondOrderFieldTests {
  /// Theory.md §2.8: ÿ = σ(Ky+b) with ẏ = v.
  @Test(arguments: Activation.allCases) func evaluatesItsFormula(_ activation: Activation) throws {
    let variant = FieldVariant("second_order")
    let velocity = try variant.largestDefect(activation, component: 0) { _, v in v }
    let acceleration = try variant.largestDefect(activation, component: 1) { tensors, y in tensors.layer(tensors("K"), "b", y) }
    #expect(velocity < 2, "\(velocity) ε")
    #expect(acceleration < 200, "\(acceleration) ε")
  }

  @Test func isPartitionedWithItsAccelerationInTheVelocities() throws {
    let field = try FieldVariant("second_order").example().field
    #expect(field.isPartitioned && field.accelerationComponent == 1)
    #expect((field.width, field.stateWidth) == (6, 12))
    #expect(field.rowsRead(by: 1) == 0..<6)
    #expect(field.rowsWritten(by: 1) == 6..<12)
  }
}

import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AntisymmetricRNNFieldTests {
  static let h = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9]

  /// Chang et al. 2019, eq. 9: tanh((W − Wᵀ − γI)h + Vx + b).
  @Test func fieldIsThatOfThePaper() throws {
    let example = try DrivenFieldTests.Variant(name: "antisymmetric_rnn", drive: DriveConfiguration(channels: 3)).example()
    let u = DrivenFieldTests.drive(example)
    let sum = plainSum(
      DrivenFieldTests.recurrent(example, Self.h), plainProduct(DrivenFieldTests.matrix(example, "V"), u), DrivenFieldTests.vector(example, "b"))
    #expect(largestDifference(try DrivenFieldTests.evaluated(example, Self.h), sum.map(Foundation.tanh)) < 20 * Precision.float64.epsilon)
  }

  /// The row of presence multiplies the field; where it is 0, the state keeps its bits.
  @Test func presenceGatesTheField() throws {
    let example = try DrivenFieldTests.Variant(name: "antisymmetric_rnn", drive: DriveConfiguration(channels: 3, hasPresence: true)).example()
    let u = DrivenFieldTests.drive(example)
    let sum = plainSum(
      DrivenFieldTests.recurrent(example, Self.h), plainProduct(DrivenFieldTests.matrix(example, "V"), Array(u[1...])), DrivenFieldTests.vector(example, "b"))
    #expect(largestDifference(try DrivenFieldTests.evaluated(example, Self.h), sum.map { u[0] * Foundation.tanh($0) }) < 20 * Precision.float64.epsilon)
    example.drive[0] = 0
    #expect(try DrivenFieldTests.evaluated(example, Self.h).allSatisfy { $0 == 0 })
  }

  /// The frozen Jacobian's operator is W − Wᵀ − γI: xᵀMx = −γ‖x‖² for every x, tested with the identity as activation.
  @Test func operatorIsAntisymmetricButForTheDamping() throws {
    let example = try DrivenFieldTests.Variant(name: "antisymmetric_rnn", drive: DriveConfiguration(channels: 1)).example(activation: .identity)
    let (here, origin) = (try DrivenFieldTests.evaluated(example, Self.h), try DrivenFieldTests.evaluated(example, Self.h.map { _ in 0 }))
    let image = zip(here, origin).map { $0 - $1 }
    #expect(abs(inner(Self.h, image) + 0.3 * inner(Self.h, Self.h)) < 1e-14)
  }

  @Test func isDampedByGamma() throws {
    #expect(try FieldVariant("antisymmetric_rnn", [("gamma", .real(0.1))]).example().field.isDamped)
    #expect(try !FieldVariant("antisymmetric_rnn").example().field.isDamped)
  }
}

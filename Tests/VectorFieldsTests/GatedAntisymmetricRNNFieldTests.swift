import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct GatedAntisymmetricRNNFieldTests {
  /// Chang et al. 2019, eq. 11–13: sigmoid(Mh + V_z x + b_z) ⊙ tanh(Mh + Vx + b), also with a row of presence.
  @Test(arguments: [false, true]) func fieldIsThatOfThePaper(_ hasPresence: Bool) throws {
    let example = try DrivenFieldTests.Variant(name: "gated_antisymmetric_rnn", drive: DriveConfiguration(channels: 2, hasPresence: hasPresence)).example()
    let h = AntisymmetricRNNFieldTests.h
    let rows = DrivenFieldTests.drive(example)
    let u = Array(rows.suffix(2))
    let common = DrivenFieldTests.recurrent(example, h)
    func affine(_ weights: String, _ bias: String) -> [Double] {
      plainSum(common, plainProduct(DrivenFieldTests.matrix(example, weights), u), DrivenFieldTests.vector(example, bias))
    }
    let expected = zip(affine("Vz", "bz"), affine("V", "b")).map { (hasPresence ? rows[0] : 1) / (1 + Foundation.exp(-$0)) * Foundation.tanh($1) }
    #expect(largestDifference(try DrivenFieldTests.evaluated(example, h), expected) < 20 * Precision.float64.epsilon)
  }

  @Test func isDampedByGamma() throws {
    #expect(try FieldVariant("gated_antisymmetric_rnn", [("gamma", .real(0.1))]).example().field.isDamped)
    #expect(try !FieldVariant("gated_antisymmetric_rnn").example().field.isDamped)
  }
}

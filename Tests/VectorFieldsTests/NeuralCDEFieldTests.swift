import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct NeuralCDEFieldTests {
  /// Kidger et al. 2020, eq. 2: fᵢ = Σ_c F_{ic}Ẋ_c with F_{ic} = tanh((Ky + b)_{c·n + i}).
  @Test func fieldIsTheMatrixTimesTheRateOfThePath() throws {
    let example = try DrivenFieldTests.Variant(name: "neural_cde", drive: DriveConfiguration(channels: 3)).example()
    let y = AntisymmetricRNNFieldTests.h
    let u = DrivenFieldTests.drive(example)
    let all = plainSum(plainProduct(DrivenFieldTests.matrix(example, "K"), y), DrivenFieldTests.vector(example, "b")).map(Foundation.tanh)
    let expected = (0..<6).map { i in (0..<3).reduce(0) { $0 + all[$1 * 6 + i] * u[$1] } }
    #expect(largestDifference(try DrivenFieldTests.evaluated(example, y), expected) < 20 * Precision.float64.epsilon)
    for index in 0..<example.drive.count { example.drive[index] = 0 }
    #expect(try DrivenFieldTests.evaluated(example, y).allSatisfy { $0 == 0 })
  }
}

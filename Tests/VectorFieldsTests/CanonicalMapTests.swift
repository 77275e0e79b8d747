import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct CanonicalMapTests {
  /// 𝒥Lᵀσ(Lx + c) for four features, where L is 3 × 4.
  private static let map = CanonicalMap(ComposedMap(gradientOf: MapCase.back, bias: MapCase.backBias, .tanh, factor: 1))

  @Test func turnsTheGradient() throws {
    let example = try MapCase()
    let defect = try example.evaluationDefect(Self.map, inputs: 4) { x in
      let g = plainProduct(plainTranspose(example.l), plainLayer(.tanh, example.l, example.c, x).value)
      return [g[2], g[3], -g[0], -g[1]]
    }
    #expect(defect < 1e-13)
  }

  @Test func derivativesAgree() throws {
    let defects = try MapCase().derivativeDefects(Self.map, inputs: 4)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }
}

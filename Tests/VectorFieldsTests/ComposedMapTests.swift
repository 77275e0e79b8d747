import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ComposedMapTests {
  /// L(σ(Kx + b)) + c.
  @Test(arguments: Activation.allCases) func aHiddenLayer(_ activation: Activation) throws {
    let example = try MapCase()
    let map = ComposedMap(AffineMap(MapCase.kernel, bias: MapCase.bias, activation), then: AffineMap(MapCase.back, bias: MapCase.backBias, nil))
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      plainLayer(.identity, example.l, example.c, plainLayer(activation, example.k, example.b, x).value).value
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }

  /// c·Kᵀσ(Kx + b): the gradient of one tensor has both contributions.
  @Test(arguments: Activation.allCases) func theGradientOfAnEnergy(_ activation: Activation) throws {
    let example = try MapCase()
    let map = ComposedMap(gradientOf: MapCase.kernel, bias: MapCase.bias, activation, factor: -1.5)
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      plainProduct(plainTranspose(example.k), plainLayer(activation, example.k, example.b, x).value).map { -1.5 * $0 }
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }

  /// Two activations, σ(L·(−σ(Kx + b)) + c): both record slopes.
  @Test func twoActivations() throws {
    let example = try MapCase()
    let map = ComposedMap(
      AffineMap(MapCase.kernel, bias: MapCase.bias, .sin, factor: -1), then: AffineMap(MapCase.back, bias: MapCase.backBias, .tanh))
    #expect(map.recordWidth == 4 + 4 + 3)
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      plainLayer(.tanh, example.l, example.c, plainLayer(.sin, example.k, example.b, x).value.map { -$0 }).value
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }
}

import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct LayerPlanTests {
  private func plan(_ bias: BiasKind = .vector) -> LayerPlan { LayerPlan(FieldConfiguration(width: 4, bias: bias, precision: .float64)) }

  @Test func collectsTensorsInTheirOrder() throws {
    var plan = plan()
    let inner = try plan.weight("K1", outputs: 7)
    let innerBias = plan.bias("b1", of: inner)
    let outer = try plan.weight("K2", inputs: 7)
    let outerBias = plan.bias("b2", of: outer)
    #expect(plan.parameters.map(\.name) == ["K1", "b1", "K2", "b2"])
    #expect(plan.parameters.map(\.shape) == [[7, 4], [7], [4, 7], [4]])
    #expect(plan.parameters.map(\.role) == [.weight, .bias, .weight, .bias])
    #expect([inner.tensor, outer.tensor] == [0, 2])
    #expect([innerBias.tensor, outerBias.tensor] == [1, 3])
    #expect(abs(plan.parameters[2].deviation - 1 / 7.0.squareRoot()) < 1e-15)
  }

  @Test func biasFollowsItsKind() throws {
    var (none, scalar) = (plan(.none), plan(.scalar))
    let place = try none.weight("K")
    #expect(none.bias("b", of: place).tensor == nil && none.parameters.count == 1)
    #expect(try scalar.bias("b", of: scalar.weight("K")).stride == 0)
    #expect(scalar.parameters[1].shape == [1])
  }

  /// Copies are only for single samples. Operators that replace the weights are always prepared; with copies they keep the same offsets.
  @Test func preparesWhatThePurposeNeeds() throws {
    var copies = plan()
    _ = try copies.weight("K")
    #expect(copies.preparedCount(for: .training) == 0 && copies.preparedCount(for: .inference) == 16)
    #expect(!copies.gradientNeedsFinish)
    var made = plan()
    _ = try made.weight("A", prepared: .antisymmetric(damping: 0))
    let copied = try made.weight("K", outputs: 2)
    #expect(copied.preparedOffset == 16 * 8)
    #expect(made.reserve(3) == (16 + 8) * 8)
    #expect(made.preparedCount(for: .training) == 27 && made.preparedCount(for: .inference) == 27)
    #expect(made.gradientNeedsFinish)
    var nothing = plan()
    #expect(try nothing.weight("w", prepared: .nothing).preparedOffset == nil)
    #expect(nothing.preparedCount(for: .inference) == 0)
  }

  /// Directions are prepared without constants and without copies; gradients are finished in place.
  @Test func preparesAndFinishes() throws {
    var plan = plan()
    let damped = try plan.weight("A", prepared: .antisymmetric(damping: 0.6))
    let symmetric = try plan.weight("S", prepared: .symmetric)
    let copied = try plan.weight("K")
    let tensors = try (0..<3).map { try Numbers.normal(16, .float64, seed: 40 + UInt64($0)) }
    let prepared = try Numbers(48, .float64)
    var layer = Layer()
    for (index, tensor) in tensors.enumerated() { layer.tensors[index] = tensor.vector.base }
    layer.prepared = prepared.vector.base
    plan.prepare(layer, asDirection: false)
    // Prepared operators are stored transposed: number 4j + i of each is entry (i, j).
    func entry(_ place: OperatorPlace, _ i: Int, _ j: Int) -> Double { prepared[(place.preparedOffset ?? 0) / 8 + 4 * j + i] }
    let (a, s, k) = (tensors[0].rows(of: 4), tensors[1].rows(of: 4), tensors[2].rows(of: 4))
    for i in 0..<4 {
      for j in 0..<4 {
        #expect(abs(entry(damped, i, j) - 0.5 * (a[i][j] - a[j][i] - (i == j ? 0.6 : 0))) < 1e-15)
        #expect(abs(entry(symmetric, i, j) - 0.5 * (s[i][j] + s[j][i])) < 1e-15)
        #expect(entry(copied, i, j) == k[i][j])
      }
    }
    fill(prepared.vector, 7)
    plan.prepare(layer, asDirection: true)
    #expect((0..<4).allSatisfy { entry(damped, $0, $0) == 0 && entry(copied, $0, $0) == 7 })
    plan.finishGradient(layer)
    #expect(abs(tensors[0][1] - 0.5 * (a[0][1] - a[1][0])) < 1e-15)
    #expect(abs(tensors[1][1] - 0.5 * (s[0][1] + s[1][0])) < 1e-15)
    #expect(tensors[2][1] == k[0][1])
  }
}

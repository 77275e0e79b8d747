import Gradients
import LinearAlgebra
import Networks
import TestSupport
import Testing
import VectorFields

@Suite struct ConnectorTests {
  /// σ(Wx + b) with the parameters behind five numbers of other stages.
  private struct Case {
    let connector: Connector
    let parameters: Numbers
    let precision: Precision

    init(_ activation: Activation?, _ precision: Precision) throws {
      var layers = LayerPlan(FieldConfiguration(width: 4, precision: precision))
      let weights = try layers.weight("W", inputs: 3, outputs: 4)
      let bias = layers.bias("b", of: weights)
      connector = Connector("test", AffineMap(weights, bias: bias, activation), layers, from: Shape(channels: 3), to: Shape(channels: 4), offset: 5)
      parameters = try .normal(5 + 12 + 4, precision, seed: 2, deviation: 0.6)
      self.precision = precision
    }

    var weights: Weights { Weights(parameters: parameters.vector, prepared: nil) }
    func block(_ rows: Int, seed: UInt64) throws -> (Numbers, Block) {
      let numbers = try Numbers.normal(rows * 16, precision, seed: seed, deviation: 1)
      return (numbers, Block(numbers.vector.base, rows: rows, columns: 16, precision: precision))
    }
  }

  private func product(_ a: Numbers, _ b: Numbers) -> Double { zip(a.values, b.values).reduce(0) { $0 + $1.0 * $1.1 } }

  /// out is the plain formula, and ⟨Jv + ∂f/∂θ·δ, p⟩ = ⟨v, Jᵀp⟩ + ⟨δ, gradient⟩ for random v, δ and p.
  @Test(arguments: [nil, Activation.tanh], Precision.allCases) func derivativesAreAdjoint(_ activation: Activation?, _ precision: Precision) throws {
    let test = try Case(activation, precision)
    let (x, xBlock) = try test.block(3, seed: 3), (v, vBlock) = try test.block(3, seed: 4), (p, pBlock) = try test.block(4, seed: 5)
    let (out, outBlock) = try test.block(4, seed: 6), (tangent, tangentBlock) = try test.block(4, seed: 7), (q, qBlock) = try test.block(3, seed: 8)
    let (_, record) = try test.block(4, seed: 9), (_, scratch) = try test.block(8, seed: 10)
    let direction = try Numbers.normal(21, precision, seed: 11, deviation: 1), gradient = try Numbers(21, precision), alone = try Numbers(21, precision)

    test.connector.evaluate(test.weights, at: xBlock, into: outBlock, record: record, scratch: scratch)
    let theta = test.parameters.values
    for sample in 0..<16 {
      let column = (0..<3).map { x.values[16 * $0 + sample] }
      let expected = plainLayer(activation ?? .identity, (0..<4).map { Array(theta[5 + 3 * $0..<8 + 3 * $0]) }, Array(theta[17..<21]), column).value
      #expect(largestDifference((0..<4).map { out.values[16 * $0 + sample] }, expected) < 20 * precision.epsilon)
    }

    test.connector.pushforward(
      test.weights, direction: Weights(parameters: direction.vector, prepared: nil), at: xBlock, record: record, tangent: vBlock, into: tangentBlock, scratch: scratch)
    test.connector.pullback(test.weights, at: xBlock, record: record, cotangent: pBlock, into: qBlock, gradient: gradient.vector, scratch: scratch)
    let difference = product(tangent, p) - product(v, q) - product(direction, gradient)
    #expect(abs(difference) < 100 * precision.epsilon * (abs(product(v, q)) + abs(product(direction, gradient))))
    #expect(gradient.values[..<5].allSatisfy { $0 == 0 }, "the parameters of other stages are not touched")

    // The gradient alone has the same bits.
    test.connector.pullback(test.weights, at: xBlock, record: record, cotangent: pBlock, into: nil, gradient: alone.vector, scratch: scratch)
    #expect(alone.bits == gradient.bits)
  }
}

import Foundation
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ContinuousRNNFieldTests {
  private func symmetricPart(_ w: [[Double]]) -> [[Double]] { w.indices.map { i in w.indices.map { j in 0.5 * (w[i][j] + w[j][i]) } } }

  /// Theory.md §2.12: τᵢẏᵢ = −yᵢ + Σⱼwⱼᵢσ(yⱼ−θⱼ) + Iᵢ.
  private func formula(_ tensors: PlainTensors, _ w: [[Double]], _ y: [Double]) -> [Double] {
    let n = y.count
    let (theta, input, logarithm) = (tensors.bias("theta", n), tensors.bias("I", n), tensors.bias("log_tau", n))
    let a = zip(y, theta).map { plainActivation(tensors.activation, $0 - $1).value }
    let driven = plainProduct(plainTranspose(w), a)
    var rates: [Double] = []
    for i in 0..<n { rates.append((driven[i] - y[i] + input[i]) / exp(logarithm[i])) }
    return rates
  }

  @Test(arguments: Activation.allCases) func evaluatesItsFormula(_ activation: Activation) throws {
    let plain = try FieldVariant("continuous_rnn").largestDefect(activation) { tensors, y in formula(tensors, tensors("w"), y) }
    let symmetric = try FieldVariant("continuous_rnn", [("symmetric", .text("true"))]).largestDefect(activation) { tensors, y in
      formula(tensors, symmetricPart(tensors("w")), y)
    }
    // Rates up to exp(1.5) multiply the rounding errors of a sum of 33 terms.
    #expect(max(plain, symmetric) < 400, "\(plain), \(symmetric) ε")
  }

  /// V = −½aᵀwa + Σᵢ(∫^{yᵢ} ξσ'(ξ−θᵢ)dξ − Iᵢaᵢ), where the integral is yσ(y−θ) − log cosh(y−θ) for tanh.
  private func lyapunov(_ tensors: PlainTensors, _ w: [[Double]], _ y: [Double]) -> Double {
    let n = y.count
    let (theta, input) = (tensors.bias("theta", n), tensors.bias("I", n))
    let a = zip(y, theta).map { tanh($0 - $1) }
    var sum = -0.5 * inner(a, plainProduct(w, a))
    for i in 0..<n { sum += (y[i] - input[i]) * a[i] - log(cosh(y[i] - theta[i])) }
    return sum
  }

  /// Theory.md §2.12: with symmetric w the Cohen–Grossberg function does not increase along the flow: RK4 with a step far below every time constant.
  @Test func lyapunovFunctionDoesNotIncreaseForSymmetricWeights() throws {
    let h = 0.01
    for seed in 0..<5 {
      let example = try FieldVariant("continuous_rnn", [("symmetric", .text("true"))]).example(seed: UInt64(3 + 10 * seed), deviation: 1)
      let tensors = PlainTensors(example)
      let w = symmetricPart(tensors("w"))
      var y = try normalVector(6, seed: UInt64(90 + seed), deviation: 2)
      let start = lyapunov(tensors, w, y)
      var value = start
      func moved(_ y: [Double], _ h: Double, _ k: [Double]) -> [Double] { zip(y, k).map { $0 + h * $1 } }
      for _ in 0..<500 {
        let k1 = try example.value(at: y)
        let k2 = try example.value(at: moved(y, h / 2, k1))
        let k3 = try example.value(at: moved(y, h / 2, k2))
        let k4 = try example.value(at: moved(y, h, k3))
        for index in y.indices { y[index] += h / 6 * (k1[index] + 2 * k2[index] + 2 * k3[index] + k4[index]) }
        let next = lyapunov(tensors, w, y)
        #expect(next <= value + 1e-12)
        value = next
      }
      #expect(value < start - 0.1)
    }
  }

  /// Without symmetry it increases somewhere, which shows that the test above can fail.
  @Test func lyapunovFunctionMayIncreaseForOtherWeights() throws {
    var rise = -Double.infinity
    let example = try FieldVariant("continuous_rnn").example(deviation: 3)
    let tensors = PlainTensors(example)
    let w = symmetricPart(tensors("w"))
    for seed in 0..<200 {
      let y = try normalVector(6, seed: UInt64(90 + seed), deviation: 3)
      let next = zip(y, try example.value(at: y)).map { $0 + 1e-4 * $1 }
      rise = max(rise, lyapunov(tensors, w, next) - lyapunov(tensors, w, y))
    }
    #expect(rise > 0)
  }

  /// Time constants are exponentials, so they are positive for every parameter; initially they are one.
  @Test func timeConstantsStartAtOne() throws {
    let field = try FieldVariant("continuous_rnn").example().field
    let shape = try #require(field.parameters.first { $0.name == "log_tau" })
    #expect(shape.deviation == 0 && shape.role == .bias)
  }

  @Test func isDamped() throws { #expect(try FieldVariant("continuous_rnn").example().field.isDamped) }
}

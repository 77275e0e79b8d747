import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct EulerMaruyamaTests {
  private static let columns = 16

  /// X₊ = X + h f + √h g⊙ξ for a general drift and diffusion, and X + h f without draws.
  @Test func stepsByItsFormula() throws {
    let n = 5
    let example = try BlockCase(field: "dense", integrator: "euler_maruyama", width: n, layers: 1, horizon: 0.3, offset: 0)
    func field(_ index: Int, _ y: [Double]) -> [Double] {
      let start = index * (n * n + n)
      let matrix = (0..<n).map { row in (0..<n).map { example.parameters[start + row * n + $0] } }
      return plainLayer(.tanh, matrix, (0..<n).map { example.parameters[start + n * n + $0] }, y).value
    }
    let start = try example.state(Self.columns)
    for draws in [LayerDraws(), LayerDraws(key: 4, sample: 20)] {
      let xi = Block.zeros(n, Self.columns, .float64)
      if draws.isDrawn { drawNormal(draws.of(part: 128), deviation: 1, into: xi) }
      let end = try example.propagate(start, columns: Self.columns, draws: draws)
      for sample in 0..<Self.columns {
        let y = start.column(sample, of: Self.columns)
        let (f, g) = (field(0, y), field(1, y))
        let expected = y.indices.map { y[$0] + 0.3 * f[$0] + 0.3.squareRoot() * g[$0] * xi.values[$0 * Self.columns + sample] }
        #expect(largestDifference(end.column(sample, of: Self.columns), expected) < 1e-14)
      }
    }
  }

  @Test func refusesOtherNoise() {
    #expect(refusal { try EulerMaruyama().checkNoise() }?.message.contains("set noise none") == true)
  }

  /// Ornstein–Uhlenbeck dX = −X dt + dB from X₀ = ½ to T = 1 by N steps: the error of E X² against the exact ¼e⁻² + ½(1 − e⁻²).
  ///
  /// The control variate is the exact solution for the same paths (with increments that are constant within a step, whose moments are known). With 65 536 samples it makes the sampling error of
  /// E X² about a hundred times smaller than the error of the scheme.
  private func weakError(_ steps: Int) throws -> (mean: Double, square: Double) {
    let columns = 1 << 16
    let example = try BlockCase(
      field: "dense", integrator: "euler_maruyama", activation: .identity, width: 1, layers: steps, horizon: 1, basis: SharedBasis(), offset: 0)
    // f.K, f.b, g.K, g.b.
    for (index, value) in [-1.0, 0, 0, 1].enumerated() { example.parameters[index] = value }
    example.prepare()
    let draws = Draws(seed: 12, step: UInt64(steps)).tile(block: 0, firstSample: 0)
    let end = try example.propagate(try Numbers(Array(repeating: 0.5, count: columns), .float64), columns: columns, draws: draws)
    let h = 1 / Double(steps)
    var twin = Array(repeating: 0.5 * exp(-1), count: columns)
    let xi = Block.zeros(1, columns, .float64)
    var variance = 0.0
    for layer in 0..<steps {
      var own = draws.of(part: 128)
      own.layer = layer
      drawNormal(own, deviation: h.squareRoot(), into: xi)
      let decay = exp(-1 + h * (Double(layer) + 0.5))
      variance += decay * decay * h
      for (sample, value) in xi.values.enumerated() { twin[sample] += decay * value }
    }
    let exactMean = 0.5 * exp(-1)
    var (mean, square) = (0.0, 0.0)
    for (x, y) in zip(end.values, twin) {
      mean += x - y
      square += x * x - y * y
    }
    mean = mean / Double(columns) + exactMean
    square = square / Double(columns) + exactMean * exactMean + variance
    return (mean - exactMean, square - (0.25 * exp(-2) + 0.5 * (1 - exp(-2))))
  }

  /// Weak order 1 ± 0.15, of the mean and of the second moment.
  @Test func hasWeakOrderOne() throws {
    let errors = try [16, 32, 64].map(weakError)
    for (name, values) in [("mean", errors.map(\.mean)), ("second moment", errors.map(\.square))] {
      for index in 0..<2 {
        let order = log2(abs(values[index] / values[index + 1]))
        #expect(abs(order - 1) < 0.15, "\(name): order \(order)")
      }
    }
    // The scheme's own exact moments: E X_N = (1 − h)ᴺX₀, E X_N² = (1 − h)²ᴺX₀² + h(1 − (1 − h)²ᴺ)/(1 − (1 − h)²).
    let (h, growth): (Double, Double) = (0.0625, pow(0.9375, 32.0))
    let square = growth * 0.25 + h * (1 - growth) / (1 - (1 - h) * (1 - h)) - (0.25 * exp(-2) + 0.5 * (1 - exp(-2)))
    #expect(abs(errors[0].square - square) < 0.03 * abs(square))
    #expect(abs(errors[0].mean - 0.5 * (pow(0.9375, 16.0) - exp(-1.0))) < 0.03 * abs(errors[0].mean))
  }
}

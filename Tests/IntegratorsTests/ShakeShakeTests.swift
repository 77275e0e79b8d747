import Gradients
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ShakeShakeTests {
  private static let (width, columns) = (4, 16)

  private func example() throws -> BlockCase {
    try BlockCase(field: "dense", integrator: "shake_shake", width: Self.width, layers: 1, horizon: 0.3, offset: 0)
  }

  private func field(_ index: Int, _ example: BlockCase, _ y: [Double]) -> [Double] {
    let n = Self.width
    let start = index * (n * n + n)
    let matrix = (0..<n).map { row in (0..<n).map { example.parameters[start + row * n + $0] } }
    return plainLayer(.tanh, matrix, (0..<n).map { example.parameters[start + n * n + $0] }, y).value
  }

  /// y₊ = y + h(η f + (1 − η) g), where η is one number per sample, and ½ without random numbers.
  @Test func stepsByItsFormula() throws {
    let example = try example()
    let start = try example.state(Self.columns)
    for draws in [LayerDraws(), LayerDraws(key: 4, sample: 20)] {
      let shares = Block.zeros(1, Self.columns, .float64)
      if draws.isDrawn { drawUniform(draws.of(part: 128), low: 0, high: 1, into: shares) } else { fill(shares, 0.5) }
      let end = try example.propagate(start, columns: Self.columns, draws: draws)
      for sample in 0..<Self.columns {
        let y = start.column(sample, of: Self.columns)
        let (f, g, eta) = (field(0, example, y), field(1, example, y), shares.values[sample])
        let expected = y.indices.map { y[$0] + 0.3 * (eta * f[$0] + (1 - eta) * g[$0]) }
        #expect(largestDifference(end.column(sample, of: Self.columns), expected) < 1e-14)
      }
    }
  }

  /// The first two moments of the step over the shares [Lu et al. 2018, §3.1]: E = y + ½h(f + g), Var = h²(f − g)²/12, within three standard errors.
  @Test func momentsAreThoseOfTheShares() throws {
    let example = try example()
    let columns = 1 << 15
    let y = [0.3, -0.2, 0.5, 0.1]
    let start = try Numbers(y.flatMap { Array(repeating: $0, count: columns) }, .float64)
    let end = try example.propagate(start, columns: columns, draws: LayerDraws(key: 5, sample: 0))
    let (f, g) = (field(0, example, y), field(1, example, y))
    for row in 0..<Self.width {
      let values = (0..<columns).map { end[row * columns + $0] }
      let (mean, variance) = (y[row] + 0.15 * (f[row] + g[row]), 0.09 * (f[row] - g[row]) * (f[row] - g[row]) / 12)
      #expect(abs(values.reduce(0, +) / Double(columns) - mean) < 3 * (variance / Double(columns)).squareRoot())
      // The fourth central moment of a uniform number is 9/5 of its squared variance.
      let found = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      #expect(abs(found - variance) < 3 * variance * (0.8 / Double(columns)).squareRoot())
    }
  }
}

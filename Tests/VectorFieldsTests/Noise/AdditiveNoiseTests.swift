import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct AdditiveNoiseTests {
  /// For each distribution the standard deviation is c/√h, so that of h times the numbers is c√h; within five standard errors.
  @Test func deviationIsThatOfTheStep() throws {
    let grid = try TimeGrid(stepSizes: [0.25, 0.01])
    let columns = 1 << 15
    for kind in [AdditiveNoise.Kind.gaussian, .uniform] {
      let noise = AdditiveNoise(kind, scale: 0.3, grid: grid)
      for (layer, h) in [(0, 0.25), (1, 0.01)] {
        let row = Block.zeros(1, columns, .float64)
        noise.draw(LayerDraws(key: 5, sample: 0, layer: layer), into: row)
        let square = row.values.reduce(0) { $0 + $1 * $1 } / Double(columns)
        // The relative standard deviation of a square is √2 for normal numbers and less for uniform ones.
        #expect(abs(h * h * square / (0.09 * h) - 1) < 5 * (2 / Double(columns)).squareRoot())
        let bound = 0.3 / h.squareRoot() * 3.0.squareRoot()
        #expect(row.values.contains { abs($0) > bound } == (kind == .gaussian))
      }
    }
    #expect(AdditiveNoise(.gaussian, scale: 0, grid: grid).isSilent(layer: 0))
  }
}

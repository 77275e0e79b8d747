import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct LayerNoiseTests {
  /// Every noise has the mean that evaluation uses: 1 (or the evaluation factor) for factors, 0 for added noise; within five standard errors of 65 536 numbers.
  @Test(arguments: layerNoises.names) func meanIsThatOfEvaluation(_ name: String) throws {
    let grid = TimeGrid(layers: 4, horizon: 1)
    guard let noise = try layerNoises(name).make((OptionValues(scope: "block", layerNoises.options), grid, BlockDepth(layers: grid.layers))) else {
      #expect(name == "none")
      return
    }
    let columns = 1 << 16
    for layer in 0..<4 where !noise.isSilent(layer: layer) {
      let numbers = Block.zeros(1, columns, .float64)
      noise.draw(LayerDraws(key: 8, sample: 0, layer: layer), into: numbers)
      let values = numbers.values
      let mean = values.reduce(0, +) / Double(columns)
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)).squareRoot()
      #expect(deviation > 0)
      #expect(abs(mean - (noise.action == .adds ? 0 : noise.mean(layer: layer))) < 5 * deviation / Double(columns).squareRoot())
    }
  }
}

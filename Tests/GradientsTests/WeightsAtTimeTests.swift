import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct WeightsAtTimeTests {
  private func block(_ basis: any TimeBasis, _ grid: TimeGrid, width: Int = 3) throws -> ODEBlock {
    try ODEBlock(
      field: try DenseField(FieldConfiguration(width: width, precision: .float64)), integrator: try integrators.standard("euler"), grid: grid, basis: basis, offset: 5, expandedOffset: 500,
      precision: .float64)
  }

  /// Layers are half-open, on equal and unequal steps, also where the quotient of times is rounded below a boundary; the horizon belongs to the last layer.
  @Test func timesBelongToLayers() throws {
    for layers in [1, 3, 7, 49, 100] {
      let block = try block(LayerwiseBasis(), TimeGrid(layers: layers, horizon: 0.7))
      for layer in 0...layers {
        let weights = block.weights(at: block.grid.time(layer))
        #expect(weights.first == min(layer, layers - 1) && weights.factors == [1] && weights.stepSize == block.stepSize(0))
        if layer < layers { #expect(block.weights(at: block.grid.midpoint(layer)).first == layer) }
      }
    }
    let unequal = try block(LayerwiseBasis(), try TimeGrid(stepSizes: [0.1, 0.2, 0.4]))
    #expect([0, 0.05, 0.1, 0.25, 0.31, 0.7].map { unequal.weights(at: $0).first } == [0, 0, 1, 1, 2, 2])
    #expect(unequal.weights(at: 0.5).stepSize == 0.4)
  }

  @Test func blocksOfOneSetAreAutonomous() throws {
    let grid = TimeGrid(layers: 4, horizon: 1)
    #expect(try block(SharedBasis(), grid).isAutonomous)
    #expect(try !block(LayerwiseBasis(), grid).isAutonomous)
    #expect(try !block(try PolynomialBasis(2), grid).isAutonomous)
    #expect(try block(PiecewiseConstantBasis(2), grid).weights(at: 0.6).first == 1)
  }

  /// A set is Σ pᵢ(t)θᵢ, tensor by tensor, and `unmix` is its transpose.
  @Test func setsAreCombinations() throws {
    let block = try block(try PolynomialBasis(3), TimeGrid(layers: 4, horizon: 2))
    let layout = block.layout
    #expect(layout.setCount == 12)
    let parameters = try Numbers.normal(5 + layout.parameterCount, .float64, seed: 3)
    let (set, other, gradient) = (try Numbers(12, .float64), try Numbers.normal(12, .float64, seed: 4), try Numbers(parameters.count, .float64))
    for time in [0, 0.3, 1.7, 2] {
      let weights = block.weights(at: time)
      layout.mix(weights, of: parameters.vector, into: set.vector)
      let s = time - 1
      let factors = [1, s, (3 * s * s - 1) / 2]
      for place in 0..<12 {
        // Coefficients of K come first, then those of b.
        let (start, count, inner) = place < 9 ? (5, 9, place) : (5 + 27, 3, place - 9)
        let expected = (0..<3).reduce(0.0) { $0 + factors[$1] * parameters[start + $1 * count + inner] }
        #expect(abs(set[place] - expected) < 1e-14)
      }
      fill(gradient.vector, 0)
      layout.unmix(weights, other.vector, addingTo: gradient.vector)
      let (left, right) = ((0..<12).reduce(0.0) { $0 + set[$1] * other[$1] }, (0..<parameters.count).reduce(0.0) { $0 + gradient[$1] * parameters[$1] })
      #expect(abs(left - right) < 1e-12)
    }
    let layer = layout.layer(set.vector, prepared: nil)
    #expect(layer.tensors[0] == set.vector.base && layer.tensors[1] == set.vector.base + 72 && layer.tensors[2] == nil)
  }
}

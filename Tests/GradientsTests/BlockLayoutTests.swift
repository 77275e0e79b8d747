import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct BlockLayoutTests {
  /// A basis for tests that mixes its coefficients: θ(t) = θ_0 + t·θ_1.
  private struct Line: TimeBasis {
    let support = 2
    let degree = 1
    func count(on grid: TimeGrid) -> Int { 2 }
    func breakpoints(on grid: TimeGrid) -> [Double] { [0, grid.horizon] }
    func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int {
      values = [1, time]
      return 0
    }
  }

  @Test func sharedLayersAreTheSameMemory() throws {
    let example = try BlockCase(field: "antisymmetric", integrator: "euler", gamma: 0.1, width: 4, layers: 5, basis: SharedBasis(), offset: 0)
    let (block, vector) = (example.block, example.parameters.vector)
    #expect(block.layout.tensors.map(\.shape) == [[1, 4, 4], [1, 4]])
    #expect(block.preparedEntries == 1 && block.layout.expandedCount == 0)
    let layers = (0..<5).map { block.stepWeights($0, of: vector, prepared: example.weights.prepared).first }
    #expect(layers.allSatisfy { $0.tensors[0] == vector.base && $0.prepared == layers[0].prepared })
  }

  /// The gradient of shared weights is the sum of the gradients of five equal layers.
  @Test func sharedGradientIsTheSumOverLayers() throws {
    let shared = try BlockCase(field: "dense", integrator: "euler", width: 4, layers: 5, basis: SharedBasis(), offset: 0)
    let layerwise = try BlockCase(field: "dense", integrator: "euler", width: 4, layers: 5, offset: 0)
    for layer in 0..<5 {
      for index in 0..<16 { layerwise.parameters[16 * layer + index] = shared.parameters[index] }
      for index in 0..<4 { layerwise.parameters[80 + 4 * layer + index] = shared.parameters[16 + index] }
    }
    let (a, b) = (try shared.derivatives(StoreAll()), try layerwise.derivatives(StoreAll()))
    #expect(a.final.bits == b.final.bits)
    let sums = (0..<20).map { index in (0..<5).reduce(0) { $0 + b.gradient[index < 16 ? 16 * $1 + index : 80 + 4 * $1 + index - 16] } }
    #expect(largestDifference(a.gradient.values, sums) < 1e-13)
  }

  @Test func mixedLayersAreMadeFromTheCoefficients() throws {
    let example = try BlockCase(field: "dense", integrator: "euler", width: 3, layers: 4, horizon: 2, basis: Line(), offset: 2)
    let (layout, p) = (example.block.layout, example.parameters)
    #expect(layout.tensors.map(\.shape) == [[2, 3, 3], [2, 3]])
    #expect(layout.parameterCount == 24 && layout.expandedCount == 4 * 12)
    for layer in 0..<4 {
      let step = example.block.stepWeights(layer, of: p.vector, prepared: nil).first
      for (tensor, count, start) in [(0, 9, 2), (1, 3, 20)] {
        for index in 0..<count {
          let address = try #require(step.tensors[tensor])
          let expected = p[start + index] + 0.5 * Double(layer) * p[start + count + index]
          // A fused multiply-add differs by one rounding.
          #expect(abs((address + 8 * index).load(as: Double.self) - expected) < 1e-15 * (1 + abs(expected)))
        }
      }
    }
  }

  /// ⟨expand(θ), g⟩ = ⟨θ, contract(g)⟩.
  @Test func contractionIsTheTransposeOfExpansion() throws {
    let example = try BlockCase(field: "dense", integrator: "euler", width: 3, layers: 4, basis: Line(), offset: 0)
    let (layout, theta) = (example.block.layout, example.parameters)
    let gradient = try Numbers.normal(theta.count, .float64, seed: 3)
    for index in 0..<layout.parameterCount { gradient[index] = 0 }
    let forward = inner(Array(theta.values[layout.parameterCount...]), Array(gradient.values[layout.parameterCount...]))
    layout.contract(gradient.vector)
    let backward = inner(Array(theta.values[..<layout.parameterCount]), Array(gradient.values[..<layout.parameterCount]))
    #expect(abs(forward - backward) < 1e-12 * (1 + abs(forward)))
  }
}

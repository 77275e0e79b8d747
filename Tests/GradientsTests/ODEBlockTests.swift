import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ODEBlockTests {
  /// Tensor t of all layers is contiguous: [layers, …] from its offset.
  @Test func tensorsOfAllLayersAreContiguous() throws {
    let example = try BlockCase(field: "dense", integrator: "euler", width: 5, layers: 6, offset: 3)
    let base = example.parameters.vector.base
    for j in 0..<6 {
      let layer = example.block.stepWeights(j, of: example.parameters.vector, prepared: nil).first
      #expect(layer.tensors[0] == base + 8 * (3 + 25 * j))
      #expect(layer.tensors[1] == base + 8 * (3 + 25 * 6 + 5 * j))
      #expect(layer.tensors[2] == nil)
    }
  }

  @Test func layersShareTheHorizonEqually() throws {
    #expect(try BlockCase(field: "dense", integrator: "euler", layers: 8, horizon: 2).block.stepSize(3) == 0.25)
  }

  @Test func momentaAreTheLowerHalfOfAPartitionedState() throws {
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", width: 3)
    let state = try example.state(16)
    let visible = Array(state.values[..<48])
    example.block.start(state.block(rows: 6, columns: 16))
    #expect(state.values == visible + Array(repeating: 0, count: 48))
    #expect(example.block.visible(state.block(rows: 6, columns: 16)).rows == 3)
    let plain = try BlockCase(field: "dense", integrator: "euler", width: 3)
    let whole = try plain.state(16)
    let bits = whole.bits
    plain.block.start(whole.block(rows: 3, columns: 16))
    #expect(whole.bits == bits)
  }

  @Test func refusesAFieldThatItsIntegratorRefuses() throws {
    #expect { try BlockCase(field: "dense", integrator: "verlet") } throws: { ($0 as? Failure)?.status == .incompatible }
  }

  /// The gradient of every layer's antisymmetric K becomes antisymmetric when it is finished, and not before.
  @Test func finishesTheGradientOfEveryLayer() throws {
    let example = try BlockCase(field: "antisymmetric", integrator: "euler", bias: .none, gamma: 0.2, width: 4, layers: 3, offset: 0)
    let gradient = try example.derivatives(StoreAll()).gradient
    for layer in 0..<3 {
      let k = Array(gradient.values[16 * layer..<16 * (layer + 1)])
      for i in 0..<4 { for j in 0..<4 { #expect(k[4 * i + j] == -k[4 * j + i]) } }
      #expect(norm(k) > 1e-3)
    }
  }

  /// A step that is advanced layer by layer, forward and back, equals the step of that layer: for weights per layer, shared and mixed in time, and on a grid of unequal steps.
  @Test(arguments: [0, 1, 2]) func advancedStepsAreTheStepsAskedFor(_ kind: Int) throws {
    let grid = kind == 2 ? try TimeGrid(stepSizes: [0.1, 0.2, 0.3, 0.4]) : TimeGrid(layers: 4, horizon: 1)
    let example = try BlockCase(
      field: "antisymmetric", integrator: "euler", gamma: 0.1, grid: grid, basis: kind == 1 ? SharedBasis() : LayerwiseBasis())
    let (block, weights) = (example.block, example.weights)
    let gradient = BlockGradient(example.parameters.vector)
    func same(_ a: Step, _ b: Step) -> Bool {
      a.index == b.index && a.stepSize == b.stepSize && a.layer().prepared == b.layer().prepared
        && (0..<Layer.maximumTensors).allSatisfy { a.layer().tensors[$0] == b.layer().tensors[$0] }
    }
    var step = block.step(0, weights)
    for j in 1..<4 {
      block.advance(&step, by: 1, weights)
      #expect(same(step, block.step(j, weights)), "to \(j)")
    }
    block.advance(&step, by: 1, weights)
    #expect(same(step, block.step(3, weights)), "past the end nothing moves")
    var sums = block.gradient(3, gradient)
    for j in (0..<3).reversed() {
      block.advance(&step, by: -1, weights)
      block.advance(&sums, from: j + 1, by: -1, gradient)
      #expect(same(step, block.step(j, weights)), "back to \(j)")
      #expect((0..<Layer.maximumTensors).allSatisfy { sums?.first.tensors[$0] == block.gradient(j, gradient)?.first.tensors[$0] })
    }
  }

  /// y_{j+1} = y_j + h_j·tanh(K_j y_j + b_j) in plain arithmetic on a grid of unequal steps; the tolerance allows a few rounding errors per layer.
  @Test func unequalStepsFollowThePlainFormula() throws {
    let sizes = [0.1, 0.5, 0.02, 0.3, 0.4]
    let example = try BlockCase(field: "dense", integrator: "euler", width: 4, grid: try TimeGrid(stepSizes: sizes), offset: 0)
    let start = try example.state(16)
    let final = try example.propagate(start, columns: 16)
    let parameters = example.parameters.values
    for sample in 0..<16 {
      var y = start.column(sample, of: 16)
      for (layer, h) in sizes.enumerated() {
        let weights = (0..<4).map { row in Array(parameters[16 * layer + 4 * row..<16 * layer + 4 * row + 4]) }
        let change = plainLayer(.tanh, weights, Array(parameters[80 + 4 * layer..<84 + 4 * layer]), y).value
        y = zip(y, change).map { $0 + h * $1 }
      }
      #expect(largestDifference(final.column(sample, of: 16), y) < 1e-14)
    }
  }

  /// The observed order of a method of order 4 with weights that vary smoothly within the steps, and with weights that jump between steps. Errors are relative to a run of 2048 steps.
  @Test func smoothWeightsKeepTheOrder() throws {
    func final(_ basis: any TimeBasis, _ layers: Int) throws -> [Double] {
      // The coefficients come first, so they are the same for any number of layers.
      let example = try BlockCase(field: "dense", integrator: "rk4", width: 3, layers: layers, horizon: 2, basis: basis, offset: 0)
      return try example.propagate(try example.state(16), columns: 16).values
    }
    func order(_ basis: any TimeBasis) throws -> Double {
      let exact = try final(basis, 2048)
      let errors = try [32, 64].map { layers in norm(zip(try final(basis, layers), exact).map { $0 - $1 }) }
      return log2(errors[0] / errors[1])
    }
    #expect(abs(try order(PolynomialBasis(4)) - 4) < 0.15)
    // The knots of a spline with three spans are not times of the grid. Its second derivatives are continuous, so single steps across a knot have errors of order 4, which preserves order 4.
    #expect(try order(SplineBasis(8, degree: 4, name: "")) > 3.7)
    #expect(abs(try order(SplineBasis(5, degree: 1, name: "")) - 4) < 0.15)
    #expect(try order(PiecewiseConstantBasis(3)) < 2)
  }
}

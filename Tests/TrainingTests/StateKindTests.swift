import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

/// The kinds of the optimizers' state vectors match their definitions.
@Test func stateVectorsSayWhatTheyAre() throws {
  func kinds(_ name: String) throws -> [StateKind] {
    let optimizer = try optimizers(name).init(options(["lbfgs_memory": .integer(2)]))
    return optimizer.stateNames.indices.map { optimizer.kind(ofState: $0) }
  }
  #expect(try kinds("adam") == [.gradient, .squaredGradient])
  #expect(try kinds("adamw") == [.gradient, .squaredGradient])
  #expect(try kinds("sgd") == [.gradient])
  #expect(try kinds("lbfgs") == [.step, .step, .gradient, .gradient])
}

/// Why refinement halves gradients: if both networks have the same weights as functions of time, the gradient in each half layer is half that of the layer, up to O(h). With twice the layers the
/// difference is half as large, up to O(h) again: 1/64 of it here, and the next power's.
@Test func halfALayerHasHalfTheGradient() throws {
  func gradient(_ network: Network) throws -> [Double] {
    let found = try #require(try BatchCase(network, samples: 30).lossGradient().gradient)
    let range = try network.tensor("blocks.0.K").range
    return range.map { found[$0] }
  }
  /// The largest difference in the layer that begins at 5/16 of the horizon and its first half, relative to the layer's largest gradient.
  func difference(_ layers: Int) throws -> Double {
    let coarse = try smallNetwork(precision: .float64, extra: ["layers": .integer(Int64(layers))])
    // Constant weights are the simplest ones that vary slowly in time.
    let tensor = try coarse.tensor("blocks.0.K")
    let constant = try TestSupport.Numbers.normal(16, .float64, seed: 5, deviation: 0.3).values
    try coarse.replace(tensor, with: try TestSupport.Numbers((0..<layers).flatMap { _ in constant }, .float64).view(rows: layers, columns: 16))
    let (whole, half) = (try gradient(coarse), try gradient(try coarse.refined(.linear)))
    let layer = 5 * layers / 16
    let own = Array(whole[16 * layer..<16 * (layer + 1)])
    return (own.indices.map { abs(2 * half[32 * layer + $0] - own[$0]) }.max() ?? .nan) / (own.map(abs).max() ?? .nan)
  }
  let (coarse, fine) = (try difference(64), try difference(128))
  #expect(coarse > 0 && abs(coarse / fine - 2) < 0.1, "\(coarse), \(fine)")
}

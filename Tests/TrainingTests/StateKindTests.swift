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

/// Why refinement halves gradients: if both networks have the same weights as functions of time, the gradient in each half layer is half that of the layer, up to the scheme's order.
@Test func halfALayerHasHalfTheGradient() throws {
  let coarse = try smallNetwork(precision: .float64, extra: ["layers": .integer(64)])
  // Constant weights are the simplest ones that vary slowly in time.
  let tensor = try coarse.tensor("blocks.0.K")
  let constant = try TestSupport.Numbers.normal(16, .float64, seed: 5, deviation: 0.3).values
  try coarse.replace(tensor, with: try TestSupport.Numbers((0..<64).flatMap { _ in constant }, .float64).view(rows: 64, columns: 16))
  let fine = try coarse.refined(.linear)
  func gradient(_ network: Network) throws -> [Double] {
    let found = try #require(try BatchCase(network, samples: 30).lossGradient().gradient)
    let range = try network.tensor("blocks.0.K").range
    return range.map { found[$0] }
  }
  let (whole, half) = (try gradient(coarse), try gradient(fine))
  let size = whole.map(abs).max() ?? 0
  // Layer 20 and its two halves agree up to O(h), h = 2/64.
  for i in 0..<16 { for part in [40, 41] { #expect(abs(half[part * 16 + i] - 0.5 * whole[20 * 16 + i]) < 0.05 * size) } }
}

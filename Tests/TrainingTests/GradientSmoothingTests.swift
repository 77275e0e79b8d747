import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

/// A step of gradient descent with rate 1 is the gradient: with smoothing, the average over neighbors of each tensor that has an entry for each layer, before clipping; all others keep theirs.
@Test func aStepTakesTheAveragedGradient() throws {
  let data = try ellipses()
  func moves(_ share: Double, _ more: [String: OptionValue] = [:]) throws -> (moves: [Double], network: Network) {
    let network = try smallNetwork(precision: .float64)
    let before = network.snapshot.parameters.values
    let settings: [String: OptionValue] = [
      "optimizer": .text("sgd"), "learning_rate": .real(1), "epochs": .integer(1), "batch_size": .integer(200), "gradient_smoothing": .real(share),
    ]
    _ = try trainer(network, settings.merging(more) { $1 }).run(training: data.training)
    return (zip(network.snapshot.parameters.values, before).map { $0 - $1 }, network)
  }
  let (exact, network) = try moves(0)
  let smoothed = try moves(0.2).moves
  var expected = exact
  var layered = 0
  for tensor in network.plan.tensors where tensor.block != nil {
    let (layers, size) = (tensor.shape[0], tensor.range.count / tensor.shape[0])
    guard layers > 1 else { continue }
    layered += 1
    for j in 0..<layers {
      for i in 0..<size {
        func value(_ j: Int) -> Double { exact[tensor.range.lowerBound + min(max(j, 0), layers - 1) * size + i] }
        expected[tensor.range.lowerBound + j * size + i] = 0.6 * value(j) + 0.2 * (value(j - 1) + value(j + 1))
      }
    }
  }
  #expect(layered > 0 && largestDifference(exact, expected) > 1e-6)
  #expect(largestDifference(smoothed, expected) < 1e-13)
  // The same bits for any number of threads.
  #expect(try moves(0.2, ["num_threads": .integer(3)]).moves == smoothed)
  // Clipping acts on the averages.
  let clipped = try moves(0.2, ["clip_value": .real(1e-4)]).moves
  #expect(zip(clipped, smoothed).allSatisfy { abs($0 - min(max($1, -1e-4), 1e-4)) < 1e-15 })
}

/// Weights that layers share, or that a basis mixes, have no neighbors in depth.
@Test(arguments: ["shared", "polynomial"]) func otherWeightsKeepTheirGradients(_ basis: String) throws {
  let plan = try NetworkPlan(try specification(#"{"inputs": 2, "outputs": 2, "width": 4, "layers": 6, "weights_in_time": "\#(basis)"}"#))
  #expect(try ParameterLayout(plan).regions.allSatisfy { !$0.isLayered })
  let layered = try ParameterLayout(try NetworkPlan(try specification(#"{"inputs": 2, "outputs": 2, "width": 4, "layers": 6, "integrator": "linear_multistep"}"#)))
  #expect(layered.regions.filter(\.isLayered).map(\.entries) == [6, 6, 5])
}

@Test func linesearchesRefuseSmoothing() throws {
  let refused = failure { _ = try trainer(try smallNetwork(), ["optimizer": .text("lbfgs"), "gradient_smoothing": .real(0.1)]) }
  #expect(refused?.status == .incompatible && refused?.message.contains("gradient_smoothing") == true)
  #expect(failure { _ = try trainer(try smallNetwork(), ["gradient_smoothing": .real(0.6)]) }?.status == .outOfRange)
}

import Datasets
import Networks
import Settings
import Testing
import Training

@Test func evaluationHasTheSameBitsForAnyThreads() throws {
  // The samples exceed one evaluation batch, and the last part does not fill a tile.
  let data = try problems("peaks")(training: 2357, validation: 100, seed: 1)
  let network = try smallNetwork(classes: 5)
  let one = try evaluate(network, on: data.training, threads: 1)
  #expect(one == (try evaluate(network, on: data.training, threads: 2)))
  #expect(one == (try evaluate(network, on: data.training, threads: 0)))
  #expect(one.samples == 2357)
}

/// The mean of the losses of single samples, and the fraction of correctly classified samples.
@Test func evaluationIsTheMeanOverTheSamples() throws {
  let data = try problems("ellipses")(training: 30, validation: 10, seed: 1)
  let network = try smallNetwork(precision: .float64)
  let whole = try evaluate(network, on: data.training, threads: 1)
  let single = try (0..<30).map { try evaluate(network, on: try data.training.slice(start: $0, count: 1), threads: 1) }
  // Sums of 30 numbers of magnitude 1 in Double.
  #expect(abs(single.map(\.loss).reduce(0, +) / 30 - whole.loss) < 1e-14)
  #expect(single.map(\.accuracy).reduce(0, +) / 30 == whole.accuracy)
}

@Test func dataThatDoNotSuitTheNetworkAreRefused() throws {
  let data = try problems("peaks")(training: 100, validation: 50, seed: 1)
  let wide = try smallNetwork(classes: 5, extra: ["inputs": .integer(3)])
  let found = failure { _ = try evaluate(wide, on: data.training, threads: 1) }
  #expect(found == Failure(.shapeMismatch, "the data has 2 features per sample; the network has inputs 3"))
  let regression = try smallNetwork(extra: ["loss": .text("least_squares")])
  let outputs = regression.plan.outputs
  let shapes = "the data has one target per sample; the network's loss needs values of shape [100, \(outputs)]"
  #expect(failure { _ = try evaluate(regression, on: data.training, threads: 1) } == Failure(.shapeMismatch, shapes))
}

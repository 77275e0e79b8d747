import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

struct BatchReadoutProblemTests {
  /// After variable projection the readout is optimal: the objective's gradient with respect to it, regularizers included, is within the tolerance.
  @Test func theReadoutIsOptimal() throws {
    let data = try ellipses(200, 50)
    let network = try smallNetwork(precision: .float64)
    let trainer = try trainer(network, ["optimizer": .text("varpro"), "epochs": .integer(5), "weight_decay": .real(1e-3), "readout_tolerance": .real(1e-9), "readout_iterations": .integer(100)])
    _ = try trainer.run(training: data.training)
    let sweep = try Sweep(network.plan, batch: 200, derivative: true, threads: 1)
    let theta = network.snapshot.parameters
    let gradient = try Numbers(theta.values)
    _ = try sweep.lossGradient(
      theta, BatchSource(features: data.training.features, normalization: nil), .labels(data.training.labels!), count: 200, gradient: gradient.vector, pool: try WorkerPool(threads: 1))
    for tensor in network.plan.tensors where tensor.name.hasPrefix("readout.") {
      for i in tensor.range { #expect(abs(gradient.values[i] + (tensor.role == .weight ? 1e-3 * theta.load(i) : 0)) < 1e-8) }
    }
  }

  @Test func withoutAReadoutItIsRefused() throws {
    let data = try withFeaturesAsTargets(try ellipses(20, 4).training)
    let network = try smallNetwork(classes: 4, extra: ["readout": .text("identity"), "loss": .text("least_squares"), "width": .integer(2), "outputs": .integer(2)])
    let trainer = try trainer(network, ["optimizer": .text("varpro")])
    #expect(failure { _ = try trainer.run(training: data) }?.status == .incompatible)
  }
}

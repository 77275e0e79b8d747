import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// The network's own loss, passed like a caller's loss.
private struct OwnLoss: Loss {
  let own: any Loss
  var outputKind: OutputKind { own.outputKind }
  func check(outputs: Int) throws(Failure) { try own.check(outputs: outputs) }
  func classes(outputs: Int) -> Int { own.classes(outputs: outputs) }
  func link(_ scores: Block, into out: Block) { own.link(scores, into: out) }
  var reasonWithoutCurvature: String? { "a loss of your own gives none" }
  func curvature(at scores: Block, of tangent: Block, scratch: Block) {}
  func takeFailure() -> Failure? { nil }
  func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    own.evaluate(scores: scores, targets: targets, count: count, scale: scale, gradient: gradient, correct: &correct)
  }
}

struct MissingPartsTests {
  /// Training with the caller's loss and metric continues only after both are set again, and then has the bits of an uninterrupted run. The same holds for trainers that are refined from
  /// it or saved again.
  @Test func trainingGoesOnWithTheSameFunctions() throws {
    let data = try ellipses()
    let metric = try metrics("macro_f1")
    func begin(_ network: Network) throws -> Trainer {
      let trainer = try trainer(network, ["epochs": .integer(4), "batch_size": .integer(50), "num_threads": .integer(1)])
      try trainer.setLoss(OwnLoss(own: network.plan.loss))
      try trainer.setMetric(metric)
      return trainer
    }
    let whole = try smallNetwork()
    _ = try begin(whole).run(training: data.training, validation: data.validation)

    let first = try smallNetwork()
    let stopped = try begin(first)
    _ = try stopped.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 2))
    let second = try Network(first.plan, first.snapshot)
    let between = try Trainer(second, try stopped.record())
    let loaded = try withExtendedLifetime((stopped, between)) { try Trainer(second, try between.record()) }
    #expect(failure { _ = try loaded.run(training: data.training, validation: data.validation) }.map { $0.status == .state && $0.message.contains("sode_trainer_set_loss") } == true)
    #expect(failure { _ = try loaded.refined(.copy).run(training: data.training) }?.status == .state)
    #expect(failure { _ = try loaded.findLearningRate(training: data.training, low: 1e-3, high: 1, steps: 3) }?.status == .state)
    #expect(failure { try loaded.setLoss(nil) }?.status == .state)
    try loaded.setLoss(OwnLoss(own: second.plan.loss))
    #expect(failure { _ = try loaded.run(training: data.training, validation: data.validation) }?.message.contains("sode_trainer_set_metric") == true)
    // A learning rate test does not use the metric.
    _ = try loaded.findLearningRate(training: data.training, low: 1e-3, high: 1, steps: 3)
    #expect(failure { try loaded.setMetric(try metrics("log_loss")) }?.message.contains("larger") == true)
    try loaded.setMetric(metric)
    #expect(failure { try loaded.setMetric(metric) }?.status == .state)
    #expect(try loaded.run(training: data.training, validation: data.validation) == .ok)
    #expect(bits(second) == bits(whole))
  }

  /// Training without the caller's functions needs none, and training that has not begun may continue without them.
  @Test func nothingIsMissedThatWasNotThere() throws {
    let data = try ellipses()
    let network = try smallNetwork()
    let plain = try trainer(network, ["epochs": .integer(1)])
    #expect(try !plain.record().tables.contains { $0.name == "callers" })
    try plain.setLoss(OwnLoss(own: network.plan.loss))
    let loaded = try Trainer(network, try plain.record())
    #expect(failure { _ = try loaded.run(training: data.training) }?.status == .state)
    try loaded.setLoss(nil)
    #expect(try loaded.run(training: data.training) == .ok)
  }
}

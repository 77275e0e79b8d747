import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// A small network for the plane, trained on few points: fast, and every part takes part.
func smallNetwork(classes: Int = 2, precision: Precision = .float32, seed: Int64 = 1, extra: [String: OptionValue] = [:]) throws -> Network {
  var specification = NetworkSpecification()
  let settings: [String: OptionValue] = [
    "inputs": .integer(2), "outputs": .integer(Int64(classes)), "width": .integer(4), "layers": .integer(5), "horizon": .real(2),
    "seed": .integer(seed), "precision": .text(precision.name),
  ].merging(extra) { $1 }
  for (key, value) in settings { try specification.set(key, value) }
  return try Network(specification)
}

func trainer(_ network: Network, _ settings: [String: OptionValue]) throws -> Trainer {
  let trainer = Trainer(network)
  for (key, value) in settings { try trainer.set(key, value) }
  return trainer
}

func ellipses(_ training: Int = 200, _ validation: Int = 100) throws -> (training: Dataset, validation: Dataset) {
  try problems("ellipses")(training: training, validation: validation, seed: 3)
}

private let everyPart: [String: OptionValue] = [
  "epochs": .integer(4), "batch_size": .integer(48), "optimizer": .text("adamw"), "weight_decay": .real(0.01), "smoothness": .real(1e-3),
  "schedule": .text("cosine"), "warmup_epochs": .integer(1), "learning_rate": .real(0.02),
]

private func bits(_ network: Network) -> [UInt64] { network.snapshot.parameters.values.map(\.bitPattern) }

/// Stopping after every batch by a cancel token, by the clock, or after each epoch, and going on gives the bits of one run on one thread.
@Test(arguments: [1, 2], Precision.allCases)
func interruptedTrainingIsUninterruptedTraining(threads: Int, precision: Precision) throws {
  let data = try ellipses()
  var whole: [UInt64] = []
  var rows: [Double] = []
  for limits in ["none", "epoch", "cancel", "clock"] {
    let network = try smallNetwork(precision: precision)
    let trainer = try trainer(network, everyPart.merging(["num_threads": .integer(limits == "none" ? 1 : Int64(threads))]) { $1 })
    var runs = 0
    while trainer.state.epoch < 4 {
      runs += 1
      let status: Status
      switch limits {
      case "epoch": status = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 1))
      case "cancel": status = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits { true })
      case "clock":
        var budget = TrainingLimits()
        budget.milliseconds = 1
        status = try trainer.run(training: data.training, validation: data.validation, limits: budget)
      default: status = try trainer.run(training: data.training, validation: data.validation)
      }
      #expect(runs < 100 && (limits != "cancel" || status == (runs < 24 ? .cancelled : .ok)))
      if runs >= 100 { return }
    }
    // 200 samples in batches of 48 are 5 steps an epoch.
    #expect(trainer.state.step == 20)
    // Each epoch: a run for each of 5 batches and one for its validation.
    if limits == "cancel" { #expect(runs == 24) }
    let row = trainer.history.flatMap { [$0.trainingLoss, $0.validationLoss, $0.validationAccuracy, $0.learningRate] }
    if limits == "none" { (whole, rows) = (bits(network), row) }
    #expect(bits(network) == whole, "\(limits)")
    #expect(row == rows, "\(limits)")
  }
}

@Test func theNetworkHoldsTheBestIterate() throws {
  let data = try ellipses()
  let network = try smallNetwork()
  let trainer = try trainer(network, ["epochs": .integer(8), "learning_rate": .real(0.02), "metric": .text("loss"), "batch_size": .integer(20)])
  _ = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 5))
  // Steps of 5 in every parameter spoil what was learned, so that the last iterates are not the best.
  try trainer.set("learning_rate", .real(5))
  #expect(try trainer.run(training: data.training, validation: data.validation) == .ok)
  let losses = trainer.history.map(\.validationLoss)
  let least = try #require(losses.min())
  #expect(losses.last != least, "the test needs a run whose last epoch is not its best")
  #expect(try evaluate(network, on: data.validation, threads: 1).loss == least)
  #expect(trainer.history.last { $0.isBest }?.validationLoss == least)
}

@Test func withoutValidationTheNetworkHoldsTheLastIterate() throws {
  let data = try ellipses()
  let stopped = try smallNetwork()
  let half = try trainer(stopped, ["epochs": .integer(2), "batch_size": .integer(100)])
  var answers = 0
  #expect(try half.run(training: data.training, limits: TrainingLimits { answers += 1; return answers == 3 }) == .cancelled)
  let whole = try smallNetwork()
  _ = try trainer(whole, ["epochs": .integer(2), "batch_size": .integer(100)]).run(training: data.training)
  #expect(bits(stopped) != bits(whole))
  #expect(try half.run(training: data.training) == .ok)
  #expect(bits(stopped) == bits(whole))
  #expect(half.history.allSatisfy { $0.validationLoss.isNaN && $0.isBest })
}

@Test func earlyStoppingEndsTrainingAndStaysEnded() throws {
  let data = try ellipses()
  let trainer = try trainer(try smallNetwork(), ["epochs": .integer(50), "patience": .integer(2), "min_delta": .real(10), "metric": .text("loss")])
  // No loss falls by 10: the first epoch sets the reference, two more wait.
  #expect(try trainer.run(training: data.training, validation: data.validation) == .earlyStopping)
  #expect(trainer.state.epoch == 3)
  #expect(try trainer.run(training: data.training, validation: data.validation) == .earlyStopping)
  #expect(trainer.state.epoch == 3)
}

@Test func theCallbackStopsAndFailsTraining() throws {
  let data = try ellipses()
  let trainer = try trainer(try smallNetwork(), ["epochs": .integer(5)])
  #expect(try trainer.run(training: data.training, onEvent: { $0.epoch == 2 ? 1 : 0 }) == .stoppedByCallback)
  #expect(trainer.state.epoch == 2 && trainer.history.count == 2)
  let found = failure { _ = try trainer.run(training: data.training, onEvent: { _ in -7 }) }
  #expect(found == Failure(.callbackFailed, "the callback returned -7"))
  #expect(try trainer.run(training: data.training) == .ok)
  #expect(trainer.state.epoch == 5 && trainer.history.map(\.epoch) == [1, 2, 3, 4, 5])
}

@Test func aLossThatIsNotFiniteEndsTrainingAndLosesNothing() throws {
  let data = try ellipses()
  let network = try smallNetwork(extra: ["activation": .text("identity"), "field": .text("dense")])
  let trainer = try trainer(network, ["epochs": .integer(3), "optimizer": .text("sgd")])
  #expect(try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 1)) == .ok)
  let kept = bits(network)
  try trainer.set("learning_rate", .real(1e30))
  let found = failure { _ = try trainer.run(training: data.training, validation: data.validation) }
  #expect(found?.status == .notFinite)
  #expect(found?.message.contains("learning_rate") == true)
  #expect(bits(network) == kept)
}

@Test func progressEventsComeWithinAnEpoch() throws {
  let data = try problems("ellipses")(training: 20_000, validation: 200, seed: 3)
  let trainer = try trainer(try smallNetwork(extra: ["layers": .integer(400)]), ["epochs": .integer(1), "batch_size": .integer(16)])
  var fractions: [Double] = []
  let status = try trainer.run(training: data.training) { event in
    if event.kind == .progress { fractions.append(event.epochFraction) }
    return fractions.count >= 2 ? 1 : 0
  }
  #expect(status == .stoppedByCallback)
  #expect(fractions.count == 2 && fractions[0] > 0 && fractions[1] > fractions[0] && fractions[1] < 1)
}

@Test func unsuitableDataAndOptionsAreRefused() throws {
  let data = try ellipses()
  let peaks = try problems("peaks")(training: 100, validation: 50, seed: 1)
  let trainer = try trainer(try smallNetwork(), ["epochs": .integer(2), "batch_size": .integer(150)])
  #expect(failure { _ = try trainer.run(training: peaks.training) }?.status == .invalidData)
  try trainer.set("patience", .integer(3))
  #expect(failure { _ = try trainer.run(training: data.training) }?.message.hasPrefix("patience is 3 but") == true)
  try trainer.set("patience", .integer(0))
  #expect(trainer.state.step == 0)

  #expect(try trainer.run(training: data.training, limits: TrainingLimits { true }) == .cancelled)
  let other = failure { _ = try trainer.run(training: try data.training.prefix(50)) }
  #expect(other?.status == .state)
  #expect(failure { try trainer.set("seed", .integer(5)) } == Failure(.state, "seed cannot change once training has begun; make a new trainer"))
  try trainer.set("epochs", .integer(3))
  #expect(failure { try trainer.set([("epochs", .integer(9)), ("epoch", .integer(1))]) }?.status == .unknownName)
  #expect(try trainer.options.integer("epochs") == 3)
}

@Test func leastSquaresTrainsWithoutAccuracy() throws {
  let values = try Numbers(normal: 3 * 40, seed: 4)
  let targets = TensorView(values.vector.base, type: .float64, rows: 40, columns: 1, rowStride: 3, columnStride: 1)
  let features = TensorView(values.vector.base + 8, type: .float64, rows: 40, columns: 2, rowStride: 3, columnStride: 1)
  let data = try Dataset(copying: features, values: targets)
  let network = try smallNetwork(classes: 1, extra: ["loss": .text("least_squares")])
  let before = try evaluate(network, on: data, threads: 1)
  let trainer = try trainer(network, ["epochs": .integer(20), "learning_rate": .real(0.01)])
  #expect(try trainer.run(training: data, validation: data) == .ok)
  let after = try evaluate(network, on: data, threads: 2)
  #expect(after.loss < before.loss && after.accuracy.isNaN && after.samples == 40)
  try trainer.set("epochs", .integer(21))
  let refused = Trainer(network)
  try refused.set("metric", .text("accuracy"))
  #expect(failure { _ = try refused.run(training: data, validation: data) }?.status == .incompatible)
}

import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// A small network for points in the plane, trained on few points: it is fast and uses every part.
func smallNetwork(classes: Int = 2, precision: Precision = .float32, seed: Int64 = 1, extra: [String: OptionValue] = [:]) throws -> Network {
  var specification = NetworkSpecification()
  let settings: [String: OptionValue] = [
    "inputs": .integer(2), "outputs": .integer(Int64(classes)), "width": .integer(4), "layers": .integer(5), "horizon": .real(2),
    "seed": .integer(seed), "precision": .text(precision.name),
  ].merging(extra) { $1 }
  for (key, value) in settings { try specification.set(key, value) }
  return try Network(specification)
}

/// A trainer with the given options. Whatever they leave out has its fixed default, and data stay as they are: tests of single parts choose nothing by the data (AutomaticOptionsTests does).
func trainer(_ network: Network, _ settings: [String: OptionValue]) throws -> Trainer {
  let trainer = Trainer(network)
  let fixed: [String: OptionValue] = ["optimizer": .text("adam"), "normalization": .text("none"), "target_scaling": .text("none")]
  for (key, value) in fixed.merging(settings, uniquingKeysWith: { $1 }) { try trainer.set(key, value) }
  return trainer
}

func ellipses(_ training: Int = 200, _ validation: Int = 100) throws -> (training: Dataset, validation: Dataset) {
  try problems("ellipses")(training: training, validation: validation, seed: 3)
}

/// A copy of a data set with its features as target values. The data set owns the features and lives until they are copied.
func withFeaturesAsTargets(_ data: Dataset) throws -> Dataset { try withExtendedLifetime(data) { try Dataset(copying: data.features, values: data.features) } }

func bits(_ network: Network) -> [UInt64] { network.snapshot.parameters.values.map(\.bitPattern) }

@Test func theNetworkHoldsTheBestIterate() throws {
  let data = try ellipses()
  let network = try smallNetwork()
  let trainer = try trainer(network, ["epochs": .integer(8), "learning_rate": .real(0.02), "metric": .text("loss"), "batch_size": .integer(20)])
  _ = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 5))
  // Steps of 5 in every parameter destroy what was learned, so that the last iterates are not the best.
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

@Test func unsuitableDataAndOptionsAreRefused() throws {
  let data = try ellipses()
  let peaks = try problems("peaks")(training: 100, validation: 50, seed: 1)
  let trainer = try trainer(try smallNetwork(), ["epochs": .integer(2), "batch_size": .integer(150)])
  #expect(failure { _ = try trainer.run(training: peaks.training) }?.status == .invalidData)
  try trainer.set("patience", .integer(3))
  #expect(failure { _ = try trainer.run(training: data.training) }?.message.hasPrefix("patience is 3 but") == true)
  try trainer.set("patience", .integer(0))
  #expect(trainer.state.step == 0)

  #expect(try trainer.run(training: data.training, limits: TrainingLimits { trainer.state.step > 0 }) == .cancelled)
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

/// The parameters after one step of gradient descent with all 200 samples. The order of the samples differs from that of training, and so do the roundings of the sum.
private func descended(_ network: Network, from start: Numbers, rate: Double, on data: Dataset) throws -> [Double] {
  let gradient = try Numbers(start.values, .float32)
  let sweep = try Sweep(network.plan, batch: 200, derivative: true, threads: 1)
  _ = try sweep.lossGradient(
    start.vector, BatchSource(features: data.features, normalization: nil), .labels(try #require(data.labels)), count: 200, gradient: gradient.vector, pool: try WorkerPool(threads: 1))
  return zip(start.values, gradient.values).map { $0 - rate * $1 }
}

/// Training continues from parameters that are assigned between two runs, and keeps the optimizer's vectors, like a loop written by hand. With validation data the best iterate is searched anew.
@Test(arguments: [false, true]) func assignedParametersAreTrainedOn(validates: Bool) throws {
  let data = try ellipses()
  let validation = validates ? data.validation : nil
  let network = try smallNetwork()
  let trainer = try trainer(network, ["epochs": .integer(3), "batch_size": .integer(200), "optimizer": .text("sgd"), "momentum": .real(0), "learning_rate": .real(0.1)])
  _ = try trainer.run(training: data.training, validation: validation, limits: TrainingLimits(epochs: 1))
  let assigned = try Numbers(normal: network.plan.parameterCount, seed: 9, .float32)
  try network.replaceParameters(with: assigned.vector)
  _ = try trainer.run(training: data.training, validation: validation, limits: TrainingLimits(epochs: 1))
  let found = network.snapshot.parameters.values
  for (value, expected) in zip(found, try descended(network, from: assigned, rate: 0.1, on: data.training)) { #expect(abs(value - expected) < 1e-5) }
  #expect(trainer.history.last?.isBest == true)
}

/// A run with no epochs left keeps the assigned parameters; and training continues from parameters that a callback assigns.
@Test func aRunWithoutEpochsLeavesParametersAlone() throws {
  let data = try ellipses()
  let network = try smallNetwork()
  let trainer = try trainer(network, ["epochs": .integer(2), "batch_size": .integer(200), "optimizer": .text("sgd"), "learning_rate": .real(0.1)])
  _ = try trainer.run(training: data.training, validation: data.validation)
  for validation in [data.validation, nil] {
    let before = bits(network)
    #expect(try trainer.run(training: data.training, validation: validation) == .ok)
    #expect(bits(network) == before)
    let assigned = try Numbers(normal: network.plan.parameterCount, seed: 2, .float32)
    try network.replaceParameters(with: assigned.vector)
    #expect(try trainer.run(training: data.training, validation: validation) == .ok)
    #expect(network.snapshot.parameters.values == assigned.values)
  }
  try trainer.set("epochs", .integer(4))
  let far = try Numbers([Double](repeating: 3, count: network.plan.parameterCount), .float32)
  _ = try trainer.run(training: data.training, onEvent: { event in
    if event.kind == .epoch, event.epoch == 3 { _ = try? network.replaceParameters(with: far.vector) }
    return 0
  })
  // One step from there.
  let step = try descended(network, from: far, rate: 0.1, on: data.training)
  #expect(step.contains { abs($0 - 3) > 1e-3 }, "the step must be seen")
  for (value, expected) in zip(network.snapshot.parameters.values, step) { #expect(abs(value - expected) < 1e-5) }
  // Parameters that it assigns after the last step stay.
  try trainer.set("epochs", .integer(5))
  _ = try trainer.run(training: data.training, onEvent: { _ in
    _ = try? network.replaceParameters(with: far.vector)
    return 0
  })
  #expect(network.snapshot.parameters.values.allSatisfy { $0 == 3 })
}

/// A trainer that a callback saves, at the end of an epoch or in between, continues with the bits of the original run.
@Test(arguments: optimizers.names) func whatACallbackSavesGoesOn(name: String) throws {
  let data = try ellipses()
  let settings: [String: OptionValue] = ["optimizer": .text(name), "epochs": .integer(4), "batch_size": .integer(70), "smoothness": .real(1e-3), "num_threads": .integer(1)]
  let network = try smallNetwork()
  let saving = try trainer(network, settings)
  var copies: [(network: Network, record: TrainerRecord, keep: [Numbers])] = []
  let ending = try saving.run(training: data.training, validation: data.validation, onEvent: { event in
    guard event.epoch == 2, let record = try? saving.record(), let copy = try? Network(network.plan, network.snapshot) else { return 0 }
    // A file would contain the numbers; here the test copies them before training changes them.
    let kept = record.vectors.compactMap { try? Numbers($0.values.values, .float32) }
    copies.append((copy, TrainerRecord(options: record.options, tables: record.tables, vectors: zip(record.vectors, kept).map { ($0.0.name, $0.1.vector) }), kept))
    return 0
  })
  #expect(!copies.isEmpty)
  for copy in copies {
    let goesOn = try Trainer(copy.network, copy.record)
    #expect(try goesOn.run(training: data.training, validation: data.validation) == ending)
    #expect(goesOn.history.count == saving.history.count)
    #expect(bits(copy.network) == bits(network))
    #expect(zip(goesOn.history, saving.history).allSatisfy { $0.objective == $1.objective && $0.validationLoss == $1.validationLoss && $0.work == $1.work })
  }
}

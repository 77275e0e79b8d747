import Datasets
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

@Suite struct AutomaticOptionsTests {
  private func chosen(_ settings: [String: OptionValue] = [:], rows: Int, validation: Bool = false) throws -> OptionValues {
    var values = OptionValues(scope: "trainer", trainerOptions)
    for (key, value) in settings { try values.set(key, value) }
    return try values.choosing(for: TrainingTask(rows: rows, hasValidation: validation, stateNumbers: 320))
  }

  @Test func fewRowsAreSeenOftenAndManyAFewTimes() throws {
    let (few, many) = (try chosen(rows: 150), try chosen(rows: 1_000_000))
    #expect(try few.text("optimizer") == "adamw" && many.text("schedule") == "cosine")
    #expect(try few.integer("batch_size") == 16 && many.integer("batch_size") >= 512)
    #expect(try few.integer("epochs") >= 60 && many.integer("epochs") <= 5)
    #expect(try few.real("validation_fraction") == 0 && few.integer("patience") == 0)
    #expect(try few.flag("screening") && OptionValues(scope: "trainer", trainerOptions).choosing(for: TrainingTask(rows: 150, isStream: true, hasValidation: false, stateNumbers: 320)).flag("screening") == false)
    #expect(try many.real("validation_fraction") == 0.05 && many.integer("patience") >= 3)
  }

  @Test func givenValuesWin() throws {
    let values = try chosen(["epochs": .integer(7), "batch_size": .integer(3), "weight_decay": .real(0)], rows: 50_000, validation: true)
    #expect(try values.integer("epochs") == 7 && values.integer("batch_size") == 3 && values.real("weight_decay") == 0)
    #expect(try values.integer("patience") == 0 && values.real("validation_fraction") == 0)
    #expect(try chosen(["warmup_epochs": .integer(2)], rows: 500).integer("warmup_steps") == 0)
    let patient = try chosen(["patience": .integer(4)], rows: 100)
    #expect(try patient.real("validation_fraction") == 0.1 && patient.integer("patience") == 4)
    #expect(try chosen(["patience": .integer(4)], rows: 100, validation: true).real("validation_fraction") == 0)
  }

  @Test func aNamedOptimizerHasFixedDefaults() throws {
    let values = try chosen(["optimizer": .text("adam")], rows: 50_000)
    for option in trainerOptions where option.isAutomatic && option.key != "optimizer" { #expect(try values.value(option.key) == option.standard, "\(option.key)") }
  }

  /// A run with nothing set equals one with what it chose, bit for bit.
  @Test func theChoicesSayHowItTrained() throws {
    let data = try ellipses()
    let (first, second) = (try smallNetwork(), try smallNetwork())
    let open = Trainer(first)
    #expect(try open.options.trainerSettings().allSatisfy { !["epochs", "learning_rate", "batch_size"].contains($0.key) })
    _ = try open.run(training: data.training, limits: TrainingLimits(epochs: 3))
    let told = Trainer(second)
    try told.set(try open.options.trainerSettings().map { ($0.key, $0.value) })
    _ = try told.run(training: data.training, limits: TrainingLimits(epochs: 3))
    #expect(bits(first) == bits(second))
  }

  /// Inputs and targets are standardized at the first run of a network with its drawn parameters, and only then.
  @Test func standardizesOnce() throws {
    let data = try withFeaturesAsTargets(try ellipses().training)
    func fit(_ network: Network, _ settings: [String: OptionValue] = [:]) throws -> DataScaling {
      _ = try trainerOfOptions(network, settings).run(training: data, limits: TrainingLimits(epochs: 1))
      return network.snapshot.scaling
    }
    func values() throws -> Network { try smallNetwork(extra: ["loss": .text("least_squares")]) }
    let network = try values()
    let scaling = try fit(network)
    #expect(scaling.features != nil && scaling.targets != nil)
    let again = try fit(network)
    #expect(again.features === scaling.features && again.targets === scaling.targets)
    let refused = try fit(try values(), ["normalization": .text("none"), "target_scaling": .text("none")])
    #expect(refused.features == nil && refused.targets == nil)
    // Parameters that somebody has set belong to the inputs as they are.
    let given = try values()
    try given.replaceParameters(with: given.snapshot.parameters)
    let kept = try fit(given)
    #expect(kept.features == nil && kept.targets == nil)
    // New draws are new parameters.
    try given.initializeParameters(seed: 9)
    #expect(try fit(given).features != nil)
  }

  /// An input with heavy tails gets its median and quartiles and is squashed; the others keep mean and deviation to the last bit, and `standardize` keeps all.
  @Test func heavyTailsAreSquashed() throws {
    var numbers: [Double] = []
    for row in 0..<200 {
      let z = Double((row * 37) % 200) / 100 - 0.995
      numbers += [z, row == 7 ? 1000 * z : z]
    }
    let labels = (0..<200).map { Int64($0 % 2) }
    func fit(_ choice: String) throws -> Normalization {
      let network = try smallNetwork()
      let data = try numbers.withUnsafeBytes { features in
        try labels.withUnsafeBytes { labels in
          try Dataset(
            copying: TensorView(try #require(features.baseAddress), type: .float64, rows: 200, columns: 2), labels: TensorView(try #require(labels.baseAddress), type: .int64, rows: 200, columns: 1))
        }
      }
      _ = try trainerOfOptions(network, ["normalization": .text(choice)]).run(training: data, limits: TrainingLimits(epochs: 1))
      return try #require(network.snapshot.normalization)
    }
    let (squashing, standardizing) = (try fit("by_tails"), try fit("standardize"))
    #expect(squashing.squashed == [1] && standardizing.squashed.isEmpty)
    #expect(squashing.shift.load(0) == standardizing.shift.load(0) && squashing.scale.load(0) == standardizing.scale.load(0))
    // Quartiles of −1 … 1 are ±½.
    #expect(abs(squashing.shift.load(1)) < 0.02 && abs(squashing.scale.load(1) - 1.349) < 0.05 && standardizing.scale.load(1) < 0.1)
  }

  /// Held-out rows choose the iterate: they are not trained on, and the network holds the best one.
  @Test func heldOutRowsChooseTheIterate() throws {
    let data = try ellipses()
    let network = try smallNetwork()
    let trainer = try trainerOfOptions(network, ["validation_fraction": .real(0.25), "epochs": .integer(6), "metric": .text("loss")])
    _ = try trainer.run(training: data.training)
    let parts = try #require(try data.training.holdOut(0.25, seed: 0))
    let held = try data.training.subset(parts.held.first, count: parts.held.count)
    #expect(trainer.history.count == 6 && trainer.state.trainingCount == 150)
    #expect(try evaluate(network, on: held, threads: 1).loss == trainer.history.map(\.validationLoss).min())
  }

  private func trainerOfOptions(_ network: Network, _ settings: [String: OptionValue]) throws -> Trainer {
    let trainer = Trainer(network)
    for (key, value) in settings { try trainer.set(key, value) }
    return trainer
  }
}

import Integrators
import Settings

/// All options of scope "trainer": those of the trainer itself, of the schedules, the regularizers and the optimizers.
///
/// C introspection, Python signatures and the documentation's tables are generated from this list. Keys that several optimizers read appear once.
package let trainerOptions: [OptionDescription] = {
  var options: [OptionDescription] = TrainerOptions.own
  let groups: [[OptionDescription]] =
    optimizers.entries.map { $0.entry.options } + [LearningRate.options] + schedules.entries.map { $0.entry.options }
    + [TrajectoryCost.options] + constraints.entries.map { $0.entry.options } + regularizers.entries.map { [$0.entry.option] + $0.entry.furtherOptions }
  for group in groups {
    for option in group where !options.contains(where: { $0.key == option.key }) { options.append(option) }
  }
  return options
}()

/// The values of the trainer's options, read and checked together.
package struct TrainerOptions: Sendable {
  static let own: [OptionDescription] = [
    OptionDescription("epochs", .integer(1...1_000_000_000), default: .integer(10), unit: "epochs", "passes over the training data, counted over all runs of the trainer"),
    OptionDescription(
      "batch_size", .integer(1...1_000_000_000), default: .integer(128), unit: "samples",
      "samples in one step; the last batch of an epoch may be smaller. Optimizers with a line search or a trust region use all samples in each step unless this option is set"),
    OptionDescription(
      "accumulate_batches", .integer(1...1_000_000), default: .integer(1), unit: "batches",
      "batches whose gradients are averaged for one step, as if batch_size were that many times larger; memory does not grow with this number"),
    OptionDescription("seed", .integer(0...Int64.max), default: .integer(0), "seed of the random order of the samples and of the noise"),
    OptionDescription("shuffle", .flag, default: .flag(true), "whether each epoch visits the samples in a new random order"),
    OptionDescription("optimizer", .choice(optimizers.names), default: .text("adam"), "method that updates the parameters"),
    OptionDescription(
      "metric", .choice(["automatic", "loss"] + metrics.names), default: .text("automatic"),
      "figure on the validation data by which the best parameters are chosen; automatic: accuracy, or loss if the network's loss is least_squares"),
    OptionDescription(
      "class_weights", .choice(["none", "balanced"]), default: .text("none"),
      "weights of the classes in the training loss. none: all samples count alike; balanced: a sample counts samples/(classes · samples of its class), so that all classes count alike"),
    OptionDescription(
      "label_smoothing", .real(0...1.0.nextDown), default: .real(0), unit: "1", "label smoothing of the training loss: the part of each label that is spread evenly over all classes"),
    OptionDescription(
      "patience", .integer(0...1_000_000_000), default: .integer(0), unit: "epochs",
      "epochs without an improvement of the metric after which training ends; it needs validation data; 0: training never ends early"),
    OptionDescription(
      "min_delta", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
      "smallest change of the metric that counts as an improvement for patience"),
    OptionDescription("num_threads", .integer(0...1024), default: .integer(0), unit: "threads", "threads that training uses; 0: one for each CPU that the process may use"),
  ]

  package let epochs: Int
  /// The number of samples in a step, over all batches that it accumulates. The gradient is summed tile by tile, so that memory does not grow with this number.
  package let batchSize: Int
  package let seed: UInt64
  package let shuffle: Bool
  package let metric: String
  package let balancesClasses: Bool
  package let labelSmoothing: Double
  package let patience: Int
  package let minimumDelta: Double
  package let threads: Int
  package let learningRate: LearningRate
  package let optimizerName: String
  package let optimizer: any Optimizer
  /// γ > 0 of the preconditioner (αLᵀL + γI)⁻¹.
  package let preconditionerShift: Double
  /// The decoupled decay that is passed to the optimizer; 0 if decay is a term of the objective.
  package let decoupledDecay: Double
  /// The regularizers with a strength above 0.
  package let regularizers: [any Regularizer]
  /// The terms along trajectories; nil without such terms.
  package let trajectoryCost: TrajectoryCost?

  /// Reads the options.
  /// - Throws: `invalidArgument` if an option of another optimizer or schedule was set, or options contradict each other; `outOfRange`.
  package init(_ values: OptionValues) throws(Failure) {
    epochs = try values.integer("epochs")
    seed = UInt64(try values.integer("seed"))
    shuffle = try values.flag("shuffle")
    metric = try values.text("metric")
    balancesClasses = try values.text("class_weights") == "balanced"
    labelSmoothing = try values.real("label_smoothing")
    patience = try values.integer("patience")
    minimumDelta = try values.real("min_delta")
    threads = try values.integer("num_threads")
    learningRate = try LearningRate(values)

    optimizerName = try values.text("optimizer")
    let method = try optimizers(optimizerName)
    try refuseForeign(values, chosen: optimizerName, of: optimizers.noun, optimizers.entries.map { ($0.name, $0.entry.options) })
    try refuseForeign(values, chosen: try values.text("schedule"), of: schedules.noun, schedules.entries.map { ($0.name, $0.entry.options) })
    optimizer = try method.init(values)
    preconditionerShift = try values.real("preconditioner_shift")
    let step = try values.integer("batch_size").multipliedReportingOverflow(by: try values.integer("accumulate_batches"))
    batchSize = step.overflow || (method.prefersAllSamples && !values.isSet("batch_size")) ? Int.max : step.partialValue

    let decay = try values.real(WeightDecay.option.key)
    decoupledDecay = method.decouplesWeightDecay ? decay : 0
    var terms: [any Regularizer] = []
    for term in StableTerms.all {
      let strength = try values.real(term.option.key)
      let handledByOptimizer = method.decouplesWeightDecay && term.option.key == WeightDecay.option.key
      if strength > 0, !handledByOptimizer { terms.append(try term.init(strength: strength, values)) }
    }
    regularizers = terms
    trajectoryCost = try TrajectoryCost(values)
  }
}

/// The registry of regularizers, under a name that the stored property `regularizers` does not hide.
private enum StableTerms {
  static let all = regularizers.entries.map(\.entry)
}

/// Fails if an option was set that only other entries of the registry read, because it would be ignored.
private func refuseForeign(
  _ values: OptionValues, chosen: String, of noun: String, _ entries: [(name: String, options: [OptionDescription])]
) throws(Failure) {
  let own = entries.first { $0.name == chosen }?.options.map(\.key) ?? []
  for entry in entries {
    for key in entry.options.map(\.key) where values.isSet(key) && !own.contains(key) {
      let readers = entries.filter { $0.options.contains { $0.key == key } }.map(\.name)
      throw Failure(.invalidArgument, "\(key) is set but \(noun) is '\(chosen)'; \(key) belongs to \(readers.joined(separator: ", "))")
    }
  }
}

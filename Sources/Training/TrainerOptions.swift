import Integrators
import Networks
import Settings

/// All options of scope "trainer": those of the trainer itself, of the schedules, the regularizers and the optimizers.
///
/// C introspection, Python signatures and the documentation's tables are generated from this list. Keys that several optimizers read appear once.
package let trainerOptions: [OptionDescription] = {
  var options: [OptionDescription] = TrainerOptions.own + ImageAugmentation.options
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
    OptionDescription("epochs", .integer(1...1_000_000_000), default: .integer(10), unit: "epochs", automatic: true, "passes over the training data, counted over all runs of the trainer"),
    OptionDescription(
      "batch_size", .integer(1...1_000_000_000), default: .integer(128), unit: "samples", automatic: true, fixed: true,
      "samples in one step; the last batch of an epoch may be smaller. Optimizers with a line search or a trust region use all samples in each step unless this option is set"),
    OptionDescription(
      "accumulate_batches", .integer(1...1_000_000), default: .integer(1), unit: "batches", fixed: true,
      "batches whose gradients are averaged for one step, as if batch_size were that many times larger; memory does not grow with this number"),
    OptionDescription("seed", .integer(0...Int64.max), default: .integer(0), fixed: true, "seed of the random order of the samples and of the noise"),
    OptionDescription("shuffle", .flag, default: .flag(true), fixed: true, "whether each epoch visits the samples in a new random order"),
    OptionDescription("optimizer", .choice(optimizers.names), default: .text("adam"), automatic: true, fixed: true, "method that updates the parameters. Automatic: adamw, with all that is not set chosen to suit the data; a method that is named has fixed defaults for the rest"),
    OptionDescription(
      "metric", .choice(["automatic", "loss"] + metrics.names), default: .text("automatic"), fixed: true,
      "figure on the validation data by which the best parameters are chosen; automatic: accuracy, or loss if the network's loss has no classes"),
    OptionDescription(
      "weighted_validation", .flag, default: .flag(false), fixed: true,
      "whether the samples of the validation data count by their weights in loss, accuracy and metric; otherwise each counts once"),
    OptionDescription(
      "class_weights", .choice(["none", "balanced"]), default: .text("none"),
      "weights of the classes in the training loss. none: all samples count alike; balanced: a sample counts samples/(classes · samples of its class), so that all classes count alike"),
    OptionDescription(
      "label_smoothing", .real(0...1.0.nextDown), default: .real(0), unit: "1", "label smoothing of the training loss: the part of each label that is spread evenly over all classes"),
    OptionDescription(
      "patience", .integer(0...1_000_000_000), default: .integer(0), unit: "epochs", automatic: true,
      "epochs without an improvement of the metric after which training ends; it needs validation data, given or held out; 0: training never ends early"),
    OptionDescription(
      "validation_fraction", .real(0...0.9), default: .real(0), unit: "1", automatic: true, fixed: true,
      "part of the training rows that is held out for validation if no validation data is given, drawn by seed, of each class alike; 0: none"),
    OptionDescription(
      "normalization", .choice(["by_tails", "standardize", "none"]), default: .text("by_tails"), fixed: true,
      "standardize: the first run of a new network shifts and scales its inputs by the mean and standard deviation of the training data, unless a normalization has been set; by_tails: the same, but inputs with heavy tails enter as asinh of their distance from the median, in units of the distance of the nearer quartile; none: it leaves them"),
    OptionDescription(
      "screening", .flag, default: .flag(false), automatic: true, fixed: true,
      "whether the first run of a new network that normalizes its inputs leaves out, with the scale 0, those of a table with at least 16 columns and fewer than 10000 rows on which the targets do not depend, as far as tests of single columns and of pairs can tell, if only a part of them counts. Automatic: true for data in memory if optimizer is not set"),
    OptionDescription(
      "target_scaling", .choice(["standardize", "none"]), default: .text("standardize"), fixed: true,
      "standardize: the first run of a new network shifts and scales target values: those of least_squares by their mean and standard deviation, of huber and quantile by their median and quartiles, of poisson by the logarithm of their mean and their relative deviation, unless a scaling has been set, and results are scaled back; none: it leaves them"),
    OptionDescription(
      "min_delta", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1", fixed: true,
      "smallest change of the metric that counts as an improvement for patience"),
    OptionDescription("num_threads", .integer(0...1024), default: .integer(0), unit: "threads", "threads that training uses; 0: one for each CPU that the process may use"),
    OptionDescription(
      "check_derivatives", .flag, default: .flag(false),
      "whether the end of training tests the network's derivatives link by link, at the first four samples of the data set that the run was given (validation_fraction may hold some of them out), or that a stream had read when the run began: the training is kept, and an error names the layer whose pullback is not the transpose of its pushforward"),
  ]

  package let epochs: Int
  /// The number of samples in a step, over all batches that it accumulates. The gradient is summed tile by tile, so that memory does not grow with this number.
  package let batchSize: Int
  package let seed: UInt64
  package let shuffle: Bool
  package let metric: String
  package let weightsValidation: Bool
  package let balancesClasses: Bool
  package let labelSmoothing: Double
  package let patience: Int
  package let validationFraction: Double
  package let standardizesInputs: Bool
  package let screensInputs: Bool
  package let squashesHeavyTails: Bool
  package let standardizesTargets: Bool
  package let minimumDelta: Double
  package let threads: Int
  package let checksDerivatives: Bool
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
  /// - Throws: `incompatible` if an option of another optimizer or schedule was set; `invalidArgument` if options contradict each other; `outOfRange`.
  package init(_ values: OptionValues) throws(Failure) {
    epochs = try values.integer("epochs")
    seed = UInt64(try values.integer("seed"))
    shuffle = try values.flag("shuffle")
    metric = try values.text("metric")
    weightsValidation = try values.flag("weighted_validation")
    balancesClasses = try values.text("class_weights") == "balanced"
    labelSmoothing = try values.real("label_smoothing")
    patience = try values.integer("patience")
    validationFraction = try values.real("validation_fraction")
    standardizesInputs = try values.text("normalization") != "none"
    screensInputs = try values.flag("screening")
    squashesHeavyTails = try values.text("normalization") == "by_tails"
    standardizesTargets = try values.text("target_scaling") == "standardize"
    minimumDelta = try values.real("min_delta")
    threads = try values.integer("num_threads")
    checksDerivatives = try values.flag("check_derivatives")
    learningRate = try LearningRate(values)

    optimizerName = try values.text("optimizer")
    let method = try optimizers(optimizerName)
    if let misfit = try values.misfits().first { throw misfit.failure }
    optimizer = try method.init(values)
    preconditionerShift = try values.real("preconditioner_shift")
    let step = try values.integer("batch_size").multipliedReportingOverflow(by: try values.integer("accumulate_batches"))
    batchSize = step.overflow || (method.prefersAllSamples && !values.isSet("batch_size")) ? Int.max : step.partialValue

    let decay = try values.real(WeightDecay.option.key)
    decoupledDecay = method.decouplesWeightDecay ? decay : 0
    var terms: [any Regularizer] = []
    for term in registeredRegularizers {
      let strength = try values.real(term.option.key)
      let handledByOptimizer = method.decouplesWeightDecay && term.option.key == WeightDecay.option.key
      if strength > 0, !handledByOptimizer { terms.append(try term.init(strength: strength, values)) }
    }
    regularizers = terms
    trajectoryCost = try TrajectoryCost(values)
  }
}

/// The entries of the registry `regularizers`, under a name that the stored property does not hide.
private let registeredRegularizers = regularizers.entries.map(\.entry)

private let choosers = [
  OptionChooser("optimizer", choices: optimizers.entries.map { ($0.name, $0.entry.options) }),
  OptionChooser("schedule", choices: schedules.entries.map { ($0.name, $0.entry.options) }),
]

/// An option that was set although the chosen optimizer or schedule does not take it, so that it would be ignored.
struct OptionMisfit {
  let key: String
  /// The option that chooses what takes the misfit: optimizer or schedule.
  let chooser: String
  let failure: Failure
}

extension OptionValues {
  /// Whether an option is still to be chosen by the first run. Nothing is, once the optimizer is named: its fixed defaults hold.
  package func isOpenInTraining(_ key: String) throws(Failure) -> Bool {
    let option = try description(of: key)
    return option.isAutomatic && !isSet("optimizer") && isOpen(key)
  }

  /// The trainer's options that are set to another value than their default and that the chosen optimizer or schedule does not take.
  func misfits() throws(Failure) -> [OptionMisfit] {
    var found: [OptionMisfit] = []
    for chooser in choosers {
      let chosen = try text(chooser.option)
      for option in descriptions where isSet(option.key) {
        // A default says nothing that could be ignored.
        guard try value(option.key) != option.standard else { continue }
        let takers = chooser.takers(of: option.key)
        guard !takers.isEmpty, !takers.contains(chosen) else { continue }
        let text = "\(option.key) is set but \(chooser.option) is '\(chosen)'; \(option.key) belongs to \(enumeration(takers)); the value null unsets it"
        found.append(OptionMisfit(key: option.key, chooser: chooser.option, failure: Failure(.incompatible, text)))
      }
    }
    return found
  }

  /// The trainer's options that the chosen optimizer and schedule take, with their values: a new trainer that is given them trains as one with these options.
  ///
  /// Left out are automatic options that are not chosen yet, options that only the choice of another optimizer or schedule takes, and those without a value that stands for "not set" (batch_size of methods that take all samples, the bounds of
  /// parameters). While a set option still waits for the choice that takes it, this choice, which is not set, is left out instead.
  package func trainerSettings() throws(Failure) -> [(key: String, value: OptionValue)] {
    let misfits = try misfits()
    let optimizer = try optimizers(try text("optimizer"))
    var settings: [(key: String, value: OptionValue)] = []
    for option in descriptions {
      let isWaiting = misfits.contains { $0.key == option.key && !isSet($0.chooser) }
      var isTaken = true
      for chooser in choosers {
        let (takers, chosen) = (chooser.takers(of: option.key), try text(chooser.option))
        if !takers.isEmpty, !takers.contains(chosen) { isTaken = false }
      }
      let isOpenChoice = !isSet(option.key) && misfits.contains { $0.chooser == option.key }
      let needsSetting = (option.key == "batch_size" && optimizer.prefersAllSamples) || Bounds.options.contains { $0.key == option.key }
      // An automatic option that is neither set nor chosen yet is left to the new trainer.
      guard isWaiting || isTaken, !isOpenChoice, !needsSetting || isSet(option.key), try !isOpenInTraining(option.key) else { continue }
      settings.append((option.key, try value(option.key)))
    }
    return settings
  }
}

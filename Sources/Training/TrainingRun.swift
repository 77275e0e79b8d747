import Datasets
import LinearAlgebra
import Networks
import Settings
import Stability

/// One call of `Trainer.run`: the objects that exist only during the call (threads, tapes, the order of the samples) and the loops over epochs and batches.
final class TrainingRun {
  let trainer: Trainer
  private let plan: NetworkPlan
  private let settings: TrainerOptions
  /// The training data, or what the buffer of a stream holds.
  let training: Dataset
  private let stream: SampleStream?
  private let use: SampleStream.Use
  private let validation: Dataset?
  /// The rows that steps use, and those that are held out for validation; nil if no rows are held out.
  private let parts: (training: RowList, held: RowList)?
  private let validationCount: Int
  private let limits: TrainingLimits
  private let clock = Stopwatch()
  private let memory: TrainerMemory
  private let scaling: DataScaling
  /// The loss that is minimized, of numbers as they are scaled.
  private let loss: any Loss
  private let batch: Int
  private let order: Buffer
  private let rows: UnsafeMutablePointer<Int64>
  private let sweep: Sweep
  private let evaluationSweep: Sweep?
  private let figure: ValidationFigure
  private let weightsValidation: Bool
  /// The scores of the validation, if the figure or a weighted accuracy needs them.
  private let evaluated: EvaluatedScores?
  private let classWeights: ClassWeights?
  private let weighting: LossWeighting
  private let augmentation: ImageAugmentation?
  private let pool: WorkerPool
  let objective: BatchObjective
  /// A rate for every step that replaces the options'; nil without one.
  var rate: Double?
  private let sets: [any Constraint]
  private let lastEpoch: Int
  /// The steps and milliseconds of the previous runs.
  private let stepsBefore: Int
  private let millisecondsBefore: Double
  /// Whether the iterate is as the caller gave it, by the network's initialization or by assignment: no step has changed it.
  private var isAsGiven: Bool
  /// The network's parameters when the run began, at which a pass that failed is tried again.
  private let beginning: ParameterSnapshot
  /// The failure of the last step if its batch has no finite result at `beginning` either, so that no other step lengths would have helped.
  private(set) var faultOfData: Failure?

  /// - Parameter onEvent: receives the pulses of what is tried out before the first step.
  init(_ trainer: Trainer, training samples: TrainingSamples, validation: Dataset?, limits: TrainingLimits, onEvent: @escaping (TrainingEvent) -> Int32 = { _ in 0 }) throws(Failure) {
    try trainer.missing.require()
    let plan = trainer.network.plan
    let isFirst = trainer.memory == nil
    let snapshot = trainer.network.snapshot
    defer { withExtendedLifetime(snapshot) {} }
    let given: Dataset
    switch samples {
    case .dataset(let data): (given, stream) = (data, nil)
    case .stream(let own):
      let present = try TrainerOptions(trainer.options)
      stream = own
      // At the first run, what the buffer holds says how large the batches are.
      let batch = isFirst && !trainer.options.isSet("batch_size") && !trainer.options.isSet("optimizer") ? 1 : present.batchSize
      let use = SampleStream.Use(network: trainer.network, scaling: snapshot.scaling, batch: batch, seed: present.seed, shuffle: present.shuffle)
      given = try own.stand(at: trainer.state.position, ofEpoch: trainer.state.epoch, use)
    }
    var task = TrainingTask(plan, rows: given.count, isStream: stream != nil, hasValidation: validation != nil)
    var options = isFirst ? try trainer.options.choosing(for: task) : trainer.options
    var settings = try TrainerOptions(options)
    var scaling = isFirst ? try Self.scaling(trainer, settings, given) : snapshot.scaling
    try trainer.network.requireAgreement(with: given, called: "the training data")
    let fitting = try suited(given, for: plan, scaling, called: "the training data")
    // Only inputs that this run normalizes are left out.
    if isFirst, settings.screensInputs, let made = scaling.features, snapshot.scaling.features == nil, trainer.loss == nil, ScreeningChoice.applies(to: plan, rows: given.count) {
      scaling.features = try ScreeningChoice.screened(fitting, plan, made)
    }
    if isFirst {
      task.isLinearUpToNoise = try Self.isLinearUpToNoise(trainer, fitting, scaling)
      if try TrialChoice.applies(to: trainer, task) { task = try TrialChoice.best(trainer, task, fitting, scaling, limits.watch, onEvent: onEvent) }
      options = try trainer.options.choosing(for: task)
      settings = try TrainerOptions(options)
    }
    if trainer.loss == nil, !plan.loss.hasExactGradient, type(of: settings.optimizer).prefersAllSamples {
      throw Failure(
        .incompatible, "optimizer is '\(settings.optimizerName)', which searches along lines, but the gradient of loss emma holds its shares of the margins constant: use adamw, adam, sgd …, or loss margin_cross_entropy")
    }
    if trainer.loss == nil, let radius = plan.loss.marginRadius, radius > 0, let block = plan.blockWithLimit, try CertifiedStatement(options) != .nonExpansive {
      throw Failure(
        .incompatible, "a loss with margins counts every block with the Lipschitz constant 1, but the steps of blocks.\(block) expand where its weights grow too large: set the trainer's option certified to non_expansive, or take field gradient_flow with steps tight or row_sums")
    }
    if trainer.loss != nil, scaling.targets != nil {
      throw Failure(.incompatible, "the network's targets are scaled, which a loss of your own does not know of; remove the scaling, or use the network's loss")
    }
    let use = SampleStream.Use(network: trainer.network, scaling: scaling, batch: settings.batchSize, seed: settings.seed, shuffle: settings.shuffle)
    if let validation { try trainer.network.requireAgreement(with: validation, called: "the validation data") }
    if stream != nil, plan.steps != nil, plan.loss.targetKind == .labels {
      throw Failure(.incompatible, "outputs_at is steps, but the buffer of a stream holds one label for a sample, not those of its steps; train from data in memory")
    }
    // The samples of a stream change places, with their weights.
    let training = stream == nil ? try fitting.withWeightsNearOne() : fitting
    let own = try validation.map { (data) throws(Failure) in try suited(data, for: plan, scaling, called: "the validation data").withWeightsNearOne() }
    if stream != nil, own == nil, settings.validationFraction > 0 {
      throw Failure(.incompatible, "validation_fraction is \(settings.validationFraction), but the samples of a stream cannot be held out; give validation data")
    }
    parts = own == nil && settings.validationFraction > 0 ? try Self.parts(of: training, plan, settings) : nil
    let validation = own ?? (parts == nil ? nil : training)
    validationCount = parts?.held.count ?? own?.count ?? 0
    if settings.patience > 0, validation == nil {
      throw Failure(.invalidArgument, "patience is \(settings.patience) but there is no validation data, which early stopping goes by; validation_fraction holds some out")
    }
    // The samples from memory that an epoch uses.
    let usedCount = parts?.training.count ?? training.count
    weightsValidation = settings.weightsValidation && validation?.weights != nil
    figure = try ValidationFigure(settings.metric, own: trainer.metric, isWeighted: weightsValidation, plan)
    classWeights = try ClassWeights.chosen(trainer, settings, training, stream)
    weighting = LossWeighting(samples: training.weights, classes: classWeights?.vector, smoothing: settings.labelSmoothing)
    augmentation = try ImageAugmentation(options, plan.inputShape)
    try Self.requireSameData(trainer.state, stream == nil ? usedCount : nil, validation: validationCount)
    self.trainer = trainer
    self.use = use
    self.plan = plan
    self.settings = settings
    self.training = training
    self.validation = validation
    self.limits = limits
    (stepsBefore, millisecondsBefore) = (trainer.state.step, trainer.state.milliseconds)
    isAsGiven = trainer.state.step == 0
    // Its parameters are about to change.
    trainer.network.giveUpIdlePredictor()
    self.scaling = scaling
    loss = trainer.loss ?? plan.loss(scaling.targets, in: .training)
    beginning = snapshot
    if let begun = trainer.memory {
      memory = begun
    } else {
      memory = try TrainerMemory(from: snapshot.parameters, optimizer: settings.optimizer)
    }
    batch = min(settings.batchSize, usedCount)
    try plan.checkTrainingBatch(of: batch, called: "with batch_size \(settings.batchSize) a batch")
    if let count = stream == nil ? usedCount : stream?.count {
      try plan.checkTrainingBatch(of: (count - 1) % batch + 1, called: "with batch_size \(settings.batchSize) the last batch")
    }
    // A stream has an order of its own.
    let ordered = stream == nil ? usedCount : 0
    order = try Buffer(count: max(ordered, 1), precision: .float64)
    rows = order.rowNumbers(count: ordered)
    // A loss of the caller's is called only on the calling thread.
    let threads = trainer.loss != nil ? 1 : settings.threads == 0 ? availableProcessors() : settings.threads
    sweep = try Sweep(try settings.trajectoryCost.map { (cost) throws(Failure) in try plan.charged(cost) } ?? plan, batch: batch, derivative: true, features: false, threads: threads)
    evaluationSweep = validation == nil ? nil : try Sweep(plan, batch: evaluationBatch, derivative: false, threads: sweep.threads)
    let needsScores = figure.needsScores || weightsValidation && plan.loss.targetKind == .labels
    evaluated = if let validation, needsScores { try EvaluatedScores(plan, try parts.map { (parts) throws(Failure) in try validation.subset(parts.held.first, count: parts.held.count) } ?? validation, isWeighted: weightsValidation) } else { nil }
    pool = try WorkerPool(threads: min(sweep.threads, evaluationSweep?.threads ?? sweep.threads), requested: sweep.requestedThreads, watch: limits.watch)
    objective = try BatchObjective(plan, settings, sweep: sweep, pool: pool, total: stream == nil ? usedCount : stream?.count ?? Self.unknownCount)
    sets = try plan.constraints(options, threads: pool.threads)
    lastEpoch = limits.epochs == 0 ? settings.epochs : min(settings.epochs, trainer.state.epoch + max(limits.epochs, 0))
    // The scores of an interrupted validation were lost with its run.
    if evaluated != nil { trainer.state.restartValidation() }
    if trainer.memory == nil {
      trainer.best = BestIterate(byMetric: figure.isMetric, minimumDelta: settings.minimumDelta)
      trainer.memory = memory
      trainer.adopt(options)
      trainer.network.adopt(scaling)
      trainer.knownVersion = snapshot.version
      keepConstraints()
    }
    if stream != nil, settings.balancesClasses { trainer.adopt(balanced: classWeights) }
    // Now the network's numbers mean what the data's do.
    if let columns = training.columns, try trainer.network.columns() == nil { try trainer.network.setColumns(columns) }
  }

  /// The scaling of inputs and targets with which a trainer's first run begins: the network's, and what the options ask for if its parameters are still those drawn from a seed. Trained ones would compute something else with
  /// other inputs.
  private static func scaling(_ trainer: Trainer, _ settings: TrainerOptions, _ training: Dataset) throws(Failure) -> DataScaling {
    let (network, plan) = (trainer.network, trainer.network.plan)
    var scaling = network.snapshot.scaling
    // States of an equation stay as they are, and so do targets where the scores are such states.
    if plan.takesStates, trainer.options.isSet("normalization"), settings.standardizesInputs { try plan.requireNormalizable() }
    let needsFeatures = settings.standardizesInputs && scaling.features == nil && !plan.takesStates
    // A loss of the caller's knows only the caller's units.
    let needsTargets = settings.standardizesTargets && scaling.targets == nil && plan.loss.targetScale != nil && trainer.loss == nil && !(plan.takesStates && plan.readout == nil)
    guard needsFeatures || needsTargets, try network.isInitial() else { return scaling }
    if needsFeatures { scaling.features = try plan.normalization(standardizing: training, squashingHeavyTails: settings.squashesHeavyTails && plan.loss.marginRadius == nil) }
    if needsTargets, let values = training.readAsValues.values, values.columns == plan.targetCount { scaling.targets = try plan.targetScaling(standardizing: values) }
    return scaling
  }

  /// Whether the targets are linear in the features but for noise; false if no choice depends on it.
  private static func isLinearUpToNoise(_ trainer: Trainer, _ training: Dataset, _ scaling: DataScaling) throws(Failure) -> Bool {
    let plan = trainer.network.plan
    guard trainer.loss == nil, !trainer.options.isSet("optimizer"), !trainer.options.isSet("weight_decay"), NoiseEstimate.applies(to: plan, scaling.features, rows: training.count) else { return false }
    return try NoiseEstimate.isLinearUpToNoise(training, plan, scaling.features)
  }

  /// Divides the training data into the rows of the steps and those held out for validation.
  private static func parts(of training: Dataset, _ plan: NetworkPlan, _ settings: TrainerOptions) throws(Failure) -> (training: RowList, held: RowList) {
    if let parts = try training.holdOut(settings.validationFraction, seed: settings.seed) {
      for (rows, use) in [(parts.training, "training"), (parts.held, "validation")] where LossWeighting().sum(training.targets(nil, for: plan), rows: rows.first, count: rows.count) == 0 {
        throw Failure(.invalidData, "validation_fraction is \(settings.validationFraction), but the rows left for \(use) have no observed step; give validation data")
      }
      return parts
    }
    throw Failure(
      .outOfRange, "validation_fraction is \(settings.validationFraction), which of \(training.count) training row\(training.count == 1 ? "" : "s") leaves none for validation or none for training; 0 holds none out")
  }

  /// Runs the loops over epochs and batches. Returns the reason why training ended.
  ///
  /// Progress events are the watch's pulse: they come on this thread, within a step too.
  func train(_ onEvent: @escaping (TrainingEvent) -> Int32) throws(Failure) -> Status {
    watch.onPulse = { [unowned self] in onEvent(event(.progress)) }
    defer { watch.onPulse = nil }
    do throws(Failure) {
      while trainer.state.epoch < lastEpoch {
        if stoppedEarly { return .earlyStopping }
        try trainEpoch()
        try validateEpoch()
        try closeEpoch(onEvent)
        if let ending = memory.iterate.ending { return ending.status }
      }
    } catch {
      // A run that ended early ended as requested.
      guard error.status.rawValue > 0 else { throw error }
      return error.status
    }
    return stoppedEarly ? .earlyStopping : .ok
  }

  /// Ends the run if it must end.
  private var watch: Watch { limits.watch }

  /// Writes the iterate to use to the network: the best one, or the last one without validation.
  func settle() throws(Failure) {
    if validation != nil, trainer.best.epoch > 0 { return }
    // The network stays as it is if the run took no step, or if parameters were assigned after the last step.
    guard trainer.state.step > stepsBefore, !trainer.isAssigned else { return }
    guard iterateIsFinite else { throw notFinite("parameters are") }
    try trainer.publish()
  }

  /// Tests the network's derivatives at the first training samples, if the options ask for it and training has ended: a run that was interrupted goes on later.
  /// - Throws: `internal` naming the layer whose derivatives are wrong; what computing them throws.
  func checkDerivatives(after status: Status) throws(Failure) {
    guard settings.checksDerivatives, status == .ok ? trainer.state.epoch >= settings.epochs : [.earlyStopping, .converged, .noDescent].contains(status) else { return }
    try DerivativeCheck.require(trainer.network, training.features.rows(0..<min(4, training.count)))
  }

  /// Adds the run's time to the state, however the run ended.
  func finish() { trainer.state.milliseconds = millisecondsBefore + clock.milliseconds }

  private var stoppedEarly: Bool { settings.patience > 0 && trainer.best.epochsWithoutImprovement >= settings.patience }

  /// The samples of an epoch; nil for a stream that has not ended yet. From the second epoch on the first one tells, also where another stream takes over.
  private var epochCount: Int? { stream == nil ? trainingCount : stream?.count ?? (trainer.state.epoch > 0 ? trainer.state.trainingCount : nil) }
  /// The samples from memory that an epoch uses.
  var trainingCount: Int { parts?.training.count ?? training.count }
  /// Stands for the unknown samples of a stream: a number so large that its share of an epoch is next to nothing.
  private static let unknownCount = 1 << 40

  private func trainEpoch() throws(Failure) {
    if let stream {
      _ = try stream.stand(at: trainer.state.position, ofEpoch: trainer.state.epoch, use)
      while let rows = try stream.rows(use) {
        if let count = epochCount, rows.count < batch { try plan.checkTrainingBatch(of: (count - 1) % batch + 1, called: "with batch_size \(settings.batchSize) the last batch") }
        trainer.state.trainingCount = max(epochCount ?? 0, trainer.state.position + rows.count)
        do throws(Failure) { try step(rows) } catch { throw stream.named(error) }
        stream.advance(by: rows.count)
        try watch.check()
      }
      return
    }
    guard trainer.state.position < trainingCount else { return }
    try orderSamples()
    trainer.state.trainingCount = trainingCount
    while trainer.state.position < trainingCount {
      try step()
      try watch.check()
    }
  }

  /// Computes the order of the samples in this epoch. It depends on seed and epoch alone, so that an interrupted epoch goes on in the same order.
  /// - Throws: the reason why the run must end.
  func orderSamples() throws(Failure) {
    // Orders use the streams with the highest bit set: a network with the same seed draws its parameters from other streams.
    var stream = RandomStream(seed: settings.seed, stream: 1 << 63 | UInt64(trainer.state.epoch))
    if settings.shuffle {
      try stream.permutation(into: rows, count: trainingCount)
    } else {
      try Watch.pieces(trainingCount) { for row in $0 { rows[row] = Int64(row) } }
    }
    if let kept = parts?.training { try Watch.pieces(trainingCount) { for index in $0 { rows[index] = kept.first[Int(rows[index])] } } }
  }

  /// Takes the next step of the epoch's order.
  func step() throws(Failure) {
    let start = trainer.state.position
    try step(UnsafeBufferPointer(start: UnsafePointer(rows + start), count: min(batch, trainingCount - start)))
  }

  /// Takes one step of the optimizer with one batch. If the watch ends the step, it is not taken at all, and the batch is repeated when training goes on.
  private func step(_ rows: UnsafeBufferPointer<Int64>) throws(Failure) {
    takeAssigned()
    let (start, count) = (trainer.state.position, rows.count)
    let iterate = memory.iterate
    iterate.number = trainer.state.step + 1
    iterate.rate = rate ?? settings.learningRate.rate(epoch: trainer.state.epoch, step: start / batch, stepsPerEpoch: ((epochCount ?? Self.unknownCount) + batch - 1) / batch)
    let draws = plan.drawsNumbers || augmentation != nil ? Draws(seed: settings.seed, step: UInt64(iterate.number)) : nil
    let source = BatchSource(
      features: training.features, rows: rows.baseAddress, normalization: scaling.features,
      augmentation: draws.flatMap { draws in augmentation.map { StepAugmentation($0, draws) } })
    let batch = TrainingBatch(
      source: source, targets: training.targets(scaling.targets, for: plan), count: count, loss: loss, weighting: weighting, draws: draws)
    objective.begin(batch, known: iterate.known.map { (trainer.state.known, $0) })
    do throws(Failure) {
      try settings.optimizer.step(objective, iterate)
    } catch {
      guard error.status == .notFinite else { throw error }
      // Only first-order methods have a learning rate to blame, and the iterate's gradient is free memory for them.
      if !isAsGiven, settings.optimizer is any GradientOptimizer {
        let isOfData = try failsAtBeginning { (parameters) throws(Failure) in
          objective.begin(batch, known: nil)
          _ = try objective.gradient(at: parameters, into: iterate.gradient)
        }
        faultOfData = isOfData ? error : nil
      }
      throw notFinite("objective is", error.message, training, "the training data", isOfData: faultOfData != nil)
    }
    isAsGiven = false
    objective.updateStatistics(of: iterate.parameters)
    keepConstraints()
    trainer.state.step = iterate.number
    trainer.state.position = start + count
    trainer.state.learningRate = iterate.rate
    trainer.state.work += objective.work
    guard let result = objective.atStart, let value = objective.valueAtStart else { return }
    // A step that found no lower value stays where it began; the last evaluation then belongs to another point.
    trainer.state.known = iterate.known == value ? result : objective.latest
    trainer.state.lossSum += result.lossSum
    trainer.state.objectiveSum += result.weight * value
    trainer.state.weight += result.weight
    trainer.state.correct += result.correct
    trainer.state.labeled += result.labeled
  }

  /// Whether a pass has no finite result with the parameters that the network had when the run began either: then the data are the cause, not the steps since.
  /// - Throws: the failure of a function of the caller's.
  private func failsAtBeginning(_ pass: (_ parameters: Vector) throws(Failure) -> Void) throws(Failure) -> Bool {
    do throws(Failure) {
      try pass(beginning.parameters)
      return false
    } catch {
      guard error.status == .callbackFailed else { return error.status == .notFinite }
      throw error
    }
  }

  /// Moves the iterate into the constraints' sets. If that changes it, the values known at the iterate no longer apply.
  private func keepConstraints() {
    for set in sets where set.project(memory.iterate.parameters, pool) { memory.iterate.known = nil }
  }

  /// Parameters that were assigned to the network, before this run or by its callback, replace the iterate.
  private func takeAssigned() {
    guard trainer.takeAssigned() else { return }
    isAsGiven = true
    keepConstraints()
  }

  /// What messages about rows of the validation call them: rows that are held out have their numbers in the training data.
  private var validationName: String { parts == nil ? "the validation data" : "the training data" }

  private func validateEpoch() throws(Failure) {
    guard let validation, let evaluationSweep else { return }
    while trainer.state.validated < validationCount {
      takeAssigned()
      let part: BatchResult
      do throws(Failure) {
        part = try evaluationSweep.evaluate(
          validation, rows: parts?.held, from: trainer.state.validated, memory.iterate.parameters, scaling: scaling, loss: self.loss, scores: evaluated,
          isWeighted: weightsValidation, pool: pool)
      } catch {
        switch error.status {
        case .notFinite:
          let isOfData = try failsAtBeginning { (parameters) throws(Failure) in
            _ = try evaluationSweep.evaluate(validation, rows: parts?.held, from: trainer.state.validated, parameters, scaling: scaling, loss: self.loss, isWeighted: weightsValidation, pool: pool)
          }
          throw notFinite("validation loss is", error.message, validation, validationName, isOfData: isOfData)
        case .notConverged, .stepLimit: throw Failure(error.status, "\(validationName), \(error.message)")
        default: throw error
        }
      }
      trainer.state.validationLossSum += part.lossSum
      trainer.state.validationCorrect += part.correct
      trainer.state.validationLabeled += part.labeled
      trainer.state.validated += part.count
      if trainer.state.validated < validationCount { try watch.check() }
    }
  }

  /// Whether all parameters of the iterate are finite; answered in any case, with the pulse going on.
  private var iterateIsFinite: Bool {
    var isFinite = true
    Watch.allPieces(memory.iterate.parameters.count) { isFinite = isFinite && allFinite(memory.iterate.parameters[$0]) }
    return isFinite
  }

  /// Chooses the iterate to keep, writes the history and turns to the next epoch.
  private func closeEpoch(_ onEvent: (TrainingEvent) -> Int32) throws(Failure) {
    guard iterateIsFinite else { throw notFinite("parameters are") }
    var (isBest, metric, loss, accuracy) = (validation == nil, Double.nan, Double.nan, Double.nan)
    // Changed only after the network holds the iterate: if memory is refused before, the end of the epoch can be repeated.
    var best = trainer.best
    if let validation {
      guard trainer.state.validationLossSum.isFinite else { throw notFinite("validation loss is") }
      let weighting = LossWeighting(samples: weightsValidation ? validation.weights : nil)
      loss = trainer.state.validationLossSum / weighting.sum(validation.targets(nil, for: plan), rows: parts?.held.first, count: validationCount, countsSteps: self.loss.countsSteps)
      if plan.loss.targetKind == .labels {
        accuracy = if weightsValidation, let evaluated { try Accuracy().value(evaluated) } else { Double(trainer.state.validationCorrect) / Double(trainer.state.validationLabeled) }
      }
      metric = try figure.value(loss: loss, accuracy: accuracy, evaluated)
      isBest = best.take(loss: loss, metric: figure.isLargerBetter ? metric : -metric, epoch: trainer.state.epoch + 1)
    }
    if isBest { try trainer.publish() }
    trainer.best = best
    let event = event(.epoch, validationLoss: loss, validationAccuracy: accuracy, metric: metric, isBest: isBest)
    trainer.history.append(event)
    trainer.state.finishEpoch()
    watch.heed(onEvent(event))
    watch.postponePulse()
    // A limit that is reached with the last epoch has interrupted nothing.
    if let failure = watch.failure, failure.status != .cancelled, failure.status != .timeLimit { throw failure }
    if trainer.state.epoch < lastEpoch { try watch.check() }
  }

  private func event(
    _ kind: TrainingEvent.Kind, validationLoss: Double = .nan, validationAccuracy: Double = .nan, metric: Double = .nan, isBest: Bool = false
  ) -> TrainingEvent {
    // Time is added before a callback may save the trainer.
    finish()
    let state = trainer.state
    let hasClasses = plan.loss.targetKind == .labels
    return TrainingEvent(
      kind: kind, epoch: state.epoch + (kind == .epoch ? 1 : 0), step: state.step,
      epochFraction: Double(state.position) / Double(epochCount ?? Self.unknownCount), trainingLoss: state.weight > 0 || state.position == 0 ? state.lossSum / state.weight : 0,
      objective: state.weight > 0 || state.position == 0 ? state.objectiveSum / state.weight : 0,
      trainingAccuracy: hasClasses ? Double(state.correct) / Double(state.labeled) : .nan,
      validationLoss: validationLoss, validationAccuracy: validationAccuracy, validationMetric: metric, learningRate: state.learningRate, seconds: state.milliseconds * 1e-3, work: state.work,
      isBest: isBest, level: state.level)
  }

  /// The failure of training that met numbers that are not finite: where it stood, why, and what may help.
  /// - Parameters:
  ///   - reason: what was not finite.
  ///   - data: the data of the pass that failed, and `name`, what they are called.
  ///   - isOfData: whether the pass fails at the parameters with which the run began, too.
  private func notFinite(_ what: String, _ reason: String? = nil, _ data: Dataset? = nil, _ name: String = "", isOfData: Bool = false) -> Failure {
    let place = isAsGiven ? "before the first step" : "after step \(trainer.state.step) (epoch \(trainer.state.epoch + 1))"
    let advice: String
    if let largest = data?.values.map(magnitudeBound), !(largest * largest).isFinite {
      advice = "; \(name) has targets up to \(largest), whose squares are too large for float64"
    } else if isAsGiven, let term = objective.regularizerNotFinite(at: memory.iterate.parameters, scratch: memory.iterate.gradient) {
      advice = "; no step has changed the parameters yet: the regularizer \(term) is too strong for them"
    } else if isAsGiven {
      advice = "; no step has changed the parameters yet: targets, features, parameters or the strength of a regularizer are too large"
    } else if isOfData {
      advice = "; with the parameters at the beginning of this run it is not finite either: features or targets are too large"
    } else {
      advice = settings.optimizer is any GradientOptimizer ? "; a smaller learning_rate may help" : ""
    }
    return Failure(
      .notFinite, "the \(what) not finite \(place)\(reason.map { " (\($0))" } ?? "")\(advice)\(isAsGiven ? "" : ". The network holds the best iterate before that")")
  }

  /// Within an epoch, training can only go on with the data with which the epoch began. A stream looks after itself.
  private static func requireSameData(_ state: TrainingState, _ count: Int?, validation: Int) throws(Failure) {
    if let count, state.position > 0, state.trainingCount != count {
      throw Failure(.state, "the last run stopped within an epoch of \(state.trainingCount) samples; this training data has \(count)")
    }
    if state.validated > validation {
      throw Failure(.state, "the last run stopped within a validation, after \(state.validated) samples; this validation data has \(validation)")
    }
  }
}

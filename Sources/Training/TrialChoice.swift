import Datasets
import LinearAlgebra
import Networks
import Settings

/// Which learning rate and which decay of the weights suit a table of few rows: they are tried out on rows that are held out.
///
/// A large rate keeps a network simple, which stands against fitting noise; a small one finds boundaries and curves that a large one steps over. The data tell which of the two they need. A copy of the network is trained with
/// each choice on four fifths of the rows, and the one with the least loss on the others is taken. Then the network itself is trained on all rows.
///
/// Where targets look linear up to noise (`NoiseEstimate`), the strong decay stays unless the plain one has clearly less loss: a pattern like a parity is noise to ridge regressions, but not to a network.
enum TrialChoice {
  /// Fewer rows leave too few to compare by.
  private static let fewRows = 100
  /// From so many rows on, trials take long.
  private static let manyRows = 10_000
  /// The rows of all trials: four fifths to train on, a fifth to compare by.
  private static let mostRows = 2500
  private static let share = 0.2
  private static let mostStateNumbers = 640.0
  /// The small rate, as a multiple of the one without trials.
  private static let smallRate = 0.25
  /// The loss of the plain decay, as a multiple of that of the strong one, at which the strong one is given up.
  private static let clearlyLess = 0.9

  /// Whether anything is tried: for plain features and networks of the size that is chosen for tables, if all options of training are to be chosen.
  static func applies(to trainer: Trainer, _ task: TrainingTask) throws(Failure) -> Bool {
    let (plan, options) = (trainer.network.plan, trainer.options)
    guard (fewRows..<manyRows).contains(task.rows), !task.hasValidation, task.stateNumbers <= mostStateNumbers else { return false }
    guard trainer.loss == nil, plan.squashesInputs, plan.loss.marginRadius == nil else { return false }
    guard !options.isSet("warmup_epochs"), !options.descriptions.contains(where: { $0.isAutomatic && $0.key != "screening" && options.isSet($0.key) }) else { return false }
    return try trainer.network.isInitial()
  }

  /// The task with the choices that did best.
  /// - Parameters:
  ///   - training: data for which `applies` is true and that have been checked against the plan.
  ///   - scaling: that of the network to be trained.
  ///   - onEvent: called as in a run. No event tells of a step or an epoch, because none of the run's own has begun.
  /// - Throws: `memory`; why the work must end.
  static func best(
    _ trainer: Trainer, _ task: TrainingTask, _ training: Dataset, _ scaling: DataScaling, _ watch: Watch, onEvent: @escaping (TrainingEvent) -> Int32
  ) throws(Failure) -> TrainingTask {
    let seed = UInt64(try trainer.options.integer("seed"))
    var sample = training
    if training.count > mostRows, let parts = try training.holdOut(Double(mostRows) / Double(training.count), seed: seed) {
      sample = try training.subset(parts.held.first, count: parts.held.count)
    }
    guard let parts = try sample.holdOut(share, seed: seed) else { return task }
    let (rest, held) = (try sample.subset(parts.training.first, count: parts.training.count), try sample.subset(parts.held.first, count: parts.held.count))
    let snapshot = trainer.network.snapshot
    defer { withExtendedLifetime(snapshot) {} }
    /// The loss after training as a task of these choices.
    func loss(_ task: TrainingTask) throws(Failure) -> Double {
      let own = Trainer(try Network(trainer.network.plan, try ParameterSnapshot(copying: snapshot.parameters, scaling: scaling, isInitial: true)), like: trainer)
      try own.set(try trainer.options.choosing(for: task.withRows(rest.count)).trainerSettings().map { ($0.key, $0.value) } + [("check_derivatives", .flag(false))])
      return try Self.loss(own, rest, held, watch, onEvent)
    }
    var plain = task
    plain.isLinearUpToNoise = false
    // Losses of least squares and of classes are at least 0.
    let strongLoss = task.isLinearUpToNoise ? try loss(task) : .infinity
    let plainLoss = try loss(plain)
    guard plainLoss < clearlyLess * strongLoss || !task.isLinearUpToNoise else { return task }
    var slow = plain
    slow.rateFactor = smallRate
    return try loss(slow) < plainLoss ? slow : plain
  }

  /// The loss on rows that are held out, after training; infinite if a step or a row has no finite result.
  private static func loss(_ trainer: Trainer, _ training: Dataset, _ held: Dataset, _ watch: Watch, _ onEvent: @escaping (TrainingEvent) -> Int32) throws(Failure) -> Double {
    do throws(Failure) {
      let status = try trainer.run(training: training, limits: TrainingLimits(watch: watch)) { $0.kind == .progress ? onEvent(.beginning(seconds: $0.seconds)) : 0 }
      if let failure = watch.failure { throw failure }
      guard status == .ok else { return .infinity }
      return try evaluate(trainer.network, on: held, isWeighted: held.weights != nil, threads: try trainer.options.integer("num_threads")).loss
    } catch {
      // The run itself says what is wrong with the data.
      guard error.status == .notFinite || error.status == .invalidData else { throw error }
      return .infinity
    }
  }
}

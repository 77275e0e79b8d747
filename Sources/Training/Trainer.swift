import Datasets
import LinearAlgebra
import Networks
import Settings

/// Trains a network: minibatches by a seeded permutation, an optimizer, validation at each epoch's end, and the best iterate kept.
///
/// Training may be interrupted at any time and goes on bit for bit: a step is taken wholly or not at all, and the trainer holds the present iterate, the optimizer's vectors and its
/// place in the epoch. The network meanwhile holds the iterate to use: with validation data the best so far, without the last.
/// The trainer begins from the parameters the network has at its first run. Parameters that somebody else assigns to the network later, between two runs or in a callback, become the iterate at the next step: the optimizer's
/// vectors stay, and which iterate is the best is found anew.
package final class Trainer {
  package let network: Network
  package private(set) var options = OptionValues(scope: "trainer", trainerOptions)
  /// One event an epoch, in order.
  package internal(set) var history: [TrainingEvent] = []
  package internal(set) var state = TrainingState()
  var memory: TrainerMemory?
  /// A loss instead of the network's own, called on the thread that trains.
  package private(set) var loss: (any Loss)?
  /// A metric of the caller's that chooses the iterate to keep.
  package private(set) var metric: (any Metric)?
  /// What the samples of each class count.
  package private(set) var classWeights: ClassWeights?
  var best = BestIterate(byMetric: false, minimumDelta: 0)
  /// What the checkpoint that this trainer was loaded from had of the caller's and nobody has set since.
  var missing = MissingParts()
  /// The version of the network's parameters that this trainer has begun with or left there; another means that they were assigned since.
  var knownVersion: Int

  package init(_ network: Network) {
    self.network = network
    knownVersion = network.snapshot.version
  }

  /// A trainer of another network with the options, the loss, the metric and the class weights of `other`, and nothing begun.
  init(_ network: Network, like other: Trainer) {
    self.network = network
    knownVersion = network.snapshot.version
    (options, loss, metric, classWeights, missing) = (other.options, other.loss, other.metric, other.classWeights, other.missing)
  }

  /// Options that a begun training holds on to: what was done already depends on them.
  private static let fixed: Set = ["optimizer", "batch_size", "seed", "shuffle", "metric", "min_delta", "accumulate_batches"]

  /// Sets an option. A failed set changes nothing.
  /// - Throws: `unknownName`, `unsupportedType`, `outOfRange`; `state` for an option that a begun training holds on to.
  package func set(_ key: String, _ value: OptionValue) throws(Failure) { try set([(key, value)]) }

  /// Sets several options, wholly or not at all.
  package func set(_ settings: [(key: String, value: OptionValue)]) throws(Failure) {
    var changed = options
    for (key, value) in settings {
      try changed.set(key, value)
      if memory != nil, Self.fixed.contains(key), try changed.value(key) != options.value(key) {
        throw Failure(.state, "\(key) cannot change once training has begun; make a new trainer")
      }
    }
    options = changed
  }

  /// A loss of the caller's in place of the network's, in training and validation; nil: the network's. Training then runs on one thread, the calling one.
  /// - Throws: `state` once training has begun, unless it began in another process with a loss that was not set since.
  package func setLoss(_ loss: (any Loss)?) throws(Failure) {
    if !missing.loss || loss == nil { try requireNotBegun("the loss") }
    self.loss = loss
    missing.loss = false
  }

  /// A metric of the caller's that chooses the iterate to keep in place of the option `metric`; nil: the option's.
  /// - Throws: `state` once training has begun, unless it began in another process with a metric that was not set since and is larger or smaller for better iterates as this one.
  package func setMetric(_ metric: (any Metric)?) throws(Failure) {
    if let isLargerBetter = missing.metric, let metric {
      guard memory == nil || metric.isLargerBetter == isLargerBetter else {
        throw Failure(.state, "the metric that training began with is better where it is \(isLargerBetter ? "larger" : "smaller"); larger_is_better must be \(isLargerBetter ? 1 : 0)")
      }
    } else {
      try requireNotBegun("the metric")
    }
    self.metric = metric
    missing.metric = nil
  }

  /// What the samples of each class count in the training loss; nil: all the same.
  /// - Throws: `state` once training has begun; `shapeMismatch`, `invalidData` or `incompatible` for weights that do not suit the network; `memory`.
  package func setClassWeights(_ weights: TensorView?) throws(Failure) {
    try requireNotBegun("class weights")
    guard let weights else { return classWeights = nil }
    guard network.plan.classes > 0 else { throw Failure(.incompatible, "class weights need classes; the network's loss has target values") }
    classWeights = try ClassWeights(weights, classes: network.plan.classes)
  }

  /// Whether parameters were assigned to the network since this trainer last read or wrote them.
  var isAssigned: Bool { memory != nil && network.snapshot.version != knownVersion }

  /// Takes parameters that were assigned to the network as the iterate; gives whether there were any.
  ///
  /// The optimizer's vectors stay. What was known of the objective at the old iterate is forgotten, and so is which iterate was the best: the network has it no more.
  func takeAssigned() -> Bool {
    guard isAssigned, let iterate = memory?.iterate else { return false }
    let snapshot = network.snapshot
    withExtendedLifetime(snapshot) { copy(snapshot.parameters, into: iterate.parameters) }
    knownVersion = snapshot.version
    iterate.known = nil
    iterate.firstGradient = 0
    best = BestIterate(byMetric: best.byMetric, minimumDelta: best.minimumDelta)
    state.restartValidation()
    return true
  }

  /// Leaves the iterate in the network.
  func publish() throws(Failure) {
    if let memory { knownVersion = try network.replaceParameters(with: memory.iterate.parameters) }
  }

  private func requireNotBegun(_ what: String) throws(Failure) {
    if memory != nil { throw Failure(.state, "\(what) cannot change once training has begun; make a new trainer") }
  }

  /// Trains until the option `epochs` is reached, a limit, early stopping or the callback ends the run; a further call goes on where this one stopped.
  ///
  /// - Parameters:
  ///   - validation: evaluated at each epoch's end; its figures choose the iterate that the network holds.
  ///   - limits: how long this run may take.
  ///   - onEvent: called on this thread at each epoch's end and every 50 ms or so between, within a step too: 0 goes on, > 0 stops, < 0 fails.
  /// - Returns: `ok` when `epochs`, or the limit's epochs, are done; else why the run ended early.
  /// - Throws: `invalidArgument`, `outOfRange` (options); `shapeMismatch`, `incompatible`, `invalidData` (data); `state` (other data within an
  ///   epoch); `memory`; `notFinite` when the loss stops being finite; what the callback returned. The network then holds the best iterate so far.
  /// - Complexity: memory for parameters, gradient, the optimizer's vectors and the best iterate for the trainer's life; tapes during the run.
  package func run(
    training: Dataset, validation: Dataset? = nil, limits: TrainingLimits = TrainingLimits(), onEvent: @escaping (TrainingEvent) -> Int32 = { _ in 0 }
  ) throws(Failure) -> Status {
    let run = try TrainingRun(self, training: training, validation: validation, limits: limits)
    defer { run.finish() }
    let status = try run.train(onEvent)
    try run.settle()
    return status
  }
}

/// The vectors a trainer owns for its life.
final class TrainerMemory {
  private let buffer: Buffer
  let iterate: Iterate

  /// - Parameter start: the iterate to begin with.
  init(from start: Vector, optimizer: any Optimizer) throws(Failure) {
    let (count, states) = (start.count, optimizer.stateNames.count)
    let vectors = 2 + states + optimizer.scratchCount
    let (total, overflow) = count.multipliedReportingOverflow(by: vectors)
    buffer = try Buffer(count: overflow ? Int.max : total, precision: start.precision)
    let all = buffer.vector(count: total, precision: start.precision)
    let parts = (0..<vectors).map { all[$0 * count..<($0 + 1) * count] }
    iterate = Iterate(
      parameters: parts[0], gradient: parts[1], state: Array(parts[2..<2 + states]), scalars: Array(repeating: 0, count: optimizer.scalarNames.count),
      scratch: Array(parts[(2 + states)...]))
    copy(start, into: iterate.parameters)
  }
}

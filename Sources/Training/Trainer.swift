import Datasets
import LinearAlgebra
import Networks
import Settings

/// Trains a network with minibatches in the order of a seeded permutation and an optimizer. It validates at the end of each epoch and keeps the best iterate.
///
/// Training may be interrupted at any time and then goes on bit for bit: a step is either completed or not taken at all, and the trainer holds the present iterate, the optimizer's vectors and its
/// place in the epoch. The network holds the iterate to use: the best so far if there is validation data, otherwise the last one.
/// The trainer starts from the parameters that the network has at the first run. If the caller assigns parameters to the network later, between two runs or in a callback, they become the
/// iterate at the next step: the optimizer's vectors stay, and the search for the best iterate starts again.
package final class Trainer {
  package let network: Network
  package private(set) var options = OptionValues(scope: "trainer", trainerOptions)
  /// One event per epoch, in order.
  package internal(set) var history: [TrainingEvent] = []
  package internal(set) var state = TrainingState()
  var memory: TrainerMemory?
  /// A loss of the caller's that replaces the network's; it is called on the thread that trains.
  package private(set) var loss: (any Loss)?
  /// A metric of the caller's that chooses the iterate to keep.
  package private(set) var metric: (any Metric)?
  /// The weights of the classes in the training loss, as the caller gave them.
  package private(set) var classWeights: ClassWeights?
  /// Balanced weights that were made of the samples of a stream.
  private(set) var balancedWeights: ClassWeights?
  var best = BestIterate(byMetric: false, minimumDelta: 0)
  /// The caller's functions that training used before it was saved to the checkpoint of this trainer, and that the caller has not set again.
  var missing = MissingParts()
  /// The version of the network's parameters that this trainer last read or wrote. If the network has another version, the caller has assigned parameters.
  var knownVersion: Int

  package init(_ network: Network) {
    self.network = network
    knownVersion = network.snapshot.version
  }

  /// A new trainer of another network, with the options, the loss, the metric and the class weights of `other`.
  init(_ network: Network, like other: Trainer) {
    self.network = network
    knownVersion = network.snapshot.version
    (options, loss, metric, classWeights, missing) = (other.options, other.loss, other.metric, other.classWeights, other.missing)
    balancedWeights = other.balancedWeights
  }

  /// Sets an option. On failure nothing changes.
  /// - Throws: as setting several.
  package func set(_ key: String, _ value: OptionValue) throws(Failure) { try set([(key, value)]) }

  /// Sets several options: all of them, or none on failure. nil gives an option its default again.
  ///
  /// An option that the optimizer or schedule does not take is refused as soon as this choice has been set. Before, it waits for the choice, up to the first run.
  /// - Parameter allowsMisfits: true leaves this to the first run.
  /// - Throws: `unknownName`, `unsupportedType`, `outOfRange`; `incompatible` for an option that the chosen optimizer or schedule does not take; `state` for an option that cannot change once training has
  ///   begun.
  package func set(_ settings: [(key: String, value: OptionValue?)], allowsMisfits: Bool = false) throws(Failure) {
    var changed = options
    for (key, value) in settings {
      let description = try options.description(of: key)
      if let value { try changed.set(key, value) } else { changed.reset(key) }
      guard memory != nil, description.isFixed else { continue }
      // Methods that take all samples unless batch_size is set distinguish a default that is set from one that is not.
      var isUnchanged = try changed.value(key) == options.value(key)
      if key == "batch_size" { isUnchanged = try TrainerOptions(changed).batchSize == TrainerOptions(options).batchSize }
      guard isUnchanged else { throw Failure(.state, "\(key) cannot change once training has begun; make a new trainer") }
    }
    if !allowsMisfits, let misfit = try changed.misfits().first(where: { changed.isSet($0.chooser) }) { throw misfit.failure }
    options = changed
  }

  /// Sets a loss of the caller's, which replaces the network's in training and validation; nil restores the network's. Training then runs on the calling thread alone.
  /// - Throws: `state` once training has begun, except for setting the missing loss of a loaded checkpoint.
  package func setLoss(_ loss: (any Loss)?) throws(Failure) {
    if !missing.loss || loss == nil { try requireNotBegun("the loss") }
    self.loss = loss
    missing.loss = false
  }

  /// Sets a metric of the caller's, which chooses the iterate to keep instead of the option `metric`; nil restores the option's.
  /// - Throws: `state` once training has begun, except for setting the missing metric of a loaded checkpoint, for which the same values (larger or smaller) are better.
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

  /// Sets the weights of the classes in the training loss; nil: all classes have the same weight.
  /// - Throws: `state` once training has begun; `shapeMismatch`, `invalidData` or `incompatible` for weights that do not suit the network; `memory`.
  package func setClassWeights(_ weights: TensorView?) throws(Failure) {
    try requireNotBegun("class weights")
    guard let weights else { return classWeights = nil }
    guard network.plan.classes > 0 else { throw Failure(.incompatible, "class weights need classes; the network's loss has target values") }
    classWeights = try ClassWeights(weights, classes: network.plan.classes)
  }

  /// Takes the options with which the first run has begun: automatic ones are chosen.
  func adopt(_ chosen: OptionValues) { options = chosen }
  func adopt(balanced weights: ClassWeights?) { balancedWeights = weights }
  /// Reads the weights of a checkpoint, which are one or the other, as balanced ones.
  func adoptWeightsAsBalanced() { (classWeights, balancedWeights) = (nil, classWeights) }

  /// Whether parameters were assigned to the network since this trainer last read or wrote them.
  var isAssigned: Bool { memory != nil && network.snapshot.version != knownVersion }

  /// If parameters were assigned to the network, makes them the iterate. Says whether there were any.
  ///
  /// The optimizer's vectors stay. The known values of the objective at the old iterate are dropped, and so is the best iterate, which the network no longer holds.
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

  /// Writes the iterate to the network, also when the work must end: steps that were completed are kept. Parameters that the caller has assigned meanwhile stay, and become the iterate at the next step.
  func publish() throws(Failure) {
    if let memory, let version = try network.publish(memory.iterate.parameters, over: knownVersion) { knownVersion = version }
  }

  private func requireNotBegun(_ what: String) throws(Failure) {
    if memory != nil { throw Failure(.state, "\(what) cannot change once training has begun; make a new trainer") }
  }

  /// Trains until the option `epochs` is reached, or until a limit, early stopping or the callback ends the run. Another call goes on where this one stopped.
  ///
  /// - Parameters:
  ///   - validation: data evaluated at the end of each epoch; its figures choose the iterate that the network holds.
  ///   - limits: how long this run may take.
  ///   - onEvent: called on this thread at the end of each epoch and about every 50 ms in between, also within a step: 0 goes on, > 0 stops, < 0 fails.
  /// - Returns: `ok` if `epochs`, or the limit's epochs, are done; otherwise the reason why the run ended early.
  /// - Throws: `invalidArgument`, `outOfRange` (options); `shapeMismatch`, `incompatible`, `invalidData` (data); `state` (other data within an
  ///   epoch); `memory`; `notFinite` if the loss is no longer finite; the callback's failure. The network then holds the best iterate so far.
  /// - Complexity: memory for parameters, gradient, the optimizer's vectors and the best iterate for the trainer's life; tapes during the run.
  package func run(
    training: Dataset, validation: Dataset? = nil, limits: TrainingLimits = TrainingLimits(), onEvent: @escaping (TrainingEvent) -> Int32 = { _ in 0 }
  ) throws(Failure) -> Status {
    try run(training: .dataset(training), validation: validation, limits: limits, onEvent: onEvent)
  }

  /// As `run(training:validation:limits:onEvent:)`, also for samples that come through a stream.
  package func run(
    training: TrainingSamples, validation: Dataset? = nil, limits: TrainingLimits = TrainingLimits(), onEvent: @escaping (TrainingEvent) -> Int32 = { _ in 0 }
  ) throws(Failure) -> Status {
    let run: TrainingRun
    do throws(Failure) {
      run = try TrainingRun(self, training: training, validation: validation, limits: limits, onEvent: onEvent)
    } catch {
      // A run that must end before its first step ends as requested, too.
      guard error.status.rawValue > 0 else { throw error }
      return error.status
    }
    defer { run.finish() }
    let status = try run.train(onEvent)
    try run.settle()
    try run.checkDerivatives(after: status)
    return status
  }
}

/// The vectors that a trainer owns during its whole life.
final class TrainerMemory {
  private let buffer: Buffer
  let iterate: Iterate

  /// - Parameter start: the iterate to begin with.
  /// - Throws: `memory`; the reason why the work must end.
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
    try copyInPieces(start, into: iterate.parameters)
    // The system provides memory at the first access, which takes long and is waited for here, where the work can be ended: steps write whole vectors. Of many state vectors a step writes the first two.
    for vector in [parts[1]] + parts[2..<2 + min(states, 2)] + parts[(2 + states)...] { try Watch.pieces(count) { fill(vector[$0], 0) } }
  }
}

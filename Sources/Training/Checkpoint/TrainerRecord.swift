import LinearAlgebra
import Networks
import Settings

/// Everything that a trainer needs besides its network to go on bit for bit: options, counters, history, and the vectors of the iterate. Checkpoint files store it.
package struct TrainerRecord {
  /// A table of numbers, with the names of its columns.
  package struct Table: Equatable {
    package let names: [String]
    package let rows: [[Double]]
    package init(names: [String], rows: [[Double]]) { (self.names, self.rows) = (names, rows) }
  }

  /// The options that were set, and those that were chosen.
  package let options: [(key: String, value: OptionValue)]
  /// `state`, `best`, `history`, `callers`, `class_weights` and `scalars`, by name.
  package let tables: [(name: String, table: Table)]
  /// Vectors as long as the parameters, by name: `parameters`, `gradient` and the optimizer's. Empty before training has begun.
  package let vectors: [(name: String, values: Vector)]
  /// The owner of vectors that are not the trainer's: keep the record alive as long as they are used.
  private let owner: AnyObject?

  package init(
    options: [(key: String, value: OptionValue)], tables: [(name: String, table: Table)], vectors: [(name: String, values: Vector)], owner: AnyObject? = nil
  ) {
    self.owner = owner
    self.options = options
    self.tables = tables
    self.vectors = vectors
  }
}

extension TrainerRecord {
  /// The names of the vectors of a trainer with these options, in their order.
  package static func vectorNames(_ options: [(key: String, value: OptionValue)]) throws(Failure) -> [String] {
    var values = OptionValues(scope: "trainer", trainerOptions)
    for (key, value) in options { try values.set(key, value) }
    return vectorNames(try TrainerOptions(values).optimizer)
  }

  static func vectorNames(_ optimizer: any Optimizer) -> [String] { ["parameters", "gradient"] + optimizer.stateNames }
}

extension Trainer {
  /// The record of this trainer for a checkpoint; it may be taken at any time, also within a callback. The vectors are the trainer's own: they change when it runs.
  package func record() throws(Failure) -> TrainerRecord {
    // Training goes on from parameters that were assigned to the network since the last step; what was known at the old iterate no longer applies.
    let assigned = isAssigned ? network.snapshot : nil
    var (state, best) = (state, best)
    if assigned != nil {
      state.restartValidation()
      best = BestIterate(byMetric: best.byMetric, minimumDelta: best.minimumDelta)
    }
    var chosen: [(key: String, value: OptionValue)] = []
    // Where the optimizer was named, what has been chosen are the fixed defaults, which need no record; methods that take all samples distinguish them from ones that are set.
    let isAutomatic = !options.isSet("optimizer")
    for description in options.descriptions where options.isSet(description.key) || (isAutomatic && description.isAutomatic && !options.isOpen(description.key)) { chosen.append((description.key, try options.value(description.key))) }
    var tables: [(name: String, table: TrainerRecord.Table)] = [
      ("state", TrainerRecord.Table(names: TrainingState.named.map(\.name), rows: [TrainingState.named.numbers(of: state)])),
      ("best", TrainerRecord.Table(names: BestIterate.named.map(\.name), rows: [BestIterate.named.numbers(of: best)])),
      ("history", TrainerRecord.Table(names: TrainingEvent.named.map(\.name), rows: history.map { TrainingEvent.named.numbers(of: $0) })),
    ]
    var callers = missing
    if loss != nil { callers.loss = true }
    if let metric { callers.metric = metric.isLargerBetter }
    if callers != MissingParts() { tables.append(("callers", TrainerRecord.Table(names: MissingParts.named.map(\.name), rows: [MissingParts.named.numbers(of: callers)]))) }
    let balanced = try TrainerOptions(options).balancesClasses ? balancedWeights : nil
    if let weights = (classWeights ?? balanced)?.vector {
      tables.append(("class_weights", TrainerRecord.Table(names: (0..<weights.count).map { "\($0)" }, rows: [(0..<weights.count).map { weights.load($0) }])))
    }
    guard let iterate = memory?.iterate else { return TrainerRecord(options: chosen, tables: tables, vectors: []) }
    let optimizer = try TrainerOptions(options).optimizer
    var (names, scalars) = (optimizer.scalarNames, iterate.scalars)
    names.append(Self.firstGradientName)
    scalars.append(assigned == nil ? iterate.firstGradient : 0)
    if let known = iterate.known, assigned == nil { (names, scalars) = (names + [Self.knownName], scalars + [known]) }
    tables.append(("scalars", TrainerRecord.Table(names: names, rows: [scalars])))
    let vectors = [("parameters", assigned?.parameters ?? iterate.parameters), ("gradient", iterate.gradient)] + zip(optimizer.stateNames, iterate.state)
    return TrainerRecord(options: chosen, tables: tables, vectors: vectors.map { (name: $0.0, values: $0.1) }, owner: assigned)
  }

  /// Makes the trainer of a record, which goes on where the recorded trainer stood.
  ///
  /// - Parameter network: the network with the parameters that it had then.
  /// - Throws: `fileFormat` for a record whose parts do not go together; what `set` throws; `memory`.
  package convenience init(_ network: Network, _ record: TrainerRecord) throws(Failure) {
    self.init(network)
    // Earlier versions kept options that their optimizer does not take, and refused them when training began.
    try set(record.options.map { ($0.key, $0.value) }, allowsMisfits: true)
    func table(_ name: String) -> TrainerRecord.Table { record.tables.first { $0.name == name }?.table ?? TrainerRecord.Table(names: [], rows: []) }
    // Older checkpoints do not hold the objective of the running epoch.
    state.objectiveSum = .nan
    try TrainingState.named.read(table("state").names, table("state").rows.first ?? [], into: &state)
    if state.position == 0 { state.objectiveSum = 0 }
    guard state.position <= state.trainingCount else {
      throw Failure(.fileFormat, "the checkpoint stands at sample \(state.position) of an epoch of \(state.trainingCount)")
    }
    let events = table("history")
    for row in events.rows {
      var event = TrainingEvent.empty
      try TrainingEvent.named.read(events.names, row, into: &event)
      history.append(event)
    }
    try MissingParts.named.read(table("callers").names, table("callers").rows.first ?? [], into: &missing)
    if let weights = table("class_weights").rows.first { try setClassWeights(weights) }
    guard !record.vectors.isEmpty else { return }
    let optimizer = try TrainerOptions(options).optimizer
    let expected = TrainerRecord.vectorNames(optimizer)
    guard record.vectors.map(\.name) == expected, record.vectors.allSatisfy({ $0.values.count == network.plan.parameterCount && $0.values.precision == network.plan.precision }) else {
      throw Failure(.fileFormat, "the checkpoint's vectors are not those of the optimizer: \(expected.joined(separator: ", "))")
    }
    let scalars = table("scalars")
    try check(record.vectors, scalars, isGradientKnown: scalars.names.contains(Self.knownName))
    let memory = try TrainerMemory(from: record.vectors[0].values, optimizer: optimizer)
    let iterate = memory.iterate
    try copyInPieces(record.vectors[1].values, into: iterate.gradient)
    for (vector, target) in zip(record.vectors[2...], iterate.state) { try copyInPieces(vector.values, into: target) }
    for (name, value) in zip(scalars.names, scalars.rows.first ?? []) {
      if name == Self.knownName { iterate.known = value }
      if name == Self.firstGradientName { iterate.firstGradient = value }
      if let index = optimizer.scalarNames.firstIndex(of: name) { iterate.scalars[index] = value }
    }
    self.memory = memory
    if try TrainerOptions(options).balancesClasses { adoptWeightsAsBalanced() }
    // Versions without automatic options trained with their defaults.
    var chosen = options
    for option in options.descriptions where options.isOpen(option.key) { try chosen.choose(option.key, option.standard) }
    adopt(chosen)
    try BestIterate.named.read(table("best").names, table("best").rows.first ?? [], into: &best)
  }

  /// Refuses numbers with which no step could go on. An optimizer's vectors may hold infinity, to which squares of gradients overflow, and a gradient that is not known is free memory.
  private func check(_ vectors: [(name: String, values: Vector)], _ scalars: TrainerRecord.Table, isGradientKnown: Bool) throws(Failure) {
    for (index, vector) in vectors.enumerated() where index != 1 || isGradientKnown {
      if try allFiniteInPieces(vector.values) { continue }
      let place = (0..<vector.values.count).first { index > 1 ? vector.values.load($0).isNaN : !vector.values.load($0).isFinite }
      if let place { throw Failure(.fileFormat, "the checkpoint's vector \(vector.name) holds \(vector.values.load(place)) at element \(place)") }
    }
    for (name, value) in zip(scalars.names, scalars.rows.first ?? []) where value.isNaN { throw Failure(.fileFormat, "the checkpoint's number \(name) is NaN") }
  }

  private func setClassWeights(_ values: [Double]) throws(Failure) {
    let memory = try Buffer(count: max(1, values.count), precision: .float64)
    defer { withExtendedLifetime(memory) {} }
    let vector = memory.vector(count: values.count, precision: .float64)
    for (index, value) in values.enumerated() { vector.store(value, at: index) }
    try setClassWeights(TensorView(vector.base, type: .float64, rows: 1, columns: values.count))
  }

  /// The names, among the optimizer's numbers, of the objective at the present iterate and of the gradient's norm at the start of training.
  private static let knownName = "known_objective"
  private static let firstGradientName = "first_gradient"
}

extension TrainingState {
  static let named: [NamedNumber<TrainingState>] = [
    NamedNumber("level", \.level), NamedNumber("epoch", \.epoch), NamedNumber("position", \.position), NamedNumber("validated", \.validated),
    NamedNumber("training_count", \.trainingCount), NamedNumber("step", \.step), NamedNumber("learning_rate", \.learningRate), NamedNumber("work", \.work),
    NamedNumber("known_loss_sum", \.known.lossSum), NamedNumber("known_cost_sum", \.known.costSum), NamedNumber("known_correct", \.known.correct), NamedNumber("known_count", \.known.count), NamedNumber("known_labeled", \.known.labeled),
    NamedNumber("known_weight", \.known.weight), NamedNumber("loss_sum", \.lossSum), NamedNumber("objective_sum", \.objectiveSum), NamedNumber("weight", \.weight), NamedNumber("correct", \.correct), NamedNumber("labeled", \.labeled), NamedNumber("validation_loss_sum", \.validationLossSum),
    NamedNumber("validation_correct", \.validationCorrect), NamedNumber("validation_labeled", \.validationLabeled), NamedNumber("milliseconds", \.milliseconds),
  ]
}

extension BestIterate {
  static let named: [NamedNumber<BestIterate>] = [
    NamedNumber("by_metric", \.byMetric), NamedNumber("min_delta", \.minimumDelta), NamedNumber("loss", \.loss), NamedNumber("metric", \.metric),
    NamedNumber("epoch", \.epoch), NamedNumber("epochs_without_improvement", \.epochsWithoutImprovement), NamedNumber("reference", \.reference),
  ]
}

extension TrainingEvent {
  static let named: [NamedNumber<TrainingEvent>] = [
    NamedNumber("epoch", \.epoch), NamedNumber("step", \.step), NamedNumber("epoch_fraction", \.epochFraction), NamedNumber("training_loss", \.trainingLoss), NamedNumber("objective", \.objective),
    NamedNumber("training_accuracy", \.trainingAccuracy), NamedNumber("validation_loss", \.validationLoss), NamedNumber("validation_accuracy", \.validationAccuracy),
    NamedNumber("validation_metric", \.validationMetric),
    NamedNumber("learning_rate", \.learningRate), NamedNumber("seconds", \.seconds), NamedNumber("work", \.work), NamedNumber("is_best", \.isBest), NamedNumber("level", \.level),
  ]

  /// An epoch's event into which its numbers are then read.
  static var empty: TrainingEvent {
    TrainingEvent(
      kind: .epoch, epoch: 0, step: 0, epochFraction: 1, trainingLoss: .nan, objective: .nan, trainingAccuracy: .nan, validationLoss: .nan, validationAccuracy: .nan, validationMetric: .nan, learningRate: 0, seconds: 0,
      work: 0, isBest: false, level: 0)
  }
}

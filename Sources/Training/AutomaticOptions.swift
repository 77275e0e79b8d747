import Networks
import Settings

/// What the choice of a trainer's automatic options goes by.
package struct TrainingTask: Sendable {
  /// The rows of the training data, or those that the buffer of a stream holds.
  package let rows: Int
  /// Whether the rows come through a stream, of which none can be held out.
  package let isStream: Bool
  /// Whether the caller gave validation data.
  package let hasValidation: Bool
  /// The numbers of a sample's states in all layers, through which a change of the parameters acts.
  package let stateNumbers: Double
  /// Whether the targets are linear in the features but for noise (`NoiseEstimate`).
  package var isLinearUpToNoise: Bool
  /// The learning rate that trials found best, as a multiple of the one without trials (`TrialChoice`).
  package var rateFactor = 1.0

  package init(rows: Int, isStream: Bool = false, hasValidation: Bool, stateNumbers: Double, isLinearUpToNoise: Bool = false) {
    self.rows = rows
    self.isLinearUpToNoise = isLinearUpToNoise
    self.isStream = isStream
    self.hasValidation = hasValidation
    self.stateNumbers = stateNumbers
  }

  /// The same task with other rows in memory.
  func withRows(_ rows: Int) -> TrainingTask {
    var task = TrainingTask(rows: rows, hasValidation: hasValidation, stateNumbers: stateNumbers, isLinearUpToNoise: isLinearUpToNoise)
    task.rateFactor = rateFactor
    return task
  }

  init(_ plan: NetworkPlan, rows: Int, isStream: Bool, hasValidation: Bool) {
    self.init(rows: rows, isStream: isStream, hasValidation: hasValidation, stateNumbers: plan.blocks.reduce(0) { $0 + Double($1.layers) * Double($1.stateWidth) })
  }
}

extension OptionValues {
  /// The trainer's options with a choice for each automatic one that is not set.
  ///
  /// A caller who names the optimizer gets the fixed defaults for all that is not set. Otherwise the method is adamw with a warm-up and half a cosine; few rows are seen many times in small batches, a million rows a few
  /// times in large ones, and a strong decay of the weights, stronger where targets are linear up to noise, stands against fitting the noise. Of a few thousand rows, trials on a part of them say whether the rate should be smaller and the decay the strong one. Rows are held out only where they are so many that training does not miss them; a caller who sets the number of epochs gets just
  /// these, on all rows. The guide page defaults.md has the figures behind each number.
  /// - Throws: `internal`, if an option chosen here is not automatic.
  package func choosing(for task: TrainingTask) throws(Failure) -> OptionValues {
    var choice = self
    func choose(_ key: String, _ value: OptionValue) throws(Failure) {
      if !isSet(key) { try choice.choose(key, value) }
    }
    guard !isSet("optimizer") else {
      for option in descriptions where option.isAutomatic && !isSet(option.key) { try choice.choose(option.key, option.standard) }
      return choice
    }
    try choose("optimizer", .text("adamw"))
    try choose("learning_rate", .real(task.rateFactor * Self.rate(stateNumbers: task.stateNumbers)))
    try choose("weight_decay", .real(Self.decay(task)))
    try choose("schedule", .text("cosine"))
    try choose("screening", .flag(!task.isStream))
    try choose("batch_size", .integer(Int64(Self.batch(rows: task.rows))))
    let batch = min(try choice.integer("batch_size"), task.rows)
    let stepsPerEpoch = (task.rows + batch - 1) / batch
    try choose("epochs", .integer(Int64(Self.epochs(rows: task.rows, stepsPerEpoch: stepsPerEpoch))))
    let epochs = try choice.integer("epochs")
    let (steps, overflow) = stepsPerEpoch.multipliedReportingOverflow(by: epochs)
    try choose("warmup_steps", .integer(isSet("warmup_epochs") ? 0 : Int64(min(100, (overflow ? Int.max : steps) / 10))))
    let (hasEpochs, patience) = (isSet("epochs"), try integer("patience"))
    let isPatient = isSet("patience") && patience > 0
    let isHeldOut = isPatient || (!hasEpochs && !isSet("patience") && task.rows >= Self.manyRows)
    try choose("validation_fraction", .real(!task.hasValidation && !task.isStream && isHeldOut ? min(0.1, Self.mostHeldOut / Double(task.rows)) : 0))
    let fraction = try choice.real("validation_fraction")
    let validates = task.hasValidation || fraction > 0
    try choose("patience", .integer(validates && !hasEpochs ? Int64(max(5, epochs / 3)) : 0))
    return choice
  }

  /// From so many rows on, some are held out.
  private static let manyRows = 10_000
  /// The most rows that are held out.
  private static let mostHeldOut = 50_000.0

  /// About √rows, a power of two.
  private static func batch(rows: Int) -> Int {
    var batch = 16
    while batch < 1024, batch * batch * 4 <= rows || (batch == 16 && rows >= 200) { batch *= 2 }
    return batch
  }

  /// 0.02 for the few layers of a network that was chosen itself (5 × 64), and less where a step acts through more numbers.
  private static func rate(stateNumbers: Double) -> Double { min(max(0.02 * (320 / max(stateNumbers, 1)).squareRoot(), 1e-3), 0.02) }

  /// 0.3 for 1 000 rows, and in proportion to 1/√rows, as the noise of a mean. Where targets are linear up to noise, ten times as much, at most 15: then a network that hardly bends loses nothing, and fits less of the noise.
  private static func decay(_ task: TrainingTask) -> Double {
    let plain = min(max(0.3 * (1000 / Double(task.rows)).squareRoot(), 0.03), 2)
    return task.isLinearUpToNoise ? min(10 * plain, 15) : plain
  }

  /// Up to 2 000 rows, 60 epochs, or more where these have few steps; then fewer, so that the rows seen grow with √rows; at least 3.
  private static func epochs(rows: Int, stepsPerEpoch: Int) -> Int {
    let passes = rows <= 2000 ? 60 : 60 * (2000 / Double(rows)).squareRoot()
    return min(max(Int(passes.rounded()), 3, (800 + stepsPerEpoch - 1) / stepsPerEpoch), 400)
  }
}

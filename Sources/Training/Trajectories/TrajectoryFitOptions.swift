import Settings

/// The methods that fit trajectories: those that ask for gradients alone. AdamW is Adam here, because the variables have no decay.
package let trajectoryFitMethods = optimizers.entries.filter { $0.entry.needsOnlyGradients && !$0.entry.decouplesWeightDecay }

/// The options of scope "trajectory_fit": how a vector field is fitted to measured trajectories.
package let trajectoryFitOptions: [OptionDescription] = {
  var options = TrajectoryFitOptions.own
  for group in trajectoryFitMethods.map({ $0.entry.options }) + [LearningRate.options] + schedules.entries.map({ $0.entry.options }) {
    for option in group where !options.contains(where: { $0.key == option.key }) { options.append(option) }
  }
  return options
}()

/// The values of these options, read and checked together.
package struct TrajectoryFitOptions: Sendable {
  package static let own: [OptionDescription] = [
    OptionDescription(
      "segment", .integer(0...1_000_000), default: .integer(0), unit: "intervals",
      "intervals between observations that one segment of multiple shooting spans; the state at the start of each segment is fitted with the parameters; 0: whole trajectories, which is single shooting"),
    OptionDescription(
      "rounds", .integer(1...100), default: .integer(3), unit: "rounds", "rounds of multiple shooting, each with a stronger continuity; single shooting has one"),
    OptionDescription(
      "continuity", .real(0...1e12, openBelow: true), default: .real(1), unit: "1",
      "weight of a squared gap between the end of a segment and the start of the next in the first round; a squared residual has the weight 1"),
    OptionDescription("continuity_growth", .real(1...1e6), default: .real(10), unit: "1", "factor of this weight from round to round"),
    OptionDescription(
      "initial_states", .choice(["fitted", "given"]), default: .text("fitted"), "fitted: the states at the first times are fitted too, beginning with the given ones; given: they are exact"),
    OptionDescription(
      "optimizer", .choice(trajectoryFitMethods.map(\.name)), default: .text("lbfgs"), "method that minimizes the objective, with all trajectories in each step"),
    OptionDescription("epochs", .integer(1...1_000_000_000), default: .integer(500), unit: "steps", "most steps of the optimizer in a round"),
    OptionDescription("num_threads", .integer(0...1024), default: .integer(1), unit: "threads", "threads that the fit uses; 0: one for each CPU that the process may use"),
  ]

  package let segment: Int
  package let rounds: Int
  package let fitsInitialStates: Bool
  package let epochs: Int
  package let threads: Int
  package let learningRate: LearningRate
  package let optimizer: any Optimizer
  private let continuity: Double
  private let growth: Double

  /// - Throws: `.incompatible` if an option of another optimizer or schedule was set; `.invalidArgument` if options contradict each other; `.outOfRange`.
  package init(_ values: OptionValues) throws(Failure) {
    segment = try values.integer("segment")
    if segment == 0 {
      for key in ["rounds", "continuity", "continuity_growth"] where values.isSet(key) {
        throw Failure(.incompatible, "\(key) is set but segment is 0; it belongs to multiple shooting, with a segment of at least 1 interval")
      }
    }
    rounds = segment == 0 ? 1 : try values.integer("rounds")
    continuity = try values.real("continuity")
    growth = try values.real("continuity_growth")
    fitsInitialStates = try values.text("initial_states") == "fitted"
    epochs = try values.integer("epochs")
    threads = try values.integer("num_threads")
    if let misfit = try values.misfits().first { throw misfit.failure }
    guard try GradientSmoothing(values).share == 0 else {
      throw Failure(.incompatible, "gradient_smoothing averages the gradients of layers with weights of their own; a fit of trajectories takes exact gradients, so that it must be 0")
    }
    learningRate = try LearningRate(values)
    optimizer = try optimizers(try values.text("optimizer")).init(values)
  }

  /// ρ of a round, from 0.
  package func strength(ofRound round: Int) -> Double {
    var strength = continuity
    for _ in 0..<round { strength = min(strength * growth, 1e12) }
    return strength
  }
}

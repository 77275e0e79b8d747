import Settings

/// How the learning rate changes over training.
package protocol Schedule: Sendable {
  /// The options that only this schedule reads.
  static var options: [OptionDescription] { get }
  /// Reads the options; fails with `outOfRange` if they contradict the learning rate.
  init(_ values: OptionValues) throws(Failure)
  /// The learning rate at `time`, without warm-up.
  /// - Parameters:
  ///   - base: the option `learning_rate`.
  ///   - time: epochs since the end of the warm-up.
  ///   - total: epochs of training after the warm-up, > 0.
  func rate(base: Double, at time: Double, of total: Double) -> Double
}

/// The schedules by name.
package let schedules = Registry<any Schedule.Type>("schedule", [
  ("constant", "the same rate throughout", ConstantSchedule.self),
  ("step", "multiplied by step_factor every step_epochs epochs", StepSchedule.self),
  ("milestones", "multiplied by step_factor at the epochs that milestones lists", MilestoneSchedule.self),
  ("cosine", "decreases as half a cosine from learning_rate to minimum_learning_rate", CosineSchedule.self),
])

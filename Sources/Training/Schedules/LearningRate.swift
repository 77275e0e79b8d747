import Settings

/// The learning rate of every step: warm-up, then the chosen schedule, changing at each step or at each epoch.
///
/// A warm-up over w epochs, or over m steps, raises the rate linearly and reaches the full rate in its last step: η·(i+1)/m for step i of m. The schedule begins after the warm-up.
package struct LearningRate: Sendable {
  /// The options that all schedules share.
  package static let options: [OptionDescription] = [
    OptionDescription("schedule", .choice(schedules.names), default: .text("constant"), automatic: true, "how the learning rate changes over training"),
    OptionDescription("schedule_interval", .choice(["step", "epoch"]), default: .text("step"), "when the rate changes: after each step, or after each epoch"),
    OptionDescription(
      "warmup_epochs", .integer(0...1_000_000_000), default: .integer(0), unit: "epochs",
      "length of the warm-up, in which the rate rises linearly to learning_rate; it must be less than epochs; 0: no warm-up"),
    OptionDescription(
      "warmup_steps", .integer(0...1_000_000_000_000), default: .integer(0), unit: "steps", automatic: true,
      "length of the warm-up in steps; only one of this and warmup_epochs may be set; 0: no warm-up"),
  ]

  private let base: Double
  private let schedule: any Schedule
  private let changesEachStep: Bool
  private let warmup: Int
  private let warmupSteps: Int
  private let epochs: Int

  /// Reads the options; fails with `outOfRange` if the warm-up is not shorter than training, and with `invalidArgument` if two warm-ups are given.
  package init(_ values: OptionValues) throws(Failure) {
    base = try values.real("learning_rate")
    schedule = try schedules(try values.text("schedule")).init(values)
    changesEachStep = try values.text("schedule_interval") == "step"
    warmup = try values.integer("warmup_epochs")
    warmupSteps = try values.integer("warmup_steps")
    epochs = try values.integer("epochs")
    guard warmup == 0 || warmupSteps == 0 else {
      throw Failure(.invalidArgument, "warmup_epochs is \(warmup) and warmup_steps \(warmupSteps); set one of the two")
    }
    guard warmup == 0 || warmup < epochs else {
      throw Failure(.outOfRange, "warmup_epochs is \(warmup); it must be less than epochs, which is \(epochs)")
    }
  }

  /// The rate of step `step` (from 0) in epoch `epoch` (from 0), where an epoch has `stepsPerEpoch` ≥ 1 steps.
  package func rate(epoch: Int, step: Int, stepsPerEpoch: Int) -> Double {
    let units = changesEachStep ? stepsPerEpoch : 1
    let position = changesEachStep ? step : 0
    if warmupSteps > 0 {
      let (index, length) = (epoch * stepsPerEpoch + step, Double(warmupSteps) / Double(stepsPerEpoch))
      if index < warmupSteps { return base * Double(index + 1) / Double(warmupSteps) }
      // If the warm-up ends within an epoch, the rest of this epoch has the schedule's first rate.
      let time = max(0, Double(epoch) + Double(position) / Double(units) - length)
      return schedule.rate(base: base, at: time, of: max(Double(epochs) - length, 1 / Double(stepsPerEpoch)))
    }
    if epoch < warmup { return base * Double(epoch * units + position + 1) / Double(warmup * units) }
    return schedule.rate(base: base, at: Double(epoch - warmup) + Double(position) / Double(units), of: Double(epochs - warmup))
  }
}

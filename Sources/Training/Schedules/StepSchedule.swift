import Glibc
import Settings

/// The rate times a factor every N epochs: η(t) = η·cᵏ, k = ⌊t/N⌋ (`torch.optim.lr_scheduler.StepLR`).
package struct StepSchedule: Schedule {
  package static let options: [OptionDescription] = [
    OptionDescription(
      "step_epochs", .integer(1...1_000_000_000), default: .integer(10), unit: "epochs", "epochs, counted from the end of the warm-up, after which the step schedule changes the rate"),
    stepFactor,
  ]
  static let stepFactor = OptionDescription(
    "step_factor", .real(0...1, openBelow: true), default: .real(0.1), unit: "1", "factor by which the schedules step and milestones multiply the rate at each change")

  package let epochs: Double
  package let factor: Double

  package init(_ values: OptionValues) throws(Failure) {
    epochs = Double(try values.integer("step_epochs"))
    factor = try values.real("step_factor")
  }

  package func rate(base: Double, at time: Double, of total: Double) -> Double {
    base * pow(factor, (time / epochs).rounded(.down))
  }
}

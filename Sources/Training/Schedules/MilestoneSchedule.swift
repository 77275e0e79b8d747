import Glibc
import Settings

/// The rate times a factor at each of a list of epochs: η(t) = η·cᵏ, k the number of milestones up to t (`torch.optim.lr_scheduler.MultiStepLR`).
///
/// Residual networks are trained so: He et al. 2016 and Lu et al. 2018 divide the rate by 10 at epochs 80 and 120 of 160.
package struct MilestoneSchedule: Schedule {
  package static let options: [OptionDescription] = [
    OptionDescription("milestones", .reals, default: .text(""), unit: "epochs", "increasing epochs, counted from the end of the warm-up, at which the milestones schedule multiplies the rate by step_factor, such as 80,120"),
    StepSchedule.stepFactor,
  ]

  package let milestones: [Double]
  package let factor: Double

  package init(_ values: OptionValues) throws(Failure) {
    milestones = try values.reals("milestones")
    factor = try values.real("step_factor")
    guard !milestones.isEmpty else { throw Failure(.invalidArgument, "milestones is empty; schedule milestones needs the epochs at which the rate changes, such as 80,120") }
    for (index, (before, after)) in zip([0] + milestones, milestones).enumerated() where after <= before {
      throw Failure(.outOfRange, "milestones: entry \(index) is \(after); epochs must increase, from above 0")
    }
  }

  package func rate(base: Double, at time: Double, of total: Double) -> Double { base * pow(factor, Double(milestones.count { $0 <= time })) }
}

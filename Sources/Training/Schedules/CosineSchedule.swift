import Glibc
import Settings

/// Half a cosine from the rate down to a minimum: η(t) = η_min + ½(η − η_min)(1 + cos(πt/T)).
///
/// Source: Loshchilov & Hutter 2017, eq. 5, without restarts (`torch.optim.lr_scheduler.CosineAnnealingLR`).
package struct CosineSchedule: Schedule {
  package static let options: [OptionDescription] = [
    OptionDescription(
      "minimum_learning_rate", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
      "rate at which the cosine schedule ends; at most learning_rate")
  ]

  package let minimum: Double

  package init(_ values: OptionValues) throws(Failure) {
    minimum = try values.real("minimum_learning_rate")
    let base = try values.real("learning_rate")
    guard minimum <= base else {
      throw Failure(.outOfRange, "minimum_learning_rate is \(minimum); it must be <= learning_rate, which is \(base)")
    }
  }

  package func rate(base: Double, at time: Double, of total: Double) -> Double {
    minimum + 0.5 * (base - minimum) * (1 + cos(Double.pi * min(time / total, 1)))
  }
}

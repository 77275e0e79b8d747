import Glibc
import LinearAlgebra
import Settings

/// The Swiss roll: class 0 is r(cos θ, sin θ) and class 1 is (r + 0.2)(cos θ, sin θ), with r from 0 to 1 and θ from 0 to 4π in n equal steps.
///
/// Source: Haber & Ruthotto (2018), §6.2. The 2n points, class 0 before class 1, are split by the parity of their index: the even ones train, the odd
/// ones validate.
/// - Parameters:
///   - training, validation: both are n; they must be equal and >= 2 (in the paper 513).
///   - seed: not used; the points are the same each time.
/// - Throws: `outOfRange` for counts that differ or are below 2, `memory`.
@Sendable package func swissRoll(training: Int, validation: Int, seed: UInt64) throws(Failure) -> (training: Dataset, validation: Dataset) {
  guard training == validation, training >= 2 else {
    throw Failure(
      .outOfRange,
      "swiss_roll splits its points evenly: training_count \(training) and validation_count \(validation) must be equal and >= 2")
  }
  let count = training
  let sets = (try LabeledPoints(count: count), try LabeledPoints(count: count))
  for label in 0..<2 {
    for i in 0..<count {
      if i % 16384 == 0 { try Watch.check() }
      let part = Double(i) / Double(count - 1)
      let radius = part + 0.2 * Double(label)
      let angle = 4 * Double.pi * part
      let index = label * count + i
      let set = index % 2 == 0 ? sets.0 : sets.1
      set.set(index / 2, x: radius * cos(angle), y: radius * sin(angle), label: label)
    }
  }
  return (sets.0.dataset(classes: 2), sets.1.dataset(classes: 2))
}

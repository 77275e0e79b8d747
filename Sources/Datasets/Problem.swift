import LinearAlgebra
import Settings

/// A test problem of the papers in closed form: points of the plane in a few classes, for training and validation.
package struct Problem: Sendable {
  /// The paper's counts, which replace counts of 0.
  package let standardTraining: Int
  package let standardValidation: Int
  package let classes: Int
  let make: @Sendable (_ training: Int, _ validation: Int, _ seed: UInt64) throws(Failure) -> (training: Dataset, validation: Dataset)

  /// The two data sets.
  /// - Parameters:
  ///   - training, validation: numbers of samples; 0 means the paper's count.
  ///   - seed: the seed of the random points; deterministic problems do not use it.
  /// - Throws: `outOfRange` for counts that are negative or that the problem cannot give, `memory`.
  package func callAsFunction(training: Int, validation: Int, seed: UInt64) throws(Failure) -> (training: Dataset, validation: Dataset) {
    for (name, count) in [("training_count", training), ("validation_count", validation)] where count < 0 {
      throw Failure(.outOfRange, "\(name) is \(count); it must be >= 0, and 0 means the paper's")
    }
    return try make(training == 0 ? standardTraining : training, validation == 0 ? standardValidation : validation, seed)
  }
}

/// The closed-form problems by name.
package let problems = Registry<Problem>(
  "problem",
  [
    (
      "ellipses", "two concentric elliptical classes (Haber & Ruthotto 2018)",
      Problem(standardTraining: 1000, standardValidation: 200, classes: 2, make: concentricEllipses)
    ),
    (
      "swiss_roll", "two interleaved spirals, without randomness (Haber & Ruthotto 2018)",
      Problem(standardTraining: 513, standardValidation: 513, classes: 2, make: swissRoll)
    ),
    (
      "peaks", "five levels of the peaks function (Haber & Ruthotto 2018)",
      Problem(standardTraining: 4000, standardValidation: 1000, classes: 5, make: peaks)
    ),
  ])

/// Points of the plane with labels, while they are generated.
struct LabeledPoints {
  private let features: Buffer
  private let labels: Buffer
  private let count: Int
  private let points: Vector
  private let numbers: UnsafeMutablePointer<Int32>

  init(count: Int) throws(Failure) {
    let (coordinates, overflow) = count.multipliedReportingOverflow(by: 2)
    features = try Buffer(count: overflow ? Int.max : coordinates, precision: .float64)
    labels = try Buffer(count: count, precision: .float32)
    self.count = count
    points = features.vector(count: coordinates, precision: .float64)
    numbers = labels.labels(count: count)
  }

  func set(_ row: Int, x: Double, y: Double, label: Int) {
    precondition(row >= 0 && row < count, "point outside its data set")
    points.store(x, at: 2 * row)
    points.store(y, at: 2 * row + 1)
    numbers[row] = Int32(label)
  }

  func dataset(classes: Int) -> Dataset {
    let view = TensorView(features.base, type: .float64, rows: count, columns: 2)
    return Dataset(features: view, labels: UnsafePointer(numbers), values: nil, classCount: classes, valueBound: 0, mayMiss: false, owners: [features, labels])
  }
}

import LinearAlgebra
import Settings

/// Checks class labels of any type and converts them to Int32.
///
/// - Parameters:
///   - labels: samples × 1.
///   - classes: number of classes, or nil for the largest label + 1.
/// - Returns: a buffer of `samples` Int32, and the number of classes.
/// - Throws: `shapeMismatch`, `outOfRange` (classes), `invalidData` ("label 12 at row 5; labels must be whole numbers 0 … 9"), `memory`.
/// Cost: two passes; 8 bytes per sample while it runs, 4 afterwards.
func checkedLabels(_ labels: TensorView, samples: Int, classes: Int?) throws(Failure) -> (labels: Buffer, classCount: Int) {
  guard labels.columns == 1 else {
    throw Failure(.shapeMismatch, "labels have \(labels.columns) columns; they must have 1, the number of the class")
  }
  guard labels.rows == samples else {
    throw Failure(.shapeMismatch, "labels hold \(labels.rows) samples and features \(samples); both must have the same number")
  }
  guard labels.extent() != nil else { throw Failure(.shapeMismatch, "labels: shape and strides do not fit the address space") }
  if let classes, classes < 1 || classes > mostClasses { throw Failure(.outOfRange, "classes is \(classes); it must be between 1 and \(mostClasses)") }
  // Every allowed label is exact as a Double; an int64 that is too large to be exact is out of range anyway.
  let numbers = try Buffer(count: samples, precision: .float64)
  defer { withExtendedLifetime(numbers) {} }
  let values = numbers.vector(count: samples, precision: .float64)
  try Watch.pieces(samples) { rows in convert(labels.rows(rows), into: values[rows]) }
  let result = try Buffer(count: samples, precision: .float32)
  let output = result.labels(count: samples)
  let limit = classes ?? mostClasses
  var largest: Int32 = 0
  try Watch.pieces(samples, work: 4) { rows throws(Failure) in
    for row in rows {
      let value = values.load(row)
      guard let label = Int32(exactly: value), label >= 0, Int(label) < limit else {
        throw labelFailure(value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)", row: row, classes: limit)
      }
      output[row] = label
      largest = max(largest, label)
    }
  }
  return (result, classes ?? Int(largest) + 1)
}

func labelFailure(_ label: String, row: Int, classes: Int) -> Failure {
  Failure(.invalidData, "label \(label) at row \(row); labels must be whole numbers 0 … \(classes - 1)")
}

/// Labels and their count fit Int32.
private let mostClasses = Int(Int32.max)

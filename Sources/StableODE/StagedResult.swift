import LinearAlgebra
import Settings

/// A result of samples × numbers in memory of our own: it goes to the caller's array once all of it is there and finite, so that a call that fails leaves the array as it was.
struct StagedResult {
  private let target: CallerTensor
  private let buffer: Buffer
  private let precision: Precision

  /// - Parameters:
  ///   - shape: what the caller's array must have: rows, columns.
  ///   - meaning: what its axes are.
  /// - Throws: `shapeMismatch`, `unsupportedType` for an array that cannot take the result; `memory`.
  init(_ target: CallerTensor, _ shape: [Int], _ meaning: String, _ precision: Precision) throws(Failure) {
    try target.expect(shape: shape, meaning)
    try target.expectWritableReals()
    self.target = target
    self.precision = precision
    buffer = try Buffer(count: target.elementCount, precision: precision)
  }

  /// Where the result is computed into.
  var view: MutableTensorView { MutableTensorView(buffer.base, type: ElementType(precision), rows: target.rows, columns: target.columns) }

  /// - Throws: `notFinite` naming row and column of a number that the caller's array cannot hold.
  func check() throws(Failure) {
    guard let place = firstUnheld(view.view, by: target.precision) else { return }
    throw Failure(.notFinite, "\(target.argument) is not finite in \(target.type.name) at row \(place.row), column \(place.column)")
  }

  /// Writes the result to the caller's array.
  func give() { convert(buffer.vector(count: target.elementCount, precision: precision), to: target.writing) }
}

extension CallerTensor {
  /// The precision of an array of reals.
  var precision: Precision { type == .float32 ? .float32 : .float64 }

  /// Writes a vector, one number an element, if the array holds them all.
  /// - Throws: `notFinite` naming the first number that it does not hold; the array is then as it was.
  func give(_ values: Vector) throws(Failure) {
    try requireRoom(for: values)
    write(values)
  }

  /// - Throws: `notFinite` naming the first number that the array does not hold.
  func requireRoom(for values: Vector) throws(Failure) {
    guard let place = firstUnheld(TensorView(values.base, type: ElementType(values.precision), rows: 1, columns: values.count), by: precision) else { return }
    throw Failure(.notFinite, "\(argument) is not finite in \(type.name) at element \(place.column)")
  }
}

/// Numbers of the caller's that work begins with, finite in the network's precision.
///
/// - Throws: `shapeMismatch`; `invalidData` naming the place of a number that is not finite or too large.
func given(_ tensor: CallerTensor, _ shape: [Int], _ meaning: String, _ precision: Precision) throws(Failure) -> TensorView {
  try tensor.expect(shape: shape, meaning)
  try checkHeld(tensor, by: precision)
  return tensor.reading
}

/// Refuses a number that is not finite, or infinite in `precision`.
///
/// - Parameter status: of the failure.
/// - Throws: naming the number and its place.
func checkHeld(_ tensor: CallerTensor, by precision: Precision, _ status: Status = .invalidData) throws(Failure) {
  for index in 0..<tensor.matrixCount {
    let view = tensor.matrix(index).view
    guard let place = firstUnheld(view, by: precision) else { continue }
    let value = view.number(row: place.row, column: place.column)
    let spot = tensor.axes == 1 ? "element \(place.column)" : "row \(index * view.rows + place.row), column \(place.column)"
    throw Failure(status, "\(tensor.argument) holds \(value.isFinite ? "\(value)" : "NaN or infinity") at \(spot)\(value.isFinite ? ", too large for \(precision.name)" : "")")
  }
}

import LinearAlgebra
import Networks
import Settings

/// A result of samples × numbers in the library's own memory. It is copied to the caller's array only when it is complete and finite, so that a call that fails leaves the array as it was.
struct StagedResult {
  private let target: CallerTensor
  private let buffer: Buffer
  private let precision: Precision
  /// Samples and numbers of each.
  private let extents: (rows: Int, columns: Int)
  /// Where the numbers of a sample lie in the caller's array, if this has axes for them; their order is that of the network's inputs.
  private let axes: SampleAxes?

  /// - Parameters:
  ///   - shape: the rows and columns that the caller's array must have.
  ///   - meaning: what its axes mean, for messages.
  /// - Throws: `shapeMismatch`, `unsupportedType` for an array that cannot take the result; `memory`.
  init(_ target: CallerTensor, _ shape: [Int], _ meaning: String, _ precision: Precision) throws(Failure) {
    try target.expect(shape: shape, meaning)
    try target.expectWritableReals()
    self.target = target
    self.precision = precision
    (extents, axes) = ((target.rows, target.columns), nil)
    buffer = try Buffer(count: target.elementCount, precision: precision)
  }

  /// Numbers for each score of a batch of `count` samples.
  /// - Throws: as the other initializer.
  init(scores target: CallerTensor, samples count: Int, _ plan: NetworkPlan, _ precision: Precision) throws(Failure) {
    try self.init(try scoreTensor(target, samples: count, plan.predictions), [count, plan.scoreCount], "samples, outputs", precision)
  }

  /// A result in the shape of a batch of samples, with the channels of images first or last.
  /// - Throws: as the other initializer.
  init(_ target: CallerTensor, samples count: Int, _ plan: NetworkPlan) throws(Failure) {
    let arranged = target.readingSamples.flatMap(plan.arranged)
    if target.axes == 2 {
      try target.expect(shape: [count, plan.inputs], "samples, inputs")
    } else if arranged?.rows != count {
      throw Failure(.shapeMismatch, "\(target.argument) has shape \(target.extents); it must be \(plan.takenShapes) with \(count) sample\(count == 1 ? "" : "s")")
    }
    try target.expectWritableReals()
    self.target = target
    precision = plan.precision
    (extents, axes) = ((count, plan.inputs), arranged?.axes)
    buffer = try Buffer(count: target.elementCount, precision: plan.precision)
  }

  /// The memory that the result is computed in.
  var view: MutableTensorView { MutableTensorView(buffer.base, type: ElementType(precision), rows: extents.rows, columns: extents.columns) }

  /// - Throws: `notFinite` naming row and column of a number that the caller's array cannot hold; the reason why the work must end.
  func check() throws(Failure) {
    guard let place = try firstUnheldInPieces(view.view, by: target.precision) else { return }
    throw Failure(.notFinite, "\(target.argument) is not finite in \(target.type.name) at row \(place.row), column \(place.column)")
  }

  /// Writes the result to the caller's array.
  func give() {
    let numbers = buffer.vector(count: target.elementCount, precision: precision)
    guard let axes, let samples = target.readingSamples else { return convertWhole(numbers, to: target.writing) }
    let (channels, height, width) = axes.extents
    for channel in 0..<extents.rows * channels {
      let place = channel / channels * samples.rowStride + channel % channels * axes.strides.0
      let image = MutableTensorView(
        target.base + place * target.type.byteCount, type: target.type, rows: height, columns: width, rowStride: axes.strides.1, columnStride: axes.strides.2)
      convertWhole(numbers[channel * height * width..<(channel + 1) * height * width], to: image)
    }
  }
}

extension CallerTensor {
  /// The precision of an array of reals.
  var precision: Precision { type == .float32 ? .float32 : .float64 }

  /// Writes a vector, one number to each element, if the array's type can represent all of them.
  ///
  /// - Parameter isFinite: whether all numbers are known to be finite. They are then checked only if the array's precision is lower than theirs.
  /// - Throws: `notFinite`, naming the first number that it cannot represent; the reason why the work must end. The array is then unchanged.
  func give(_ values: Vector, isFinite: Bool = false) throws(Failure) {
    if !isFinite || values.precision == .float64 && precision == .float32 { try requireRoom(for: values) }
    write(values)
  }

  /// - Throws: `notFinite`, naming the first number that the array's type cannot represent; the reason why the work must end.
  func requireRoom(for values: Vector) throws(Failure) {
    guard let place = try firstUnheldInPieces(TensorView(values.base, type: ElementType(values.precision), rows: 1, columns: values.count), by: precision) else { return }
    throw Failure(.notFinite, "\(argument) is not finite in \(type.name) at element \(place.column)")
  }
}

/// Reads an input array of the caller's and checks its shape and that all its numbers are finite in the network's precision.
///
/// - Throws: `shapeMismatch`; `invalidData` naming the place of a number that is not finite or too large.
func given(_ tensor: CallerTensor, _ shape: [Int], _ meaning: String, _ precision: Precision) throws(Failure) -> TensorView {
  try tensor.expect(shape: shape, meaning)
  try checkHeld(tensor, by: precision)
  return tensor.reading
}

/// Reads numbers for each score of a batch of `count` samples, and checks them in the same way.
func given(scores tensor: CallerTensor, samples count: Int, _ plan: NetworkPlan) throws(Failure) -> TensorView {
  try given(try scoreTensor(tensor, samples: count, plan.predictions), [count, plan.scoreCount], "samples, outputs", plan.precision)
}

/// Reads an array in the shape of a batch of `count` samples, and checks it in the same way.
func given(_ tensor: CallerTensor, samples count: Int, _ plan: NetworkPlan) throws(Failure) -> TensorView {
  let view = try samples(tensor, plan)
  guard view.rows == count else { throw Failure(.shapeMismatch, "\(tensor.argument) has \(view.rows) samples; the batch has \(count)") }
  try checkHeld(tensor, by: plan.precision)
  return view
}

/// Refuses a number that is not finite, or infinite in `precision`.
///
/// - Parameter status: the status of the failure.
/// - Throws: a failure that names the number and its place; the reason why the work must end.
func checkHeld(_ tensor: CallerTensor, by precision: Precision, _ status: Status = .invalidData) throws(Failure) {
  for index in 0..<tensor.matrixCount {
    let view = tensor.matrix(index).view
    guard let place = try firstUnheldInPieces(view, by: precision) else { continue }
    let value = view.number(row: place.row, column: place.column)
    let spot = tensor.axes == 1 ? "element \(place.column)" : "row \(index * view.rows + place.row), column \(place.column)"
    throw Failure(status, "\(tensor.argument) holds \(value.isFinite ? "\(value)" : "NaN or infinity") at \(spot)\(value.isFinite ? ", too large for \(precision.name)" : "")")
  }
}

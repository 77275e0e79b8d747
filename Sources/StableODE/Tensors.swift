import CStableODE
import LinearAlgebra
import Settings

/// A caller's array, checked: its elements lie in the address space, are aligned, and have a type the library knows.
///
/// Up to four axes, aligned at the last: a matrix has `rows` and `columns`, a vector `columns` alone, and axes it does not have are of
/// extent 1. Making one allocates nothing, so the predictor's run call may use it.
struct CallerTensor {
  static let mostAxes = 4

  let base: UnsafeMutableRawPointer
  let type: ElementType
  let axes: Int
  /// Extents and element strides, outermost first; the last `axes` of the four are the caller's.
  let shape: (Int, Int, Int, Int)
  let strides: (Int, Int, Int, Int)
  let argument: StaticString

  /// - Throws: `nullPointer`, `unsupportedType` (device, element type), `shapeMismatch` (number of axes, negative extent), `outOfRange`
  ///   (stride overflow), `invalidArgument` (misaligned).
  init(_ pointer: UnsafePointer<sode_tensor>?, _ argument: StaticString) throws(Failure) {
    let tensor = try required(pointer, argument).pointee
    guard tensor.device.device_type == 1 else {
      throw Failure(.unsupportedType, "\(argument) is on a device of type \(tensor.device.device_type); only CPU memory (1) is taken")
    }
    type = try elementType(tensor.dtype, argument)
    guard tensor.ndim >= 0, Int(tensor.ndim) <= CallerTensor.mostAxes else {
      throw Failure(.shapeMismatch, "\(argument) has \(tensor.ndim) axes; at most \(CallerTensor.mostAxes) are taken")
    }
    axes = Int(tensor.ndim)
    if axes > 0, tensor.shape == nil { throw Failure(.nullPointer, "\(argument)->shape is NULL; it must hold \(axes) extents") }

    // From the last axis outwards, so that a row-major array's strides are the products of the extents passed.
    var shape = (1, 1, 1, 1), strides = (0, 0, 0, 0)
    var dense = 1, low = 0, high = 0, overflowed = false, empty = false
    for step in 0..<axes {
      let axis = axes - 1 - step
      let extent = tensor.shape?[axis] ?? 0
      guard extent >= 0 else { throw Failure(.shapeMismatch, "\(argument)->shape[\(axis)] is \(extent); an extent must be >= 0") }
      let stride = tensor.strides?[axis] ?? Int64(dense)
      withUnsafeMutableBytes(of: &shape) { $0.storeBytes(of: Int(extent), toByteOffset: (3 - step) * MemoryLayout<Int>.stride, as: Int.self) }
      withUnsafeMutableBytes(of: &strides) { $0.storeBytes(of: Int(stride), toByteOffset: (3 - step) * MemoryLayout<Int>.stride, as: Int.self) }
      if extent == 0 { empty = true; continue }
      let (reach, a) = Int(extent - 1).multipliedReportingOverflow(by: Int(stride))
      let (nextLow, b) = low.addingReportingOverflow(min(reach, 0))
      let (nextHigh, c) = high.addingReportingOverflow(max(reach, 0))
      let (nextDense, d) = dense.multipliedReportingOverflow(by: Int(extent))
      overflowed = overflowed || a || b || c || d
      (low, high, dense) = (nextLow, nextHigh, nextDense)
    }
    self.shape = shape
    self.strides = strides
    self.argument = argument

    if empty {
      base = CallerTensor.nowhere
      return
    }
    guard let start = tensor.data else { throw Failure(.nullPointer, "\(argument)->data is NULL; a pointer to its numbers is needed") }
    let width = type.byteCount
    let (lowBytes, a) = low.multipliedReportingOverflow(by: width)
    let (afterLast, b) = high.addingReportingOverflow(1)
    let (highBytes, c) = afterLast.multipliedReportingOverflow(by: width)
    let (first, d) = UInt(bitPattern: start).addingReportingOverflow(UInt(tensor.byte_offset))
    // Bytes that the array reaches below and above its first element; both ends must lie in the address space.
    let below = UInt(lowBytes.magnitude), above = UInt(highBytes.magnitude)
    guard !(overflowed || a || b || c || d), below < first, above <= UInt(Int.max), first <= UInt(Int.max) - above else {
      throw Failure(.outOfRange, "\(argument): its shape and strides reach outside the address space (stride overflow)")
    }
    guard first % UInt(width) == 0, let base = UnsafeMutableRawPointer(bitPattern: first) else {
      throw Failure(.invalidArgument, "\(argument): its data is not aligned to the \(width) bytes of \(type.name)")
    }
    self.base = base
  }

  /// An address for arrays without elements, which is never read.
  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(mutating: UnsafeRawPointer(emptyText)) }

  /// The same numbers under other axes.
  private init(_ other: CallerTensor, axes: Int, shape: (Int, Int, Int, Int), strides: (Int, Int, Int, Int)) {
    (base, type, self.axes, self.shape, self.strides, argument) = (other.base, other.type, axes, shape, strides, other.argument)
  }

  /// An array of three axes, samples × steps × numbers, as a matrix with a sample in each row; others as they are.
  /// - Throws: `invalidArgument` if the numbers of a sample do not lie at equal distances.
  func withStepsInRows() throws(Failure) -> CallerTensor {
    guard axes == 3 else { return self }
    let isEven = shape.2 <= 1 || shape.3 <= 1 || strides.2 == shape.3 * strides.3 || elementCount == 0
    guard isEven else { throw Failure(.invalidArgument, "\(argument) has strides \([strides.1, strides.2, strides.3]); the numbers of a sample, step by step, must lie at equal distances") }
    // The extents of an array without elements may be of any size.
    let columns = elementCount == 0 ? 0 : shape.2 * shape.3
    return CallerTensor(self, axes: 2, shape: (1, 1, shape.1, columns), strides: (0, 0, strides.1, shape.3 == 1 ? strides.2 : strides.3))
  }

  var rows: Int { shape.2 }
  var columns: Int { shape.3 }
  /// 0 if any extent is 0: the others may then be of any size, and their product could overflow.
  var elementCount: Int { shape.0 == 0 || shape.1 == 0 || shape.2 == 0 || shape.3 == 0 ? 0 : shape.0 * shape.1 * shape.2 * shape.3 }
  var extents: [Int] { Array([shape.0, shape.1, shape.2, shape.3].suffix(axes)) }

  /// The array as a matrix to read; a vector is one row of it.
  var reading: TensorView {
    TensorView(UnsafeRawPointer(base), type: type, rows: shape.2, columns: shape.3, rowStride: strides.2, columnStride: strides.3)
  }
  /// A vector as a matrix to read, with one row per number.
  var readingColumn: TensorView {
    TensorView(UnsafeRawPointer(base), type: type, rows: shape.3, columns: 1, rowStride: strides.3, columnStride: 1)
  }
  /// The array as samples, of which each is a row or an image; nil for arrays of fewer than two axes.
  var readingSamples: TensorView? {
    switch axes {
    case 2: reading
    case 3: TensorView(UnsafeRawPointer(base), type: type, rows: shape.1, rowStride: strides.1, axes: SampleAxes(extents: (shape.2, 1, shape.3), strides: (strides.2, 0, strides.3)))
    case 4: TensorView(UnsafeRawPointer(base), type: type, rows: shape.0, rowStride: strides.0, axes: SampleAxes(extents: (shape.1, shape.2, shape.3), strides: (strides.1, strides.2, strides.3)))
    default: nil
    }
  }
  var writing: MutableTensorView {
    MutableTensorView(base, type: type, rows: shape.2, columns: shape.3, rowStride: strides.2, columnStride: strides.3)
  }
  var writingColumn: MutableTensorView {
    MutableTensorView(base, type: type, rows: shape.3, columns: 1, rowStride: strides.3, columnStride: 1)
  }

  /// The number of matrices that the last two axes form; the outermost axis numbers them slowest.
  var matrixCount: Int { elementCount == 0 ? 0 : shape.0 * shape.1 }
  func matrix(_ index: Int) -> MutableTensorView {
    let offset = (index / shape.1) * strides.0 + (index % shape.1) * strides.1
    return MutableTensorView(
      base + offset * type.byteCount, type: type, rows: shape.2, columns: shape.3, rowStride: strides.2, columnStride: strides.3)
  }

  /// Fails unless the array is a matrix of `columns` columns and, when given, `rows` rows.
  func expectMatrix(rows wanted: Int? = nil, columns wantedColumns: Int, _ meaning: StaticString) throws(Failure) {
    guard axes == 2, columns == wantedColumns, wanted == nil || wanted == rows else {
      throw Failure(
        .shapeMismatch,
        "\(argument) has shape \(extents); it must be [\(wanted.map { "\($0)" } ?? "samples"), \(wantedColumns)] (\(meaning))")
    }
  }

  /// Fails unless the array is a vector of `count` numbers.
  func expectVector(count: Int, _ meaning: StaticString) throws(Failure) {
    guard axes == 1, columns == count else {
      throw Failure(.shapeMismatch, "\(argument) has shape \(extents); it must be [\(count)] (\(meaning))")
    }
  }

  func expect(shape wanted: [Int], _ meaning: String) throws(Failure) {
    guard extents == wanted else {
      throw Failure(.shapeMismatch, "\(argument) has shape \(extents); it must be \(wanted) (\(meaning))")
    }
  }

  /// Fails unless the array can take floating-point results, each at a separate address.
  func expectWritableReals() throws(Failure) {
    guard type.isFloatingPoint else {
      throw Failure(.unsupportedType, "\(argument) holds \(type.name); results are written as float32 or float64")
    }
    try expectDistinctElements()
  }

  /// Fails unless the array can take classes.
  func expectWritableClasses() throws(Failure) {
    guard type == .int32 || type == .int64 else {
      throw Failure(.unsupportedType, "\(argument) holds \(type.name); classes are written as int32 or int64")
    }
    try expectDistinctElements()
  }

  /// Fails for a stride of 0, with which results would overwrite one another.
  func expectDistinctElements() throws(Failure) {
    guard elementCount > 0 else { return }
    let repeated =
      (shape.0 > 1 && strides.0 == 0) || (shape.1 > 1 && strides.1 == 0) || (shape.2 > 1 && strides.2 == 0) || (shape.3 > 1 && strides.3 == 0)
    if repeated { throw Failure(.invalidArgument, "\(argument) has a stride of 0; results need a separate place for each element") }
  }
}

private func elementType(_ type: sode_data_type, _ argument: StaticString) throws(Failure) -> ElementType {
  if type.lanes == 1 {
    switch (type.code, type.bits) {
    case (2, 32): return .float32
    case (2, 64): return .float64
    case (1, 8): return .uint8
    case (0, 8): return .int8
    case (0, 32): return .int32
    case (0, 64): return .int64
    default: break
    }
  }
  throw Failure(
    .unsupportedType,
    "\(argument) has elements of code \(type.code), \(type.bits) bits, \(type.lanes) lanes; taken are float32, float64, uint8, int8, int32, int64")
}

/// An element type in the form that C uses.
func dataType(_ type: ElementType) -> sode_data_type {
  let (code, bits): (UInt8, UInt8) =
    switch type {
    case .float32: (2, 32)
    case .float64: (2, 64)
    case .uint8: (1, 8)
    case .int8: (0, 8)
    case .int32: (0, 32)
    case .int64: (0, 64)
    }
  return sode_data_type(code: code, bits: bits, lanes: 1)
}

import CKernels

extension Precision {
  /// The largest magnitude that is still finite once it is rounded to this precision.
  package var largest: Double { self == .float32 ? 0x1.fffffefffffffp127 : .greatestFiniteMagnitude }
}

/// A bound of |x| over a caller's array. For reals it is the largest magnitude, or NaN if a number is not finite; for integers it is the bound of their type.
///
/// - Cost: for reals, one pass at memory speed over dense rows, number by number over strided ones; for integers none.
package func magnitudeBound(_ view: TensorView) -> Double {
  if let maker = view.maker { return maker._withUnsafeGuaranteedRef { $0.bound } }
  return switch view.type {
  case .float32: largest(view, of: Float.self)
  case .float64: largest(view, of: Double.self)
  case .uint8: 0x1p8
  case .int8: 0x1p7
  case .int32: 0x1p31
  case .int64: 0x1p63
  }
}

/// The same bound without numbers that are NaN, which stand for missing ones; infinity if one is infinite.
///
/// - Parameter hasMissing: whether there is NaN.
/// - Cost: as `magnitudeBound`, and number by number over rows with NaN.
package func magnitudeBoundOfPresent(_ view: TensorView) -> (bound: Double, hasMissing: Bool) {
  let bound = magnitudeBound(view)
  guard bound.isNaN else { return (bound, false) }
  guard view.maker == nil else {
    var (largest, hasMissing) = (0.0, false)
    for row in 0..<view.rows {
      for column in 0..<view.columns {
        let magnitude = view.number(row: row, column: column).magnitude
        if magnitude.isNaN { hasMissing = true } else { largest = max(largest, magnitude) }
      }
    }
    return (largest, hasMissing)
  }
  return view.type == .float32 ? present(view, of: Float.self) : present(view, of: Double.self)
}

@inline(__always) private func present<Number: BinaryFloatingPoint & BitwiseCopyable>(_ view: TensorView, of _: Number.Type) -> (bound: Double, hasMissing: Bool) {
  let size = MemoryLayout<Number>.size
  var (largest, hasMissing) = (Number(0), false)
  for row in 0..<view.rows {
    let start = view.base + row * view.rowStride * size
    if view.hasDenseRows {
      // Comparisons with NaN are false.
      for column in 0..<view.columns {
        let magnitude = start.loadUnaligned(fromByteOffset: column * size, as: Number.self).magnitude
        largest = magnitude > largest ? magnitude : largest
        hasMissing = hasMissing || magnitude != magnitude
      }
    } else {
      for column in 0..<view.columns {
        let magnitude = start.loadUnaligned(fromByteOffset: view.offset(ofColumn: column) * size, as: Number.self).magnitude
        largest = magnitude > largest ? magnitude : largest
        hasMissing = hasMissing || magnitude != magnitude
      }
    }
  }
  return (Double(largest), hasMissing)
}

/// The place of the first NaN or infinity, by rows; nil if all numbers are finite. Integers always are.
///
/// - Cost: as that of `firstUnheld`.
package func firstNonFinite(_ view: TensorView) -> (row: Int, column: Int)? { firstUnheld(view, by: .float64) }

/// The place of the first number, by rows, that is NaN, infinite, or infinite once it is rounded to `precision`; nil if there is none.
///
/// - Parameter allowsNaN: true where NaN stands for a number that is missing.
/// - Cost: one pass at memory speed over dense rows, number by number over strided ones.
package func firstUnheld(_ view: TensorView, by precision: Precision, allowsNaN: Bool = false) -> (row: Int, column: Int)? {
  guard view.type.isFloatingPoint else { return nil }
  if view.isMade, magnitudeBound(view) <= precision.largest { return nil }
  let size = view.type.byteCount
  let allFinite = Kernels.table(view.type == .float32 ? .float32 : .float64).pointee.allFinite
  let mayOverflow = view.type == .float64 && precision == .float32
  for row in 0..<view.rows {
    let numbers = view.rows(row..<row + 1)
    // The kernel needs neighbors at aligned addresses, and knows only whether numbers are finite.
    let fitsKernel = view.hasDenseRows && Int(bitPattern: numbers.base) % size == 0 && !mayOverflow
    if fitsKernel ? allFinite(numbers.base, view.columns) : magnitudeBound(numbers) <= precision.largest { continue }
    for column in 0..<view.columns {
      let magnitude = numbers.number(row: 0, column: column).magnitude
      if !(magnitude <= precision.largest || (allowsNaN && magnitude.isNaN)) { return (row, column) }
    }
  }
  return nil
}

extension TensorView {
  /// One number, for messages.
  package func number(row: Int, column: Int) -> Double {
    if let maker { return maker._withUnsafeGuaranteedRef { $0.number(firstMade + row, column) } }
    let address = base + (row * rowStride + offset(ofColumn: column)) * type.byteCount
    return switch type {
    case .float32: Double(address.loadUnaligned(as: Float.self))
    case .float64: address.loadUnaligned(as: Double.self)
    case .uint8: Double(address.loadUnaligned(as: UInt8.self))
    case .int8: Double(address.loadUnaligned(as: Int8.self))
    case .int32: Double(address.loadUnaligned(as: Int32.self))
    case .int64: Double(address.loadUnaligned(as: Int64.self))
    }
  }
}

private func largest<Number: BinaryFloatingPoint & BitwiseCopyable>(_ view: TensorView, of _: Number.Type) -> Double {
  let size = MemoryLayout<Number>.size
  let kernel = Kernels.table(size == 4 ? .float32 : .float64).pointee.largestDifference
  var result = 0.0
  for row in 0..<view.rows {
    let start = view.base + row * view.rowStride * size
    var here = 0.0
    if view.hasDenseRows, Int(bitPattern: start) % size == 0 {
      here = kernel(start, nil, view.columns)
    } else {
      for column in 0..<view.columns {
        let magnitude = Double(start.loadUnaligned(fromByteOffset: view.offset(ofColumn: column) * size, as: Number.self)).magnitude
        // Comparisons with NaN are false, so that NaN is taken here and kept.
        if !(magnitude <= here) { here = magnitude.isFinite ? magnitude : .nan }
        if here.isNaN { break }
      }
    }
    if !(here <= result) { result = here }
    if result.isNaN { return result }
  }
  return result
}

extension MutableTensorView {
  /// Writes one number to all columns of a row. Arrays of integers get it rounded towards zero.
  package func fill(row: Int, with value: Double) {
    for column in 0..<columns {
      let address = base + (row * rowStride + column * columnStride) * type.byteCount
      switch type {
      case .float32: address.storeBytes(of: Float(value), as: Float.self)
      case .float64: address.storeBytes(of: value, as: Double.self)
      case .uint8: address.storeBytes(of: UInt8(clamping: Int(value)), as: UInt8.self)
      case .int8: address.storeBytes(of: Int8(clamping: Int(value)), as: Int8.self)
      case .int32: address.storeBytes(of: Int32(clamping: Int(value)), as: Int32.self)
      case .int64: address.storeBytes(of: Int64(value), as: Int64.self)
      }
    }
  }
}

/// Calls `body` for each of the first `count` columns of a tile that holds NaN or a number larger than `limit` in magnitude.
///
/// - Cost: one vector pass over the tile if there is no such column.
package func forEachColumn(of tile: Block, count: Int, beyond limit: Double, _ body: (_ column: Int) -> Void) {
  if largestMagnitude(tile) <= limit { return }
  for column in 0..<count {
    var row = 0
    while row < tile.rows, Vector(tile.rows(row..<row + 1).base, count: tile.columns, precision: tile.precision).load(column).magnitude <= limit { row += 1 }
    if row < tile.rows { body(column) }
  }
}

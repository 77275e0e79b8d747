/// The type of the numbers in a caller's array.
package enum ElementType: Int32, CaseIterable, Sendable {
  case float32 = 0
  case float64 = 1
  case uint8 = 2
  case int8 = 3
  case int32 = 4
  case int64 = 5

  package var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .float64, .int64: 8
    case .uint8, .int8: 1
    }
  }
  package var name: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .uint8: "uint8"
    case .int8: "int8"
    case .int32: "int32"
    case .int64: "int64"
    }
  }
  package var isFloatingPoint: Bool { self == .float32 || self == .float64 }
  package init(_ precision: Precision) { self = precision == .float32 ? .float32 : .float64 }
}

/// A borrowed array of samples × features to read: any element type and any strides, negative ones included.
package struct TensorView: @unchecked Sendable {
  /// The element at row 0, column 0.
  package let base: UnsafeRawPointer
  package let type: ElementType
  package let rows: Int
  package let columns: Int
  /// Elements from one row, or column, to the next.
  package let rowStride: Int
  package let columnStride: Int

  package init(_ base: UnsafeRawPointer, type: ElementType, rows: Int, columns: Int, rowStride: Int, columnStride: Int) {
    self.base = base
    self.type = type
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }
  /// A dense row-major array.
  package init(_ base: UnsafeRawPointer, type: ElementType, rows: Int, columns: Int) {
    self.init(base, type: type, rows: rows, columns: columns, rowStride: columns, columnStride: 1)
  }

  /// The range of bytes that the elements occupy, from `low` up to but not including `high`, relative to `base`; nil if it does not fit in the address space.
  package func extent() -> (low: Int, high: Int)? { byteExtent(rows, rowStride, columns, columnStride, type.byteCount) }

  /// The rows `range`.
  package func rows(_ range: Range<Int>) -> TensorView {
    TensorView(base + range.lowerBound * rowStride * type.byteCount, type: type, rows: range.count, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
}

/// A borrowed array of samples × features to write: a `TensorView` of memory that may be changed.
package struct MutableTensorView: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let view: TensorView

  package init(_ base: UnsafeMutableRawPointer, type: ElementType, rows: Int, columns: Int, rowStride: Int, columnStride: Int) {
    self.base = base
    view = TensorView(base, type: type, rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
  /// A dense row-major array.
  package init(_ base: UnsafeMutableRawPointer, type: ElementType, rows: Int, columns: Int) {
    self.init(base, type: type, rows: rows, columns: columns, rowStride: columns, columnStride: 1)
  }

  package var type: ElementType { view.type }
  package var rows: Int { view.rows }
  package var columns: Int { view.columns }
  package var rowStride: Int { view.rowStride }
  package var columnStride: Int { view.columnStride }
  package func extent() -> (low: Int, high: Int)? { view.extent() }
}

private func byteExtent(_ rows: Int, _ rowStride: Int, _ columns: Int, _ columnStride: Int, _ bytes: Int) -> (low: Int, high: Int)? {
  guard rows >= 0, columns >= 0 else { return nil }
  if rows == 0 || columns == 0 { return (0, 0) }
  let (down, a) = (rows - 1).multipliedReportingOverflow(by: rowStride)
  let (across, b) = (columns - 1).multipliedReportingOverflow(by: columnStride)
  let (low, c) = min(down, 0).addingReportingOverflow(min(across, 0))
  let (last, d) = max(down, 0).addingReportingOverflow(max(across, 0))
  let (high, e) = last.addingReportingOverflow(1)
  let (lowBytes, f) = low.multipliedReportingOverflow(by: bytes)
  let (highBytes, g) = high.multipliedReportingOverflow(by: bytes)
  return a || b || c || d || e || f || g ? nil : (lowBytes, highBytes)
}

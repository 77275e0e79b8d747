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
  /// Elements from one row to the next.
  package let rowStride: Int
  /// It holds if the sample has no axes of its own.
  private let plainColumnStride: Int
  /// The axes of a sample that is an image in an array of more than two axes; nil for samples in two axes.
  package let axes: SampleAxes?
  /// What makes the rows, if no array holds them; whoever has the view keeps it alive. `base` is then not an element.
  let maker: Unmanaged<RowMaker>?
  /// The number of row 0 among all rows of the maker.
  let firstMade: Int

  package init(_ base: UnsafeRawPointer, type: ElementType, rows: Int, columns: Int, rowStride: Int, columnStride: Int) {
    self.base = base
    self.type = type
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    plainColumnStride = columnStride
    axes = nil
    (maker, firstMade) = (nil, 0)
  }

  /// The rows from `firstRow` on that a maker makes; `type` is the floating-point type that holds them.
  package init(_ maker: RowMaker, type: ElementType, firstRow: Int = 0, rows: Int, columns: Int) {
    self.init(maker: Unmanaged.passUnretained(maker), type: type, firstRow: firstRow, rows: rows, columns: columns)
  }
  private init(maker: Unmanaged<RowMaker>, type: ElementType, firstRow: Int, rows: Int, columns: Int) {
    base = UnsafeRawPointer(maker.toOpaque())
    self.type = type
    self.rows = rows
    self.columns = columns
    (rowStride, plainColumnStride, axes) = (0, 0, nil)
    self.maker = maker
    firstMade = firstRow
  }

  /// Whether the rows are made when they are gathered, so that no array holds them.
  package var isMade: Bool { maker != nil }

  /// Samples that are images.
  package init(_ base: UnsafeRawPointer, type: ElementType, rows: Int, rowStride: Int, axes: SampleAxes) {
    self.base = base
    self.type = type
    self.rows = rows
    columns = axes.count
    self.rowStride = rowStride
    plainColumnStride = axes.columnStride ?? 0
    self.axes = axes
    (maker, firstMade) = (nil, 0)
  }

  /// Elements from one column to the next; nil if they lie at several distances.
  package var columnStride: Int? { axes.map(\.columnStride) ?? plainColumnStride }
  /// Whether the numbers of a row are neighbors.
  package var hasDenseRows: Bool { maker == nil && (columns == 1 || columnStride == 1) }

  /// Elements from the first column to another one.
  @inlinable package func offset(ofColumn column: Int) -> Int { axes?.offset(ofColumn: column) ?? column * plainStride }
  @usableFromInline var plainStride: Int { plainColumnStride }

  /// The same samples without their axes, as rows of columns: nil if the columns lie at several distances.
  package var flat: TensorView? {
    columnStride.map { TensorView(base, type: type, rows: rows, columns: columns, rowStride: rowStride, columnStride: $0) }
  }

  /// The same memory with other axes.
  package func with(_ axes: SampleAxes) -> TensorView { TensorView(base, type: type, rows: rows, rowStride: rowStride, axes: axes) }
  /// A dense row-major array.
  package init(_ base: UnsafeRawPointer, type: ElementType, rows: Int, columns: Int) {
    self.init(base, type: type, rows: rows, columns: columns, rowStride: columns, columnStride: 1)
  }

  /// The range of bytes that the elements occupy, from `low` up to but not including `high`, relative to `base`; nil if it does not fit in the address space.
  package func extent() -> (low: Int, high: Int)? {
    if maker != nil { return (0, 0) }
    guard let axes else { return byteExtent([(rows, rowStride), (columns, plainColumnStride)], type.byteCount) }
    return byteExtent([(rows, rowStride), (axes.extents.0, axes.strides.0), (axes.extents.1, axes.strides.1), (axes.extents.2, axes.strides.2)], type.byteCount)
  }

  /// The rows `range`.
  package func rows(_ range: Range<Int>) -> TensorView {
    if let maker { return TensorView(maker: maker, type: type, firstRow: firstMade + range.lowerBound, rows: range.count, columns: columns) }
    let start = base + range.lowerBound * rowStride * type.byteCount
    if let axes { return TensorView(start, type: type, rows: range.count, rowStride: rowStride, axes: axes) }
    return TensorView(start, type: type, rows: range.count, columns: columns, rowStride: rowStride, columnStride: plainColumnStride)
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
  package var columnStride: Int { view.plainStride }
  package func extent() -> (low: Int, high: Int)? { view.extent() }
}

private func byteExtent(_ axes: [(extent: Int, stride: Int)], _ bytes: Int) -> (low: Int, high: Int)? {
  if axes.contains(where: { $0.extent < 0 }) { return nil }
  if axes.contains(where: { $0.extent == 0 }) { return (0, 0) }
  var (low, high, overflowed) = (0, 0, false)
  for axis in axes {
    let (reach, a) = (axis.extent - 1).multipliedReportingOverflow(by: axis.stride)
    let (nextLow, b) = low.addingReportingOverflow(min(reach, 0))
    let (nextHigh, c) = high.addingReportingOverflow(max(reach, 0))
    (low, high, overflowed) = (nextLow, nextHigh, overflowed || a || b || c)
  }
  let (afterLast, a) = high.addingReportingOverflow(1)
  let (lowBytes, b) = low.multipliedReportingOverflow(by: bytes)
  let (highBytes, c) = afterLast.multipliedReportingOverflow(by: bytes)
  return overflowed || a || b || c ? nil : (lowBytes, highBytes)
}

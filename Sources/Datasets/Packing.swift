import LinearAlgebra
import Settings

/// A dense row-major copy of a view in its own type, and the buffer that holds it.
/// - Throws: `memory`.
/// Cost: one pass; contiguous rows are copied at once.
func packed(_ view: TensorView) throws(Failure) -> (view: TensorView, memory: Buffer) {
  if view.isMade { return try madeRows(of: view, rows: nil, count: view.rows) }
  let size = view.type.byteCount
  let (elements, overflow) = view.rows.multipliedReportingOverflow(by: view.columns)
  let (bytes, bytesOverflow) = elements.multipliedReportingOverflow(by: size)
  let buffer = try Buffer(byteCount: overflow || bytesOverflow ? -1 : bytes)
  if view.hasDenseRows {
    let rowBytes = view.columns * size
    if view.rowStride == view.columns {
      try Watch.pieces(bytes, work: 1) { piece in (buffer.base + piece.lowerBound).copyMemory(from: view.base + piece.lowerBound, byteCount: piece.count) }
    } else {
      try Watch.pieces(view.rows, work: view.columns) { rows in
        for row in rows { (buffer.base + row * rowBytes).copyMemory(from: view.base + row * view.rowStride * size, byteCount: rowBytes) }
      }
    }
  } else {
    switch size {
    case 1: try packElements(view, buffer.base, as: UInt8.self)
    case 4: try packElements(view, buffer.base, as: UInt32.self)
    default: try packElements(view, buffer.base, as: UInt64.self)
    }
  }
  return (dense(view, rows: view.rows, buffer), buffer)
}

/// A dense copy of the rows `rows` of a view, in that order and in its own type, and the buffer that holds it.
/// - Throws: `memory`.
/// Cost: one pass over these rows.
func packed(_ view: TensorView, rows: UnsafePointer<Int64>, count: Int) throws(Failure) -> (view: TensorView, memory: Buffer) {
  if view.isMade { return try madeRows(of: view, rows: rows, count: count) }
  let size = view.type.byteCount
  let (elements, overflow) = count.multipliedReportingOverflow(by: view.columns)
  let (bytes, bytesOverflow) = elements.multipliedReportingOverflow(by: size)
  let buffer = try Buffer(byteCount: overflow || bytesOverflow ? -1 : bytes)
  try Watch.pieces(count, work: 4 * view.columns) { piece in
    for index in piece {
      let source = view.base + Int(rows[index]) * view.rowStride * size
      let target = buffer.base + index * view.columns * size
      if view.hasDenseRows {
        target.copyMemory(from: source, byteCount: view.columns * size)
      } else {
        for column in 0..<view.columns { (target + column * size).copyMemory(from: source + view.offset(ofColumn: column) * size, byteCount: size) }
      }
    }
  }
  return (dense(view, rows: count, buffer), buffer)
}

/// Rows that no array held, made and written to a dense array, a tile at a time.
private func madeRows(of view: TensorView, rows: UnsafePointer<Int64>?, count: Int) throws(Failure) -> (view: TensorView, memory: Buffer) {
  let precision: Precision = view.type == .float32 ? .float32 : .float64
  let (elements, overflow) = count.multipliedReportingOverflow(by: view.columns)
  let buffer = try Buffer(count: overflow ? Int.max : elements, precision: precision)
  let samples = max(1, min(256, (1 << 18) / view.columns))
  let tile = try Buffer(count: samples * view.columns, precision: precision)
  let target = MutableTensorView(buffer.base, type: view.type, rows: count, columns: view.columns)
  for start in stride(from: 0, to: count, by: samples) {
    try Watch.check()
    let size = min(samples, count - start)
    let block = Block(tile.base, rows: view.columns, columns: size, precision: precision)
    gather(view, rows: rows, start: start, count: size, into: block)
    scatter(block, count: size, to: target, startRow: start)
  }
  withExtendedLifetime(tile) {}
  return (TensorView(buffer.base, type: view.type, rows: count, columns: view.columns), buffer)
}

/// The packed rows of a view. Samples keep their axes, whose order a network may need to know.
private func dense(_ view: TensorView, rows: Int, _ buffer: Buffer) -> TensorView {
  guard let axes = view.axes else { return TensorView(buffer.base, type: view.type, rows: rows, columns: view.columns) }
  let extents = axes.extents
  return TensorView(
    buffer.base, type: view.type, rows: rows, rowStride: view.columns, axes: SampleAxes(extents: extents, strides: (extents.1 * extents.2, extents.2, 1)))
}

/// Copies bit patterns, in blocks of rows and columns so that a column-major source is read a cache line at a time.
private func packElements<Bits: FixedWidthInteger>(_ view: TensorView, _ target: UnsafeMutableRawPointer, as type: Bits.Type) throws(Failure) {
  let size = MemoryLayout<Bits>.size
  let side = 64
  for rowStart in stride(from: 0, to: view.rows, by: side) {
    for columnStart in stride(from: 0, to: view.columns, by: side) {
      try Watch.check()
      for row in rowStart..<min(view.rows, rowStart + side) {
        for column in columnStart..<min(view.columns, columnStart + side) {
          let source = (row * view.rowStride + view.offset(ofColumn: column)) * size
          target.storeBytes(of: view.base.loadUnaligned(fromByteOffset: source, as: Bits.self), toByteOffset: (row * view.columns + column) * size, as: Bits.self)
        }
      }
    }
  }
}

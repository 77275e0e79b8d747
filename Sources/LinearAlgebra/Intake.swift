import CKernels

/// Copies rows of a batch into the columns of a tile: x' = (x − shift)·scale.
///
/// - Parameters:
///   - source: samples × features, any type and strides. If the tile has more features than the source, these become 0, as the opening `zero_padding` needs.
///   - rows: the rows to copy; sample s is row rows[start + s], or start + s if nil. All are inside the source.
///   - count: the number of samples; further columns of the tile become 0.
///   - scaling: shift and scale of each feature of the source; its `narrow` in the tile's precision.
/// - Accuracy: differences and products in float64 are rounded to the tile's precision once; from int64 the whole part of a shift is subtracted exactly.
package func gather(_ source: TensorView, rows: UnsafePointer<Int64>?, start: Int, count: Int, scaling: FeatureScaling? = nil, into tile: Block) {
  if let maker = source.maker {
    return maker._withUnsafeGuaranteedRef { $0.gather(MadeRows(numbers: rows.map { $0 + start }, first: source.firstMade + (rows == nil ? start : 0), count: count), scaling, into: tile) }
  }
  var call = TensorCall(
    tensor: UnsafeMutableRawPointer(mutating: source.base), type: source.type.rawValue, rowStride: source.rowStride, columnStride: source.columnStride ?? 0, columns: source.columns,
    height: 0, width: 0, heightStride: 0, widthStride: 0, rowNumbers: rows, start: start, count: count, shift: scaling?.narrow.map { UnsafeRawPointer($0.shift.base) }, scale: scaling?.narrow.map { UnsafeRawPointer($0.scale.base) },
    wideShift: scaling?.wideShift, wideScale: scaling?.wideScale, tile: tile.base, tileStride: tile.stride, tileRows: tile.rows, tileColumns: tile.columns)
  if source.columnStride == nil, let axes = source.axes {
    (call.columnStride, call.height, call.width) = (axes.strides.0, axes.extents.1, axes.extents.2)
    (call.heightStride, call.widthStride) = (axes.strides.1, axes.strides.2)
  }
  Kernels.table(tile.precision).pointee.gather(&call)
}

/// Copies the first `count` columns of a tile into rows of a Float or Double array, beginning at `startRow`. The tile has at least as many features as the target.
///
/// - Parameter scale: multiplies each feature in float64, by which derivatives with respect to the scaled features become derivatives with respect to those of the caller.
package func scatter(_ tile: Block, count: Int, to target: MutableTensorView, startRow: Int, scale: FeatureScaling? = nil) {
  precondition(target.type.isFloatingPoint && target.columns <= tile.rows, "scatter: float32 or float64, features of the tile")
  var call = TensorCall(
    tensor: target.base, type: target.type.rawValue, rowStride: target.rowStride, columnStride: target.columnStride, columns: target.columns, height: 0, width: 0, heightStride: 0, widthStride: 0,
    rowNumbers: nil, start: startRow,
    count: count, shift: nil, scale: nil, wideShift: nil, wideScale: scale?.wideScale, tile: tile.base, tileStride: tile.stride, tileRows: tile.rows,
    tileColumns: tile.columns)
  Kernels.table(tile.precision).pointee.scatter(&call)
}

/// Copies a dense row-major vector into an array of any strides, Float or Double.
package func convert(_ source: Vector, to target: MutableTensorView) {
  precondition(source.count >= target.rows * target.columns, "convert: as many numbers")
  if let block = target.view.sameBytes(as: source.precision) {
    return copy(Block(source.base, rows: block.rows, columns: block.columns, precision: source.precision), into: block)
  }
  // A dense row-major matrix is the tile, features × samples, of its transpose.
  let turned = MutableTensorView(target.base, type: target.type, rows: target.columns, columns: target.rows, rowStride: target.columnStride, columnStride: target.rowStride)
  scatter(Block(source.base, rows: target.rows, columns: target.columns, precision: source.precision), count: target.columns, to: turned, startRow: 0)
}

/// Copies an array of any type and strides into a dense row-major vector.
package func convert(_ source: TensorView, into target: Vector) {
  precondition(target.count >= source.rows * source.columns, "convert: room for all numbers")
  if let block = source.sameBytes(as: target.precision) {
    return copy(block, into: Block(target.base, rows: block.rows, columns: block.columns, precision: target.precision))
  }
  guard let stride = source.columnStride, !source.isMade else {
    // Row by row, each a tile of one column.
    for row in 0..<source.rows { gather(source, rows: nil, start: row, count: 1, into: Block(target.base + row * source.columns * target.precision.byteCount, rows: source.columns, columns: 1, precision: target.precision)) }
    return
  }
  let turned = TensorView(source.base, type: source.type, rows: source.columns, columns: source.rows, rowStride: stride, columnStride: source.rowStride)
  gather(turned, rows: nil, start: 0, count: source.columns, into: Block(target.base, rows: source.rows, columns: source.columns, precision: target.precision))
}

extension TensorView {
  /// The array as rows of neighbors in this precision, or nil when its type or its strides are others.
  fileprivate func sameBytes(as precision: Precision) -> Block? {
    guard type == ElementType(precision), maker == nil else { return nil }
    let memory = UnsafeMutableRawPointer(mutating: base)
    if columns == 1, rowStride == 1 { return Block(memory, rows: 1, columns: rows, precision: precision) }
    return hasDenseRows ? Block(memory, rows: rows, columns: columns, stride: rowStride, precision: precision) : nil
  }
}

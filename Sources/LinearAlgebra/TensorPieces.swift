import Settings

/// Copies an array of any type and strides into a dense row-major vector, as `convert` does, and asks this thread's watch in between.
///
/// - Throws: the reason why the work must end; the vector is then incomplete.
package func convertInPieces(_ source: TensorView, into target: Vector) throws(Failure) {
  try Watch.pieces(rows: source.rows, columns: source.columns) { (rows, columns) throws(Failure) in
    convert(source.part(rows, columns), into: target[source.place(rows, columns)])
  }
}

/// Copies a dense row-major vector into an array of any strides, Float or Double, as `convert` does. The pulse goes on meanwhile, and the array is complete in any case (`Watch.allPieces`).
package func convertWhole(_ source: Vector, to target: MutableTensorView) {
  Watch.allPieces(rows: target.rows, columns: target.columns) { rows, columns in convert(source[target.view.place(rows, columns)], to: target.part(rows, columns)) }
}

/// Copies an array into another of the same shape, converting the numbers as `copy` does. The pulse goes on meanwhile, and the target is complete in any case (`Watch.allPieces`).
package func copyWhole(_ source: TensorView, into target: MutableTensorView) {
  Watch.allPieces(rows: target.rows, columns: target.columns) { rows, columns in copy(source.part(rows, columns), into: target.part(rows, columns)) }
}

/// Copies a vector and asks this thread's watch in between.
/// - Throws: the reason why the work must end; `out` is then incomplete.
package func copyInPieces(_ x: Vector, into out: Vector) throws(Failure) {
  try Watch.pieces(x.count) { piece in copy(x[piece], into: out[piece]) }
}

/// Whether no number is NaN or infinite; asks this thread's watch in between.
/// - Throws: the reason why the work must end.
package func allFiniteInPieces(_ x: Vector) throws(Failure) -> Bool {
  var isFinite = true
  try Watch.pieces(x.count) { piece in isFinite = isFinite && allFinite(x[piece]) }
  return isFinite
}

/// The place of the first number that `firstUnheld` finds; asks this thread's watch in between.
/// - Throws: the reason why the work must end.
package func firstUnheldInPieces(_ view: TensorView, by precision: Precision, allowsNaN: Bool = false) throws(Failure) -> (row: Int, column: Int)? {
  guard view.type.isFloatingPoint else { return nil }
  var found: (row: Int, column: Int)?
  try Watch.pieces(rows: view.rows, columns: view.columns) { (rows, columns) throws(Failure) in
    guard found == nil, let place = firstUnheld(view.part(rows, columns), by: precision, allowsNaN: allowsNaN) else { return }
    found = (rows.lowerBound + place.row, columns.lowerBound + place.column)
  }
  return found
}

extension Watch {
  /// Works through a matrix in parts, by rows, as `pieces` works through a vector.
  package static func pieces(rows: Int, columns: Int, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) throws(Failure) -> Void) throws(Failure) {
    guard columns > pieceLength else { return try pieces(rows, work: columns) { (rows) throws(Failure) in try body(rows, 0..<columns) } }
    for row in 0..<rows { try pieces(columns) { (columns) throws(Failure) in try body(row..<row + 1, columns) } }
  }

  /// Works through all parts of a matrix, by rows, as `allPieces` works through a vector.
  package static func allPieces(rows: Int, columns: Int, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    guard columns > pieceLength else { return allPieces(rows, work: columns) { body($0, 0..<columns) } }
    for row in 0..<rows { allPieces(columns) { body(row..<row + 1, $0) } }
  }
}

extension TensorView {
  fileprivate func part(_ rows: Range<Int>, _ columns: Range<Int>) -> TensorView {
    guard let stride = columnStride else { preconditionFailure("parts of samples without axes") }
    return TensorView(
      base + (rows.lowerBound * rowStride + columns.lowerBound * stride) * type.byteCount, type: type, rows: rows.count, columns: columns.count, rowStride: rowStride,
      columnStride: stride)
  }

  /// Where a part that `Watch.pieces` gives lies in the dense row-major vector of all numbers.
  fileprivate func place(_ rows: Range<Int>, _ columns: Range<Int>) -> Range<Int> {
    let start = rows.lowerBound * self.columns + columns.lowerBound
    return start..<start + rows.count * columns.count
  }
}

extension MutableTensorView {
  fileprivate func part(_ rows: Range<Int>, _ columns: Range<Int>) -> MutableTensorView {
    MutableTensorView(
      base + (rows.lowerBound * rowStride + columns.lowerBound * columnStride) * type.byteCount, type: type, rows: rows.count, columns: columns.count, rowStride: rowStride,
      columnStride: columnStride)
  }
}

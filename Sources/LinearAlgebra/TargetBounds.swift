import Settings

/// The first number of a caller's array, row by row, that does not lie within bounds; nil if all do.
///
/// - Throws: why the work must end.
package func firstOutside(_ bounds: ClosedRange<Double>, _ view: TensorView) throws(Failure) -> (row: Int, column: Int)? {
  var found: (row: Int, column: Int)?
  try Watch.pieces(rows: view.rows, columns: view.columns) { (rows, columns) throws(Failure) in
    guard found == nil else { return }
    for row in rows {
      for column in columns where !bounds.contains(view.number(row: row, column: column)) {
        found = (row, column)
        return
      }
    }
  }
  return found
}

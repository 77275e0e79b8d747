import Settings

/// The first number of a caller's array, row by row, that does not lie within bounds; nil if all do.
///
/// - Parameter allowsNaN: true where NaN stands for a number that is missing.
/// - Throws: why the work must end.
package func firstOutside(_ bounds: ClosedRange<Double>, _ view: TensorView, allowsNaN: Bool = false) throws(Failure) -> (row: Int, column: Int)? {
  var found: (row: Int, column: Int)?
  try Watch.pieces(rows: view.rows, columns: view.columns) { (rows, columns) throws(Failure) in
    guard found == nil else { return }
    for row in rows {
      for column in columns {
        let number = view.number(row: row, column: column)
        if bounds.contains(number) || (allowsNaN && number.isNaN) { continue }
        found = (row, column)
        return
      }
    }
  }
  return found
}

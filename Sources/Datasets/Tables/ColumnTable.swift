import LinearAlgebra
import Settings

/// Rows of named columns in the memory of whoever produced them: batches of Arrow's columns, one matrix of numbers, or a sparse matrix. Nothing is copied.
package final class Table: @unchecked Sendable {
  /// Rows whose columns each lie in one part of memory.
  package struct Batch {
    package let firstRow: Int
    package let count: Int
    /// One part for each column.
    package let parts: [ColumnPart]
    /// Keeps the memory of the parts alive.
    let owner: AnyObject

    package init(firstRow: Int, count: Int, parts: [ColumnPart], owner: AnyObject) { (self.firstRow, self.count, self.parts, self.owner) = (firstRow, count, parts, owner) }
  }

  enum Contents {
    /// None is empty.
    case batches([Batch])
    case dense(TensorView, owner: AnyObject)
    case sparse(SparseRows)
  }

  /// The columns of a table with names; nil for a matrix.
  package let schema: TableSchema?
  /// The names of the columns; none for a matrix.
  package var names: [String] { schema?.names ?? [] }
  /// The type of each column's cells, or of its dictionary's values; none for a matrix.
  package var types: [CellType] { schema?.types ?? [] }
  /// Whether a column's cells are numbers of a dictionary's values; none for a matrix.
  package var isDictionary: [Bool] { schema?.isDictionary ?? [] }
  package let columns: Int
  package let rows: Int
  let contents: Contents

  package typealias Column = TableSchema.Column

  /// - Parameter batches: one behind the other; empty ones are left out.
  /// - Throws: `invalidData` for a table without columns or with two columns of one name; `memory`; the reason why the work must end.
  package convenience init(columns: [Column], batches: [Batch]) throws(Failure) { self.init(try TableSchema(columns), batches: batches) }

  /// - Parameter batches: one behind the other; empty ones are left out.
  package init(_ schema: TableSchema, batches: [Batch]) {
    self.schema = schema
    columns = schema.names.count
    rows = batches.reduce(0) { $0 + $1.count }
    contents = .batches(batches.filter { $0.count > 0 })
  }

  /// A matrix of samples × features without names.
  /// - Throws: `shapeMismatch` for one without columns.
  package init(dense view: TensorView, owner: AnyObject) throws(Failure) {
    guard view.columns >= 1 else { throw Failure(.shapeMismatch, "features hold 0 columns; at least 1 is needed") }
    // A matrix may have more columns than names would have room for.
    (schema, columns, rows) = (nil, view.columns, view.rows)
    contents = .dense(view, owner: owner)
  }

  package init(sparse rows: SparseRows) {
    (schema, columns, self.rows) = (nil, rows.columns, rows.rows)
    contents = .sparse(rows)
  }

  /// The name of a column; empty for those of a matrix.
  package func name(of column: Int) -> String { isNamed ? names[column] : "" }
  /// The type of a column's cells, or of its dictionary's values.
  package func type(of column: Int) -> CellType {
    switch contents {
    case .batches: types[column]
    case .dense(let view, _): .number(view.type)
    case .sparse(let rows): .number(rows.values.type)
    }
  }
  package func holdsDictionary(_ column: Int) -> Bool { isNamed && isDictionary[column] }
  /// The number of the column of a name; nil if there is none.
  package func place(of name: String) -> Int? { schema?.place(of: name) }

  /// Whether the columns have names by which they can be found.
  package var isNamed: Bool { if case .batches = contents { true } else { false } }
  /// The batches of a table with names.
  package var batches: [Batch] { if case .batches(let batches) = contents { batches } else { [] } }

  /// Says which column a failure belongs to.
  func named<Result>(_ column: Int, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) {
      return try body()
    } catch {
      guard error.status.rawValue < 0, error.status != .memory else { throw error }
      throw Failure(error.status, "\(Self.title(name(of: column), column)): \(error.message)")
    }
  }

  static func title(_ name: String, _ column: Int) -> String { name.isEmpty ? "column \(column)" : "column '\(name.prefix(64))'" }
}

/// A sparse matrix by rows (CSR): the numbers of row i are values[starts[i] …], in the columns indices[starts[i] …], which ascend.
package final class SparseRows: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  let starts: UnsafePointer<Int64>
  let indices: TensorView
  let values: TensorView
  /// A bound of the magnitudes.
  let bound: Double
  private let owner: AnyObject
  private let memory: Buffer

  /// - Parameters: starts, indices, values: vectors of rows + 1, n and n numbers as one column each; the first two are integers.
  /// - Throws: `shapeMismatch`, `unsupportedType`; `invalidData` naming the row whose numbers are not finite, or whose columns do not ascend or do not exist.
  package init(columns: Int, starts: TensorView, indices: TensorView, values: TensorView, owner: AnyObject) throws(Failure) {
    guard starts.rows >= 1, indices.rows == values.rows else { throw Failure(.shapeMismatch, "a sparse matrix needs one index for each value, and rows + 1 starts; given: \(starts.rows) starts, \(indices.rows) indices, \(values.rows) values") }
    guard columns >= 1 else { throw Failure(.shapeMismatch, "the sparse matrix has \(columns) columns; at least 1 is needed") }
    guard !starts.type.isFloatingPoint, !indices.type.isFloatingPoint else { throw Failure(.unsupportedType, "starts and indices of a sparse matrix are integers") }
    let rows = starts.rows - 1
    (self.rows, self.columns) = (rows, columns)
    (self.indices, self.values, self.owner) = (indices, values, owner)
    memory = try Buffer(count: starts.rows, precision: .float64)
    let copy = memory.rowNumbers(count: starts.rows)
    self.starts = UnsafePointer(copy)
    try Watch.pieces(starts.rows) { (piece) throws(Failure) in
      for row in piece {
        guard let start = integer(starts, row), start >= (row == 0 ? 0 : copy[row - 1]), start <= values.rows else {
          throw Failure(.invalidData, "the starts of a sparse matrix must ascend from 0 to \(values.rows), the number of values; start \(row) does not")
        }
        copy[row] = start
      }
    }
    // What lies before the first row would be lost.
    guard copy[0] == 0 else { throw Failure(.invalidData, "the first start of a sparse matrix is \(copy[0]); it must be 0") }
    guard copy[rows] == Int64(values.rows) else { throw Failure(.invalidData, "the last start of a sparse matrix is \(copy[rows]); it must be \(values.rows), the number of values") }
    // A row may be as long as all others together.
    var work = WatchedWork()
    for row in 0..<rows {
      try work.spend(8)
      var last: Int64 = -1
      for place in Int(copy[row])..<Int(copy[row + 1]) {
        try work.spend(16)
        let column = integer(indices, place)
        guard let column, 0..<Int64(columns) ~= column else {
          throw Failure(.invalidData, "row \(row) of the sparse matrix: the column \(column.map { "\($0)" } ?? "2^63 or more") does not exist; columns are 0 … \(columns - 1)")
        }
        guard column > last else {
          throw Failure(.invalidData, "row \(row) of the sparse matrix: its columns must ascend, but \(column) comes after \(last); sort the indices and sum duplicates first")
        }
        last = column
      }
    }
    var bound = 0.0
    try Watch.pieces(values.rows) { (piece) throws(Failure) in
      let part = magnitudeBound(values.rows(piece))
      if !part.isFinite {
        let place = piece.lowerBound + (firstNonFinite(values.rows(piece))?.row ?? 0)
        // The row that the place lies in, by bisection.
        var (row, end) = (0, rows)
        while end - row > 1 {
          let middle = (row + end) / 2
          if Int(copy[middle]) <= place { row = middle } else { end = middle }
        }
        throw Failure(.invalidData, "features hold NaN or infinity at row \(row), column \(integer(indices, place) ?? 0); they must be finite")
      }
      bound = max(bound, part)
    }
    self.bound = bound
  }

  /// Writes rows to the columns of a tile: what a zero becomes by scaling everywhere, then each number that is stored.
  func gather(_ made: MadeRows, _ scaling: FeatureScaling?, into tile: Block) {
    withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { zero in
      guard let base = zero.baseAddress else { return }
      base.storeBytes(of: 0, as: Int64.self)
      LinearAlgebra.gather(TensorView(UnsafeRawPointer(base), type: values.type, rows: made.count, columns: columns, rowStride: 0, columnStride: 0), rows: nil, start: 0, count: made.count, scaling: scaling, into: tile)
    }
    for sample in 0..<made.count {
      let row = made.row(sample)
      for place in Int(starts[row])..<Int(starts[row + 1]) {
        // The caller's indices may have changed since they were checked.
        guard let column = integer(indices, place), column >= 0, column < columns else { continue }
        let feature = Int(column)
        LinearAlgebra.gather(
          values.rows(place..<place + 1), rows: nil, start: 0, count: 1, scaling: scaling?.part(feature..<feature + 1),
          into: Block(tile.base + (feature * tile.stride + sample) * tile.precision.byteCount, rows: 1, columns: 1, stride: tile.stride, precision: tile.precision))
      }
    }
  }

  func number(_ row: Int, _ column: Int) -> Double {
    for place in Int(starts[row])..<Int(starts[row + 1]) where integer(indices, place) == Int64(column) { return values.number(row: place, column: 0) }
    return 0
  }
}

private func integer(_ view: TensorView, _ row: Int) -> Int64? {
  let place = view.base + row * view.rowStride * view.type.byteCount
  return switch view.type {
  case .int32: Int64(place.loadUnaligned(as: Int32.self))
  case .int64: place.loadUnaligned(as: Int64.self)
  default: Int64(exactly: view.number(row: row, column: 0))
  }
}

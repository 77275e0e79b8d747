import LinearAlgebra
import Settings

/// The features of a table as a record of columns says: a view of rows that are made from the table's own memory when they are gathered.
///
/// Besides that memory it holds 4 bytes a row for each column of categories.
package final class EncodedRows {
  /// Samples × features. It lives as long as this object.
  package let view: TensorView
  private let maker: RowMaker?
  private let table: Table

  /// - Parameters:
  ///   - record: how columns become features; they are found by their names, in any order. nil, or a record without inputs: all columns are numbers, in their order, but those that the record calls targets, weight or
  ///     ignored.
  ///   - isPartial: whether rows that cannot be taken become NaN instead of an error.
  /// - Throws: `incompatible` naming columns that the table lacks or has in addition; `invalidData` naming column and row of a value that is missing, not finite, or an unknown category; `memory`.
  package init(_ table: Table, _ record: ColumnRecord?, isPartial: Bool = false) throws(Failure) {
    guard table.rows >= 1 else { throw Failure(.shapeMismatch, "features hold 0 samples; at least 1 is needed") }
    self.table = table
    if !table.isNamed, let inputs = record?.inputs {
      guard inputs.allSatisfy({ $0.kind == .number && $0.missing == .error }), inputs.count == table.columns else {
        throw Failure(.incompatible, "the features are a matrix of \(table.columns) columns without names, but the network knows its \(inputs.count) columns by name: \(Self.quoted(inputs.map(\.name)))")
      }
    }
    switch table.contents {
    case .dense(let view, _):
      (self.view, maker) = (view, nil)
    case .sparse(let sparse):
      let made = RowMaker(bound: sparse.bound, gather: { rows, scaling, tile in sparse.gather(rows, scaling, into: tile) }, number: { row, column in sparse.number(row, column) })
      maker = made
      view = TensorView(made, type: sparse.values.type == .float32 || sparse.values.type.byteCount == 1 ? .float32 : .float64, rows: table.rows, columns: table.columns)
    case .batches(let batches):
      let columns = try Self.columns(of: table, record, isPartial: isPartial)
      let features = columns.reduce(0) { $0 + $1.features }
      let bound = columns.reduce(1.0) { max($0, $1.bound) }
      let type: ElementType = columns.allSatisfy { $0.isHeldByFloat32 } ? .float32 : .float64
      let gatherer = TableGatherer(batches: batches, columns: columns, isWide: type == .float64)
      let made = RowMaker(bound: bound, gather: { rows, scaling, tile in gatherer.gather(rows, scaling, into: tile) }, number: { row, feature in gatherer.number(row, feature) })
      maker = made
      view = TensorView(made, type: type, rows: table.rows, columns: features)
    }
  }

  private static func quoted(_ names: [String]) -> String {
    let shown = names.prefix(8).map { "'\($0.prefix(64))'" }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }

  /// The columns that become features, in the record's order, each checked.
  private static func columns(of table: Table, _ record: ColumnRecord?, isPartial: Bool) throws(Failure) -> [EncodedColumn] {
    let inputs: [(input: ColumnRecord.Input, column: Int)]
    if let wanted = record?.inputs {
      let lacking = wanted.map(\.name).filter { table.place(of: $0) == nil }
      guard lacking.isEmpty else {
        let hint = lacking.count == 1 ? nearestName(to: lacking[0], among: table.names).map { "; did you mean '\($0.prefix(64))'?" } ?? "" : ""
        try Watch.check()
        throw Failure(.incompatible, "the table lacks \(lacking.count == 1 ? "the column" : "the columns") \(quoted(lacking))\(hint)")
      }
      // The targets may be there: they are not read.
      let known = Set(wanted.map(\.name) + (record?.others ?? []))
      let extra = table.names.filter { !known.contains($0) }
      guard extra.isEmpty else {
        throw Failure(.incompatible, "the table has \(extra.count == 1 ? "a column" : "columns") that the record does not know: \(quoted(extra)); drop \(extra.count == 1 ? "it" : "them")")
      }
      inputs = wanted.map { ($0, table.place(of: $0.name) ?? 0) }
    } else {
      let unread = Set(record?.others ?? [])
      let read = table.names.enumerated().filter { !unread.contains($0.element) }
      for (column, name) in read where table.types[column].isText || table.isDictionary[column] {
        throw Failure(.unsupportedType, "\(Table.title(name, column)) holds \(table.isDictionary[column] ? "categories" : "texts"); without a record of columns only numbers are taken")
      }
      guard !read.isEmpty else { throw Failure(.incompatible, "the table has no columns besides those that the record calls targets, weight or ignored") }
      inputs = read.map { (ColumnRecord.Input(name: $0.element, kind: .number, missing: .error), $0.offset) }
    }
    var columns: [EncodedColumn] = []
    for (input, column) in inputs {
      columns.append(try table.named(column) { () throws(Failure) in try EncodedColumn(input, column, of: table, isPartial: isPartial) })
    }
    return columns
  }
}

/// One column of a table and the features that it becomes. Its values have been checked.
struct EncodedColumn {
  let column: Int
  let features: Int
  /// What a missing number becomes; NaN if it becomes no number.
  let substitute: Double
  let hasIndicator: Bool
  let bound: Double
  let isHeldByFloat32: Bool
  /// Whether every cell is a number, so that nothing has to be put in its place.
  let isComplete: Bool
  let codes: CategoryCodes?
  /// Whether an unknown category leaves a row without features.
  let unseenIsError: Bool

  fileprivate init(_ input: ColumnRecord.Input, _ column: Int, of table: Table, isPartial: Bool) throws(Failure) {
    try table.types[column].requireTaken()
    self.column = column
    features = input.features
    hasIndicator = input.hasIndicator
    substitute =
      switch input.missing {
      case .error: .nan
      case .mean(let mean), .meanAndIndicator(let mean): mean
      }
    let missingIsError = input.missing == .error
    guard case .category(let names, let unseen) = input.kind else {
      (codes, unseenIsError) = (nil, false)
      guard !table.types[column].isText, !table.isDictionary[column] else { throw Failure(.incompatible, "it holds \(table.isDictionary[column] ? "categories" : "texts"), but the network was trained with numbers there") }
      isHeldByFloat32 = table.types[column].isHeldByFloat32
      let (bound, isComplete) = try Self.bound(of: column, in: table, missingIsError: missingIsError, isPartial: isPartial)
      self.bound = missingIsError ? bound : max(bound, substitute.magnitude)
      self.isComplete = isComplete
      return
    }
    let isTaken = table.types[column].isText || table.isDictionary[column] || table.types[column].isInteger || table.types[column] == .bool || table.types[column] == .null
    // Where unseen categories are zeros, so are all numbers that are no category.
    guard isTaken || unseen == .zeros && table.types[column].isFloatingPoint else {
      throw Failure(.incompatible, "it holds \(table.types[column].name), but the network was trained with categories there: \(names.prefix(8).map { String($0.text.prefix(64)) }.joined(separator: ", "))")
    }
    let codes = try CategoryCodes(of: column, in: table, among: names)
    self.codes = codes
    unseenIsError = unseen == .error
    (isHeldByFloat32, isComplete) = (true, false)
    var isSound = true
    if unseenIsError, let row = try codes.first(CategoryCodes.unseen, rows: table.rows) {
      isSound = false
      if !isPartial {
        let name = table.shown(row: row, column: column)
        let hint = nearestName(to: name, among: names, \.text).map { "; did you mean '\($0.prefix(64))'?" } ?? ""
        try Watch.check()
        throw Failure(.invalidData, "its value at row \(row), '\(name)', is none of its \(names.count) categories\(hint); with the option unseen zeros it would become zeros")
      }
    }
    if missingIsError, let row = try codes.first(CategoryCodes.missing, rows: table.rows) {
      isSound = false
      if !isPartial { throw missingValue(row: row) }
    }
    bound = isSound ? 1 : .infinity
  }

  /// A bound of a column's numbers, infinite if rows that cannot be taken are left in; and whether none is missing.
  private static func bound(of column: Int, in table: Table, missingIsError: Bool, isPartial: Bool) throws(Failure) -> (bound: Double, isComplete: Bool) {
    var (bound, isComplete) = (0.0, true)
    for batch in table.batches {
      let part = batch.parts[column]
      if part.type == .null {
        if missingIsError, !isPartial { throw missingValue(row: batch.firstRow) }
        (bound, isComplete) = (missingIsError ? .infinity : bound, false)
        continue
      }
      if let plain = part.plain {
        var isSound = true
        try Watch.pieces(batch.count) { rows in
          let size = plain.type.byteCount
          let own = magnitudeBound(TensorView(plain.base + rows.lowerBound * size, type: plain.type, rows: 1, columns: rows.count))
          if own.isFinite { bound = max(bound, own) } else { isSound = false }
        }
        if isSound { continue }
      }
      try Watch.pieces(batch.count) { (rows) throws(Failure) in
        for row in rows {
          let number = part.number(row)
          if number.isFinite {
            bound = max(bound, number.magnitude)
          } else if !number.isNaN {
            guard isPartial else { throw Failure(.invalidData, "its value at row \(batch.firstRow + row) is \(number); numbers must be finite") }
            bound = .infinity
          } else {
            isComplete = false
            guard missingIsError else { continue }
            guard isPartial else { throw missingValue(row: batch.firstRow + row) }
            bound = .infinity
          }
        }
      }
    }
    return (bound, isComplete)
  }
}

extension Table {
  /// The beginning of a cell, for messages.
  func shown(row: Int, column: Int) -> String {
    guard let batch = batches.last(where: { $0.firstRow <= row }) else { return "" }
    return batch.parts[column].shown(row - batch.firstRow)
  }
}

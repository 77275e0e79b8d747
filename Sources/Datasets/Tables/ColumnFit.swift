import LinearAlgebra
import Settings

extension ColumnRecord {
  /// Makes the record of a table of training data: which of its columns are categories and which values these have, the means of numbers where some are missing, and the names of the classes.
  ///
  /// Categories and classes are those that occur, in ascending order, unless the choices give them. A column in which nothing is missing gets no indicator.
  /// - Parameters:
  ///   - table: the features, and the targets unless these come in a table of their own.
  ///   - targets: a table of the same number of rows; nil if there is none.
  /// - Throws: `unknownName` for a column that does not exist; `invalidData` naming column and row of a value that is missing or not finite; `outOfRange` for too many categories; `memory`.
  /// - Complexity: one or two passes over the table.
  package init(fitting table: Table, targets: Table? = nil, _ choices: ColumnChoices) throws(Failure) {
    guard table.rows >= 1 else { throw Failure(.shapeMismatch, "the table has 0 rows; at least 1 is needed") }
    if let targets, targets.rows != table.rows { throw Failure(.shapeMismatch, "targets hold \(targets.rows) samples and features \(table.rows); both must have the same number") }
    let own = targets == nil ? choices.targets : []
    for name in own + choices.ignored + (choices.weight.map { [$0] } ?? []) + choices.columns.keys.sorted() where table.place(of: name) == nil {
      guard table.isNamed else { throw Failure(.unknownName, "'\(name.prefix(64))' names a column, but the features are a matrix without names") }
      let failure = unknownName(name, what: "column", allowed: table.names)
      try Watch.check()
      throw failure
    }
    if let twofold = try ColumnRecord(inputs: nil, target: Target(names: own, classes: nil), ignored: choices.ignored, weight: choices.weight).twofoldColumn() {
      throw Failure(.invalidArgument, "\(twofold); it can be one of them only")
    }
    let unread = Set(own + choices.ignored + (choices.weight.map { [$0] } ?? []))
    let read = table.names.filter { !unread.contains($0) }
    var room = RecordRoom(columns: read.count + (targets?.columns ?? own.count))
    if table.isNamed {
      var inputs: [Input] = []
      // Names that have no room are found before any cell is read.
      for name in read { try room.takeColumn(name) }
      for (column, name) in table.names.enumerated() where !unread.contains(name) {
        inputs.append(try table.named(column) { () throws(Failure) in try Input(fitting: column, of: table, choices, &room) })
      }
      guard !inputs.isEmpty else { throw Failure(.invalidData, "the table has no columns besides targets and those to ignore") }
      self.init(inputs: inputs, target: try Target(fitting: targets ?? table, try targets.map(Self.names) ?? own, choices, &room), ignored: choices.ignored, weight: choices.weight)
    } else {
      self.init(inputs: nil, target: try Target(fitting: targets ?? table, try targets.map(Self.names) ?? [], choices, &room))
    }
    let bytes = try json.written().utf8.count
    guard bytes <= Self.mostBytes else { throw room.refusal }
  }

  /// The names of all columns of targets, which are empty for those of a matrix.
  private static func names(_ targets: Table) throws(Failure) -> [String] {
    if targets.isNamed { return targets.names }
    guard targets.columns <= mostBytes else { throw Failure(.outOfRange, "targets are a matrix of \(targets.columns) columns; a record of columns has room for at most \(mostBytes)") }
    return Array(repeating: "", count: targets.columns)
  }
}

extension ColumnRecord.Input {
  fileprivate init(fitting column: Int, of table: Table, _ choices: ColumnChoices, _ room: inout RecordRoom) throws(Failure) {
    let (name, own) = (table.names[column], choices.columns[table.names[column]])
    try table.types[column].requireTaken()
    let policy = own?.missing ?? choices.missing
    let isCategory = own?.kind.map { $0 == .category } ?? (own?.categories != nil || table.types[column].isText || table.isDictionary[column])
    guard isCategory else {
      guard !table.types[column].isText else { throw Failure(.unsupportedType, "it holds texts, which cannot be numbers") }
      guard !table.isDictionary[column] else { throw Failure(.unsupportedType, "it holds a dictionary, which cannot be numbers; decode it first") }
      let (mean, missing) = try table.meanOfNumbers(column, refusing: policy == .error ? missingValue : nil)
      guard mean != nil || missing == nil else { throw Failure(.invalidData, "every value is missing, so that there is no mean; ignore the column") }
      self.init(name: name, kind: .number, missing: Self.missing(policy, mean: mean ?? 0, occurs: missing != nil))
      return
    }
    if let given = own?.categories { for name in given { try room.takeCategory(name) } }
    let (found, missing) = try table.distinct(column, refusing: policy == .error ? missingValue : nil, isCounted: own?.categories == nil, &room)
    guard let categories = own?.categories ?? (found.isEmpty ? nil : found) else { throw Failure(.invalidData, "every value is missing; ignore the column") }
    self.init(name: name, kind: .category(categories, own?.unseen ?? choices.unseen), missing: Self.missing(policy, mean: 0, occurs: missing != nil))
  }

  private static func missing(_ policy: ColumnChoices.Missing, mean: Double, occurs: Bool) -> ColumnRecord.Missing {
    switch policy {
    case .error: .error
    case .mean: .mean(mean)
    case .meanAndIndicator: occurs ? .meanAndIndicator(mean) : .mean(mean)
    }
  }
}

extension ColumnRecord.Target {
  /// nil if there are no targets.
  fileprivate init?(fitting table: Table, _ names: [String], _ choices: ColumnChoices, _ room: inout RecordRoom) throws(Failure) {
    guard !names.isEmpty else { return nil }
    let columns = names.map { name in table.place(of: name) ?? 0 }
    for name in names { try room.takeColumn(name) }
    var classes: [CategoryName]?
    for column in columns {
      let (type, isDictionary) = (table.type(of: column), table.holdsDictionary(column))
      try table.named(column) { () throws(Failure) in try type.requireTaken() }
      // Several columns of truth values are labels, each 0 or 1.
      let isText = type.isText || isDictionary || type == .bool && columns.count == 1
      let isClass = choices.classes == .always || choices.classes == .automatic && isText
      guard isClass else {
        guard !type.isText, !isDictionary else { throw Failure(.unsupportedType, "the target \(Table.title(table.name(of: column), column)) holds \(type.name), which are no numbers; as classes they can be taken") }
        continue
      }
      guard columns.count == 1 else { throw Failure(.unsupportedType, "the target \(Table.title(table.name(of: column), column)) holds classes; several targets must be numbers") }
      let title = "the target \(Table.title(table.name(of: column), column))"
      do throws(Failure) {
        classes = try table.distinct(column, refusing: { Failure(.invalidData, "its value at row \($0) is missing") }, &room).values
        // C gets the names of classes as texts that end with a zero byte.
        if let name = classes?.first(where: { $0.text.utf8.contains(0) }) { throw Failure(.invalidData, "the class '\(name.text.prefix { $0 != "\0" }.prefix(64))…' has a zero byte") }
      } catch {
        guard error.status.rawValue < 0, error.status != .memory else { throw error }
        throw Failure(error.status, "\(title): \(error.message)")
      }
    }
    self.init(names: names, classes: classes)
  }
}

func missingValue(row: Int) -> Failure {
  Failure(.invalidData, "its value at row \(row) is missing or NaN; set the option missing to mean or mean_and_indicator, or fill it")
}

extension Table {
  /// The mean of the numbers of a column that are not missing, nil if all are; and the first row that is missing, NaN included.
  /// - Parameter refusing: the failure for a row that is missing; nil if rows may be.
  /// - Throws: `invalidData` for an infinity; the given failure.
  fileprivate func meanOfNumbers(_ column: Int, refusing: ((Int) -> Failure)?) throws(Failure) -> (mean: Double?, missing: Int?) {
    var (sum, reduced, largest, count, missing): (Double, Double, Double, Int, Int?) = (0, 0, 0, 0, nil)
    for batch in batches {
      let part = batch.parts[column]
      if part.type == .null {
        if let refusing { throw refusing(batch.firstRow) }
        missing = missing ?? batch.firstRow
        continue
      }
      try Watch.pieces(batch.count) { (rows) throws(Failure) in
        var (own, ownReduced) = (0.0, 0.0)
        for row in rows {
          let number = part.number(row)
          if number.isNaN {
            if let refusing { throw refusing(batch.firstRow + row) }
            missing = missing ?? batch.firstRow + row
            continue
          }
          guard number.isFinite else { throw Failure(.invalidData, "its value at row \(batch.firstRow + row) is \(number); numbers must be finite") }
          own += number
          ownReduced += number * 0x1p-64
          largest = max(largest, number.magnitude)
          count += 1
        }
        sum += own
        reduced += ownReduced
      }
    }
    guard count > 0 else { return (nil, missing) }
    // The largest numbers have a sum that no number holds, but their mean is one of them or lies between.
    let mean = sum.isFinite ? sum / Double(count) : reduced / Double(count) * 0x1p64
    return (min(max(mean, -largest), largest), missing)
  }
}

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
    for name in own + choices.ignored + (choices.weight.map { [$0] } ?? []) + choices.columns.keys.sorted() where !table.isNamed || !table.names.contains(name) {
      guard table.isNamed else { throw Failure(.unknownName, "'\(name.prefix(64))' names a column, but the features are a matrix without names") }
      throw unknownName(name, what: "column", allowed: table.names)
    }
    if table.isNamed {
      var inputs: [Input] = []
      for (column, name) in table.names.enumerated() where !own.contains(name) && !choices.ignored.contains(name) && name != choices.weight {
        inputs.append(try table.named(column) { () throws(Failure) in try Input(fitting: column, of: table, choices) })
      }
      guard !inputs.isEmpty else { throw Failure(.invalidData, "the table has no columns besides targets and those to ignore") }
      self.init(inputs: inputs, target: try Target(fitting: targets ?? table, targets?.names ?? own, choices), ignored: choices.ignored, weight: choices.weight)
    } else {
      self.init(inputs: nil, target: try Target(fitting: targets ?? table, targets?.names ?? [], choices))
    }
    let bytes = try json.written().utf8.count
    guard bytes <= Self.mostBytes else { throw Failure(.outOfRange, "the record of columns would have \(bytes) bytes; at most \(Self.mostBytes) are stored: ignore columns with many categories") }
  }
}

extension ColumnRecord.Input {
  fileprivate init(fitting column: Int, of table: Table, _ choices: ColumnChoices) throws(Failure) {
    let (name, own) = (table.names[column], choices.columns[table.names[column]])
    try table.types[column].requireTaken()
    let policy = own?.missing ?? choices.missing
    let isCategory = own?.kind.map { $0 == .category } ?? (own?.categories != nil || table.types[column].isText || table.isDictionary[column])
    guard isCategory else {
      guard !table.types[column].isText else { throw Failure(.unsupportedType, "it holds texts, which cannot be numbers") }
      guard !table.isDictionary[column] else { throw Failure(.unsupportedType, "it holds a dictionary, which cannot be numbers; decode it first") }
      let (mean, missing) = try table.meanOfNumbers(column)
      if policy == .error, let missing { throw missingValue(row: missing) }
      guard mean != nil || missing == nil else { throw Failure(.invalidData, "every value is missing, so that there is no mean; ignore the column") }
      self.init(name: name, kind: .number, missing: Self.missing(policy, mean: mean ?? 0, occurs: missing != nil))
      return
    }
    let (found, missing) = try table.distinct(column)
    if policy == .error, let missing { throw missingValue(row: missing) }
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
  fileprivate init?(fitting table: Table, _ names: [String], _ choices: ColumnChoices) throws(Failure) {
    guard !names.isEmpty else { return nil }
    let columns = names.map { name in table.names.firstIndex(of: name) ?? 0 }
    var classes: [CategoryName]?
    for column in columns {
      try table.named(column) { () throws(Failure) in try table.types[column].requireTaken() }
      let isText = table.types[column].isText || table.isDictionary[column] || table.types[column] == .bool
      let isClass = choices.classes == .always || choices.classes == .automatic && isText
      guard isClass else {
        guard !table.types[column].isText, !table.isDictionary[column] else { throw Failure(.unsupportedType, "the target \(Table.title(table.names[column], column)) holds \(table.types[column].name), which are no numbers; as classes they can be taken") }
        continue
      }
      guard columns.count == 1 else { throw Failure(.unsupportedType, "the target \(Table.title(table.names[column], column)) holds classes; several targets must be numbers") }
      let (found, missing) = try table.named(column) { () throws(Failure) in try table.distinct(column) }
      if let missing { throw Failure(.invalidData, "the target \(Table.title(table.names[column], column)): its value at row \(missing) is missing") }
      classes = found
    }
    self.init(names: names, classes: classes)
  }
}

func missingValue(row: Int) -> Failure {
  Failure(.invalidData, "its value at row \(row) is missing or NaN; set the option missing to mean or mean_and_indicator, or fill it")
}

extension Table {
  /// The mean of the numbers of a column that are not missing, nil if all are; and the first row that is missing, NaN included.
  /// - Throws: `invalidData` for an infinity.
  fileprivate func meanOfNumbers(_ column: Int) throws(Failure) -> (mean: Double?, missing: Int?) {
    var (sum, count, missing): (Double, Int, Int?) = (0, 0, nil)
    for batch in batches {
      let part = batch.parts[column]
      try Watch.pieces(batch.count) { (rows) throws(Failure) in
        var own = 0.0
        for row in rows {
          let number = part.number(row)
          if number.isNaN {
            missing = missing ?? batch.firstRow + row
            continue
          }
          guard number.isFinite else { throw Failure(.invalidData, "its value at row \(batch.firstRow + row) is \(number); numbers must be finite") }
          // Halves keep sums of the largest numbers finite.
          own += number / 2
          count += 1
        }
        sum += own
      }
    }
    let mean = count > 0 ? sum / Double(count) * 2 : nil
    if let mean, !mean.isFinite { throw Failure(.notFinite, "the mean of its numbers is not finite") }
    return (mean, missing)
  }

  /// The different values of a column in ascending order, and the first row without one.
  fileprivate func distinct(_ column: Int) throws(Failure) -> (values: [CategoryName], missing: Int?) {
    guard isNamed else { throw Failure(.unsupportedType, "a matrix holds numbers, which are no categories") }
    var (found, missing): (Set<CategoryName>, Int?) = ([], nil)
    var texts: Set<TextBytes> = []
    func add(_ part: ColumnPart, _ row: Int) throws(Failure) {
      if let bytes = part.text(row), !texts.insert(TextBytes(bytes)).inserted { return }
      if let name = try part.category(row) { found.insert(name) }
      guard found.count <= ColumnRecord.mostCategories else {
        throw Failure(.outOfRange, "it has more than \(ColumnRecord.mostCategories) different values; as a category it may have at most so many: ignore the column, or make numbers of it")
      }
    }
    for batch in batches {
      let part = batch.parts[column]
      let used = try part.dictionary.map { (dictionary) throws(Failure) in try Buffer(byteCount: max(dictionary.count, 1)) }
      try Watch.pieces(batch.count, work: 32) { (rows) throws(Failure) in
        for row in rows {
          if part.isMissing(row) {
            missing = missing ?? batch.firstRow + row
          } else if let used {
            let index = Int(part.integer(row) ?? 0)
            if index >= 0, index < used.byteCount, used.base.load(fromByteOffset: index, as: UInt8.self) == 0 {
              used.base.storeBytes(of: 1, toByteOffset: index, as: UInt8.self)
              if let dictionary = part.dictionary { try add(dictionary, index) }
            }
          } else {
            try add(part, row)
          }
        }
      }
    }
    return (found.sorted(by: CategoryName.isBefore), missing)
  }
}

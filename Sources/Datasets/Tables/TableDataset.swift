import LinearAlgebra
import Settings

extension Dataset {
  /// The data set of a table.
  ///
  /// - Parameters:
  ///   - targets: a table of the targets alone; nil to take them from the columns of `table` that the record names.
  ///   - record: how columns become features and targets.
  ///   - isCopied: whether the features are copied to one dense array; otherwise the data set uses the table's memory, which must not change.
  /// - Throws: what `EncodedRows.init` throws; `invalidData` naming the row of a target that is missing, not finite, or no known class, or of a weight that is none; `incompatible` for a table without the record's
  ///   column of weights; `memory`.
  package convenience init(_ table: Table, targets: Table? = nil, _ record: ColumnRecord, isCopied: Bool) throws(Failure) {
    if targets == nil, let twofold = try record.twofoldColumn() {
      throw Failure(.incompatible, "\(twofold) of the record, but can be one of them only; give the targets in a table of their own, or another record")
    }
    let encoded = try EncodedRows(table, record)
    let column = try EncodedTargets(targets ?? table, record, isAlone: targets != nil)
    guard column.rows == table.rows else { throw Failure(.shapeMismatch, "targets hold \(column.rows) samples and features \(table.rows); both must have the same number") }
    var (features, owners): (TensorView, [AnyObject]) = (encoded.view, [encoded, table])
    let bound = features.isMade ? magnitudeBound(features) : nil
    if isCopied {
      let (copy, memory) = try packed(features)
      (features, owners) = (copy, [memory])
    }
    let made: Dataset
    let kept = owners
    let release = { withExtendedLifetime(kept) {} }
    if let classes = record.target?.classes {
      made = try Dataset(retaining: features, labels: column.view, classes: classes.count, release: release)
    } else if column.view.columns == 1 {
      made = try Dataset(retaining: features, column: column.view, release: release)
    } else {
      made = try Dataset(retaining: features, values: column.view, release: release)
    }
    let weights = try table.isNamed ? record.weight.map { (name) throws(Failure) in try table.weights(name) } : nil
    self.init(
      features: features, labels: made.labels, values: made.values, classCount: made.classCount, weights: weights?.vector(count: table.rows, precision: .float64),
      featureBound: bound ?? made.featureBound, valueBound: made.valueBound, mayMiss: made.mayMiss, columns: record, owners: made.owners + kept + [column.memory] + (weights.map { [$0] } ?? []))
  }

  /// The features as an array, and its memory if no array held them.
  /// - Throws: `memory`.
  package func denseFeatures() throws(Failure) -> (view: TensorView, memory: AnyObject?) {
    guard features.isMade else { return (features, nil) }
    let (view, memory) = try packed(features)
    return (view, memory)
  }

  /// The same data with features in one array.
  /// - Throws: `memory`.
  package func withDenseFeatures() throws(Failure) -> Dataset {
    let (view, memory) = try denseFeatures()
    return Dataset(
      features: view, labels: labels, values: values, classCount: classCount, weights: weights, featureBound: featureBound, valueBound: valueBound, mayMiss: mayMiss, columns: columns,
      owners: owners + (memory.map { [$0] } ?? []))
  }

  /// Samples in a buffer, whose numbers may change while nobody reads them; what is copied to it has been checked.
  package convenience init(
    buffered features: TensorView, labels: UnsafePointer<Int32>?, values: TensorView?, classCount: Int, weights: Vector? = nil, mayMiss: Bool, columns: ColumnRecord?, owners: [AnyObject]
  ) {
    self.init(features: features, labels: labels, values: values, classCount: classCount, weights: weights, featureBound: 0, valueBound: 0, mayMiss: mayMiss, columns: columns, owners: owners)
  }

  /// The same data with a record of columns, which names features and classes. Shares memory.
  /// - Throws: `incompatible` for a record of another number of features, or of fewer classes than the labels show.
  package func with(columns record: ColumnRecord) throws(Failure) -> Dataset {
    if let features = record.features, features != featureCount { throw Failure(.incompatible, "the record describes \(features) features; the data set has \(featureCount)") }
    var classes = classCount
    if let names = record.target?.classes {
      guard labels != nil, names.count >= classCount else {
        throw Failure(.incompatible, "the record names \(names.count) classes; the data set has \(labels == nil ? "values" : "labels up to \(classCount - 1)")")
      }
      classes = names.count
    }
    return Dataset(features: features, labels: labels, values: values, classCount: classes, weights: weights, featureBound: featureBound, valueBound: valueBound, mayMiss: mayMiss, columns: record, owners: owners)
  }
}

/// The targets of a table as numbers in float64: numbers of classes, or values.
struct EncodedTargets {
  let view: TensorView
  let memory: Buffer
  var rows: Int { view.rows }

  /// - Parameter isAlone: whether the table holds targets alone. One column may then have another name than the record's.
  init(_ table: Table, _ record: ColumnRecord, isAlone: Bool) throws(Failure) {
    guard let target = record.target else { throw Failure(.incompatible, "the record of columns names no target; give the option target, or the targets in a table of their own") }
    if case .dense(let view, _) = table.contents {
      // A matrix of values is checked as every array of targets.
      guard target.classes == nil, view.columns == target.names.count else { throw Failure(.incompatible, "the targets are a matrix of \(view.columns) columns; the record has \(target.names.count) targets\(target.classes == nil ? "" : " with names of classes")") }
      (self.view, memory) = try packed(view)
      return
    }
    guard table.isNamed else { throw Failure(.unsupportedType, "targets are a sparse matrix; they must be dense") }
    var columns: [Int] = []
    if isAlone, table.columns == target.names.count, target.names.count == 1 {
      columns = [0]
    } else {
      for name in target.names {
        guard let column = table.place(of: name) else { throw Failure(.incompatible, "the table lacks the target '\(name.prefix(64))'") }
        columns.append(column)
      }
    }
    let (total, overflow) = table.rows.multipliedReportingOverflow(by: columns.count)
    memory = try Buffer(count: overflow ? Int.max : max(total, 1), precision: .float64)
    view = TensorView(memory.base, type: .float64, rows: table.rows, columns: columns.count)
    let numbers = memory.base.bindMemory(to: Double.self, capacity: max(total, 1))
    for (place, column) in columns.enumerated() {
      try table.named(column) { () throws(Failure) in
        try table.types[column].requireTaken()
        if let classes = target.classes {
          try Self.encode(column, of: table, classes, into: numbers)
        } else {
          try Self.read(column, of: table, into: numbers + place, stride: columns.count)
        }
      }
    }
  }

  private static func encode(_ column: Int, of table: Table, _ classes: [CategoryName], into numbers: UnsafeMutablePointer<Double>) throws(Failure) {
    let codes = try CategoryCodes(of: column, in: table, among: classes)
    try Watch.pieces(table.rows) { (rows) throws(Failure) in
      for row in rows {
        let code = codes.codes[row]
        if code == CategoryCodes.missing { throw Failure(.invalidData, "the target at row \(row) is missing") }
        if code == CategoryCodes.unseen {
          throw Failure(.invalidData, "the target at row \(row), '\(table.shown(row: row, column: column))', is none of the \(classes.count) classes: \(classes.prefix(8).map { "\($0.text.prefix(64))" }.joined(separator: ", "))\(classes.count > 8 ? " …" : "")")
        }
        numbers[row] = Double(code)
      }
    }
  }

  private static func read(_ column: Int, of table: Table, into numbers: UnsafeMutablePointer<Double>, stride: Int) throws(Failure) {
    guard !table.types[column].isText, !table.isDictionary[column] else { throw Failure(.incompatible, "the target holds \(table.isDictionary[column] ? "categories" : "texts"), but the record has no names of classes") }
    for batch in table.batches {
      let part = batch.parts[column]
      try Watch.pieces(batch.count) { (rows) throws(Failure) in
        for row in rows {
          let number = part.number(row)
          guard number.isFinite else { throw Failure(.invalidData, "the target at row \(batch.firstRow + row) is \(number.isNaN ? "missing or NaN" : "\(number)"); it must be finite") }
          numbers[(batch.firstRow + row) * stride] = number
        }
      }
    }
  }
}

extension Table {
  /// The weights of the rows, float64, checked.
  fileprivate func weights(_ name: String) throws(Failure) -> Buffer {
    guard let column = place(of: name) else { throw Failure(.incompatible, "the table lacks the column '\(name.prefix(64))' of the weights of its rows; add it, with 1 in each row where all count alike") }
    try named(column) { () throws(Failure) in try types[column].requireTaken() }
    guard !types[column].isText, !isDictionary[column] else { throw Failure(.unsupportedType, "\(Table.title(name, column)) holds \(types[column].name), which are no weights") }
    let memory = try Buffer(count: rows, precision: .float64)
    let vector = memory.vector(count: rows, precision: .float64)
    for batch in batches {
      try Watch.pieces(batch.count) { rows in for row in rows { vector.store(batch.parts[column].number(row), at: batch.firstRow + row) } }
    }
    try checkWeights(vector, "weights", each: "row")
    return memory
  }
}

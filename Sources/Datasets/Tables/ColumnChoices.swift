import Settings

/// What a caller wants to be done with the columns of a table when their record is made.
package struct ColumnChoices {
  package enum Missing: String, CaseIterable { case error, mean, meanAndIndicator = "mean_and_indicator" }
  package enum Kind: String, CaseIterable { case number, category }
  package enum Classes: String, CaseIterable {
    /// Texts, booleans and dictionaries are classes; numbers stay numbers.
    case automatic = "auto"
    case always, never
  }
  /// Choices for one column; nil: as for all.
  package struct Column {
    var kind: Kind?
    var missing: Missing?
    var unseen: ColumnRecord.Unseen?
    var categories: [CategoryName]?
  }

  package private(set) var targets: [String] = []
  package private(set) var classes = Classes.automatic
  package private(set) var missing = Missing.error
  package private(set) var unseen = ColumnRecord.Unseen.error
  package private(set) var ignored: [String] = []
  package private(set) var weight: String?
  package private(set) var columns: [String: Column] = [:]

  package init() {}

  /// - Parameter text: `{"target": "kind", "classes": "auto", "missing": "mean", "unseen": "error", "weight": "w", "ignore": ["id"], "columns": {"city": {"kind": "category"}}}`, all of it optional.
  /// - Throws: `unknownName`, `unsupportedType`, `invalidArgument`.
  package init(_ text: String) throws(Failure) {
    let json = try JSON.read(text, limit: ColumnRecord.mostBytes, what: "options of columns")
    guard let members = json.members else { throw Failure(.unsupportedType, "options of columns are \(json.kindName); they must be an object") }
    for (key, value) in members {
      switch key {
      case "target": targets = try Self.names(value, key)
      case "ignore": ignored = try Self.names(value, key)
      case "weight":
        if case .null = value { continue }
        guard let name = value.text else { throw Failure(.unsupportedType, "weight is \(value.kindName); it must be the name of a column") }
        weight = name
      case "classes": classes = try Self.choice(value, key)
      case "missing": missing = try Self.choice(value, key)
      case "unseen": unseen = try Self.choice(value, key)
      case "columns":
        guard let all = value.members else { throw Failure(.unsupportedType, "columns is \(value.kindName); it must be an object with an object for each column") }
        for (name, own) in all { columns[name] = try Self.column(own, name) }
      default: throw unknownName(key, what: "option of columns", allowed: ["target", "classes", "missing", "unseen", "weight", "ignore", "columns"])
      }
    }
  }

  private static func column(_ json: JSON, _ name: String) throws(Failure) -> Column {
    guard let members = json.members else { throw Failure(.unsupportedType, "columns.\(name.prefix(64)) is \(json.kindName); it must be an object") }
    var column = Column()
    for (key, value) in members {
      switch key {
      case "kind": column.kind = try choice(value, key)
      case "missing": column.missing = try choice(value, key)
      case "unseen": column.unseen = try choice(value, key)
      case "categories":
        guard value.elements != nil else { throw Failure(.unsupportedType, "categories is \(value.kindName); it must be a list of texts, integers or booleans") }
        do throws(Failure) { column.categories = try categories(value) } catch {
          throw error.status.rawValue > 0 ? error : Failure(error.status, "columns.\(name.prefix(64)): \(error.message)")
        }
      default: throw unknownName(key, what: "option of a column", allowed: ["kind", "missing", "unseen", "categories"])
      }
    }
    return column
  }

  private static func names(_ json: JSON, _ key: String) throws(Failure) -> [String] {
    if case .null = json { return [] }
    if let name = json.text { return [name] }
    guard let names = json.elements?.map(\.text), !names.contains(nil) else { throw Failure(.unsupportedType, "\(key) is \(json.kindName); it must be the name of a column, or a list of names") }
    let all = names.compactMap { $0 }
    if let twice = try firstRepeated(all) { throw Failure(.invalidArgument, "\(key) names the column '\(twice.prefix(64))' twice") }
    return all
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(_ json: JSON, _ key: String) throws(Failure) -> Choice where Choice.RawValue == String {
    let allowed = Choice.allCases.map(\.rawValue)
    guard let text = json.text else { throw Failure(.unsupportedType, "\(key) is \(json.kindName); it must be one of \(allowed.joined(separator: ", "))") }
    guard let choice = Choice(rawValue: text) else { throw unknownName(text, what: key, allowed: allowed) }
    return choice
  }
}

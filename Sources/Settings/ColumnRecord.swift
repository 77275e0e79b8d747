/// A value by which a category or a class is known: as the table held it, so that integers stay integers.
package enum CategoryName: Hashable, Sendable {
  case text(String)
  case integer(Int64)
  case bool(Bool)

  /// Texts are equal if their bytes are.
  package static func == (a: CategoryName, b: CategoryName) -> Bool {
    switch (a, b) {
    case (.text(let x), .text(let y)): x.utf8.elementsEqual(y.utf8)
    case (.integer(let x), .integer(let y)): x == y
    case (.bool(let x), .bool(let y)): x == y
    default: false
    }
  }
  package func hash(into hasher: inout Hasher) {
    switch self {
    case .text(let text):
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    case .integer(let number): hasher.combine(number)
    case .bool(let flag): hasher.combine(flag)
    }
  }

  /// The name as a text: "red", "3", "true".
  package var text: String {
    switch self {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .bool(let flag): flag ? "true" : "false"
    }
  }

  var json: JSON {
    switch self {
    case .text(let text): .text(text)
    case .integer(let number): .integer(number)
    case .bool(let flag): .bool(flag)
    }
  }

  package init?(_ json: JSON) {
    switch json {
    case .text(let text): self = .text(text)
    case .integer(let number): self = .integer(number)
    case .bool(let flag): self = .bool(flag)
    default: return nil
    }
  }

  /// Texts by their bytes, integers by size, false before true; kinds one after the other.
  package static func isBefore(_ a: CategoryName, _ b: CategoryName) -> Bool {
    switch (a, b) {
    case (.text(let x), .text(let y)): x.utf8.lexicographicallyPrecedes(y.utf8)
    case (.integer(let x), .integer(let y)): x < y
    case (.bool(let x), .bool(let y)): !x && y
    default: a.rank < b.rank
    }
  }
  private var rank: Int {
    switch self {
    case .bool: 0
    case .integer: 1
    case .text: 2
    }
  }
}

/// What a network remembers of the table that it was trained with: which columns it reads, how they become features, and what its outputs are called.
///
/// As JSON it is `{"inputs": [{"name": "age", "missing": "mean", "mean": 31.5}, {"name": "city", "categories": ["Bonn", "Ulm"], "unseen": "error"}], "target": {"names": ["kind"], "classes": ["a", "b"]}}`.
/// A number becomes one feature, and one more with `mean_and_indicator`, which is 1 where the number is missing. A category becomes one feature for each of its values, 1 for the row's own value and 0 for all others.
package struct ColumnRecord: Equatable, Sendable {
  /// What stands for a number or category that is missing.
  package enum Missing: Equatable, Sendable {
    /// A missing value is an error.
    case error
    /// The mean of the training data; for a category zeros.
    case mean(Double)
    case meanAndIndicator(Double)
  }
  /// What becomes of a category that the record does not have.
  package enum Unseen: String, CaseIterable, Sendable { case error, zeros }
  package enum Kind: Equatable, Sendable {
    case number
    case category([CategoryName], Unseen)
  }
  package struct Input: Equatable, Sendable {
    package let name: String
    package let kind: Kind
    package let missing: Missing
    package init(name: String, kind: Kind, missing: Missing) { (self.name, self.kind, self.missing) = (name, kind, missing) }

    package var hasIndicator: Bool { if case .meanAndIndicator = missing { true } else { false } }
    /// The features that this column becomes.
    package var features: Int {
      let own = if case .category(let names, _) = kind { names.count } else { 1 }
      return own + (hasIndicator ? 1 : 0)
    }
  }
  package struct Target: Equatable, Sendable {
    package let names: [String]
    /// The names of the classes, in the order of their numbers; nil for values.
    package let classes: [CategoryName]?
    package init(names: [String], classes: [CategoryName]?) { (self.names, self.classes) = (names, classes) }
  }

  /// nil: the record says nothing of the features, which come as numbers in the network's own order.
  package let inputs: [Input]?
  package let target: Target?
  /// Columns that a table may have and that nobody reads.
  package let ignored: [String]

  /// The column of the samples' weights, which is no feature.
  package let weight: String?

  package init(inputs: [Input]?, target: Target?, ignored: [String] = [], weight: String? = nil) { (self.inputs, self.target, self.ignored, self.weight) = (inputs, target, ignored, weight) }

  /// Whether features and classes made by the two records mean the same. Targets may have other names.
  package func agrees(with other: ColumnRecord) -> Bool {
    (inputs == nil || other.inputs == nil || inputs == other.inputs) && (target == nil || other.target == nil || target?.classes == other.target?.classes)
  }

  /// The features of all columns together; nil if the record does not list them.
  package var features: Int? { inputs.map { $0.reduce(0) { $0 + $1.features } } }

  /// The columns that a table may have besides the inputs: targets, the weight, and those that nobody reads.
  package var others: [String] { (target?.names ?? []).filter { !$0.isEmpty } + ignored + (weight.map { [$0] } ?? []) }

  /// Says which column has two uses, and which; nil if none has. The targets count as columns of the same table.
  /// - Throws: the reason why the work must end.
  package func twofoldColumn() throws(Failure) -> String? {
    let uses = [
      ("an input", inputs?.map(\.name) ?? []), ("a target", (target?.names ?? []).filter { !$0.isEmpty }), ("the weight", weight.map { [$0] } ?? []), ("ignored", ignored),
    ]
    for (index, (use, names)) in uses.enumerated() {
      for (other, others) in uses[(index + 1)...] {
        if let name = try firstCommon(names, others) { return "the column '\(name.prefix(64))' is \(use) and \(other)" }
      }
    }
    return nil
  }

  package static let mostBytes = 1 << 20
  /// The most values of one category.
  package static let mostCategories = 65_536
}

extension ColumnRecord {
  package var json: JSON {
    var members: [(key: String, value: JSON)] = []
    if let inputs { members.append(("inputs", .array(inputs.map(\.json)))) }
    if let target {
      var own: [(key: String, value: JSON)] = [("names", .array(target.names.map { .text($0) }))]
      if let classes = target.classes { own.append(("classes", .array(classes.map(\.json)))) }
      members.append(("target", .object(own)))
    }
    if let weight { members.append(("weight", .text(weight))) }
    if !ignored.isEmpty { members.append(("ignored", .array(ignored.map { .text($0) }))) }
    return .object(members)
  }

  /// Reads and checks a record.
  /// - Parameter status: the status of failures: `invalidArgument` for a caller's text, `fileFormat` for that of a file.
  /// - Throws: that status, naming the column; `outOfRange` for a text of more than 1 MB.
  package init(_ text: String, status: Status = .invalidArgument) throws(Failure) {
    guard text.utf8.count <= Self.mostBytes else { throw Failure(.outOfRange, "the record of columns has \(text.utf8.count) bytes; at most \(Self.mostBytes) are taken") }
    func fail(_ what: String) -> Failure { Failure(status, "the record of columns: \(what)") }
    let json = try JSON.read(text, limit: Self.mostBytes, status: status, what: "the record of columns")
    guard let members = json.members else { throw fail("it is \(json.kindName); it must be an object") }
    if let (key, _) = members.first(where: { !["inputs", "target", "weight", "ignored"].contains($0.key) }) {
      throw fail("unknown member '\(key.prefix(64))'; its members are inputs, target, weight and ignored")
    }
    let ignored = json["ignored"] == nil ? [] : json["ignored"]?.elements?.map(\.text)
    guard let ignored, !ignored.contains(nil) else { throw fail("ignored must be a list of names of columns") }
    self.ignored = ignored.compactMap { $0 }
    weight = json["weight"]?.text
    guard json["weight"] == nil || weight != nil else { throw fail("weight must be the name of a column") }
    if let list = json["inputs"] {
      guard let elements = list.elements, !elements.isEmpty else { throw fail("inputs must be a list of one object for each column") }
      var made: [Input] = []
      for (index, element) in elements.enumerated() {
        do throws(Failure) { made.append(try Input(element)) } catch { throw error.status.rawValue > 0 ? error : fail("inputs[\(index)]: \(error.message)") }
      }
      if let twice = try firstRepeated(made.map(\.name)) { throw fail("two inputs are called '\(twice.prefix(64))'") }
      inputs = made
    } else {
      inputs = nil
    }
    // Targets may come in a table of their own, which may have the same names.
    if let twofold = try ColumnRecord(inputs: inputs, target: nil, ignored: self.ignored, weight: weight).twofoldColumn() { throw fail(twofold) }
    guard let own = json["target"] else {
      target = nil
      return
    }
    guard let names = own["names"]?.elements?.map(\.text), !names.isEmpty, !names.contains(nil) else { throw fail("target.names must be a list of names of columns") }
    if let (key, _) = own.members?.first(where: { !["names", "classes"].contains($0.key) }) { throw fail("unknown member '\(key.prefix(64))' of target") }
    var classes: [CategoryName]?
    if let list = own["classes"] {
      guard names.count == 1 else { throw fail("target.classes belong to one target; there are \(names.count)") }
      do throws(Failure) { classes = try categories(list) } catch { throw error.status.rawValue > 0 ? error : fail("target.classes: \(error.message)") }
      // C gets the names of classes as texts that end with a zero byte.
      if let name = classes?.first(where: { $0.text.utf8.contains(0) }) { throw fail("the class '\(name.text.prefix { $0 != "\0" }.prefix(64))…' has a zero byte") }
    }
    let targets = names.compactMap { $0 }
    // The targets of a matrix have no names.
    if let twice = try firstRepeated(targets.filter { !$0.isEmpty }) { throw fail("two targets are called '\(twice.prefix(64))'") }
    if let name = targets.first(where: { $0.utf8.contains(0) }) { throw fail("the name of the target '\(name.prefix { $0 != "\0" }.prefix(64))…' has a zero byte") }
    target = Target(names: targets, classes: classes)
  }
}

extension ColumnRecord.Input {
  fileprivate var json: JSON {
    var members: [(key: String, value: JSON)] = [("name", .text(name))]
    if case .category(let names, let unseen) = kind {
      members.append(("categories", .array(names.map(\.json))))
      members.append(("unseen", .text(unseen.rawValue)))
    }
    switch missing {
    case .error: members.append(("missing", .text("error")))
    case .mean(let mean): members += [("missing", .text("mean")), ("mean", .real(mean))]
    case .meanAndIndicator(let mean): members += [("missing", .text("mean_and_indicator")), ("mean", .real(mean))]
    }
    return .object(members)
  }

  fileprivate init(_ json: JSON) throws(Failure) {
    guard let members = json.members, let name = json["name"]?.text else { throw Failure(.invalidArgument, "it must be an object with a name") }
    if let (key, _) = members.first(where: { !["name", "categories", "unseen", "missing", "mean"].contains($0.key) }) {
      throw Failure(.invalidArgument, "unknown member '\(key.prefix(64))'; its members are name, categories, unseen, missing and mean")
    }
    guard !name.utf8.contains(0) else { throw Failure(.invalidArgument, "the name '\(name.prefix { $0 != "\0" }.prefix(64))…' has a zero byte") }
    self.name = name
    if let list = json["categories"] {
      let unseen = json["unseen"] == nil ? .error : json["unseen"]?.text.flatMap(ColumnRecord.Unseen.init(rawValue:))
      guard let unseen else { throw Failure(.invalidArgument, "unseen must be error or zeros") }
      kind = .category(try categories(list), unseen)
    } else {
      kind = .number
    }
    let missing = json["missing"] == nil ? "error" : json["missing"]?.text
    let mean = json["mean"] == nil ? 0 : json["mean"]?.real
    guard let mean else { throw Failure(.invalidArgument, "mean must be a number") }
    // Zeros stand for a missing category, so that its mean says nothing.
    guard json["mean"] != nil || kind != .number || missing != "mean" && missing != "mean_and_indicator" else {
      throw Failure(.invalidArgument, "missing is '\(missing ?? "")' but there is no mean; give the mean of the training data, or set missing to error")
    }
    switch missing {
    case "error": self.missing = .error
    case "mean": self.missing = .mean(mean)
    case "mean_and_indicator": self.missing = .meanAndIndicator(mean)
    default: throw Failure(.invalidArgument, "missing must be error, mean or mean_and_indicator")
    }
  }
}

/// The values of a category as JSON lists them.
/// - Throws: `invalidArgument`; the reason why the work must end.
package func categories(_ list: JSON) throws(Failure) -> [CategoryName] {
  guard let elements = list.elements, 1...ColumnRecord.mostCategories ~= elements.count else {
    throw Failure(.invalidArgument, "categories must be a list of 1 … \(ColumnRecord.mostCategories) texts, integers or booleans")
  }
  var names: [CategoryName] = []
  names.reserveCapacity(elements.count)
  var (seen, work) = (Set<CategoryName>(minimumCapacity: elements.count), WatchedWork())
  for element in elements {
    guard let name = CategoryName(element) else { throw Failure(.invalidArgument, "a category is \(element.kindName); it must be a text, an integer, or true or false") }
    if case .text(let text) = name { try work.spend(text.utf8.count + 64) } else { try work.spend(64) }
    guard seen.insert(name).inserted else { throw Failure(.invalidArgument, "the category '\(name.text.prefix(64))' occurs twice") }
    names.append(name)
  }
  return names
}

/// The first text that occurs for a second time.
/// - Throws: the reason why the work must end.
package func firstRepeated(_ texts: [String]) throws(Failure) -> String? {
  // Room for all: a set that grows moves all its texts at once.
  var (seen, work) = (Set<String>(minimumCapacity: texts.count), WatchedWork())
  for text in texts {
    try work.spend(text.utf8.count + 64)
    if !seen.insert(text).inserted { return text }
  }
  return nil
}

/// The first text of a list that another list has, too.
/// - Throws: the reason why the work must end.
package func firstCommon(_ texts: [String], _ others: [String]) throws(Failure) -> String? {
  guard !others.isEmpty else { return nil }
  let known = Set(others)
  var work = WatchedWork()
  for text in texts {
    try work.spend(text.utf8.count + 64)
    if known.contains(text) { return text }
  }
  return nil
}

/// The value of an option, in one of the types of the C interface.
package enum OptionValue: Equatable, Sendable {
  case integer(Int64)
  case real(Double)
  case text(String)
  case flag(Bool)
  /// An array, an object or null of a JSON text. An option that takes a list of numbers keeps an array of them as a text; every other option refuses it.
  case structure(JSON)
}

/// The kind of an option with its bounds. A value outside of them is an error and is never clamped.
package enum OptionKind: Sendable {
  case integer(ClosedRange<Int64>)
  /// Bounds are inclusive unless `open` says that the lower bound itself is excluded.
  case real(ClosedRange<Double>, openBelow: Bool = false)
  case choice([String])
  /// True or false; the integers 1 and 0 and the texts "true" and "false" say the same.
  case flag
  case text
  /// A list of finite numbers, as a text with commas between them; empty for none.
  case reals
}

/// One option: everything that C introspection, Python signatures and the documentation's tables are made from.
package struct OptionDescription: Sendable {
  package let key: String
  package let kind: OptionKind
  package let standard: OptionValue
  /// Unit or meaning of the number ("epochs", "ms", "1"); empty for text.
  package let unit: String
  package let help: String
  /// Whether it has to be set: its default is then only what stands in its place before.
  package let isRequired: Bool
  /// Whether it is chosen to suit the network and the data unless it is set: `standard` then holds until the choice is made, and wherever none is made.
  package let isAutomatic: Bool
  /// Whether it cannot change once the work that it belongs to has begun; the help says so.
  package let isFixed: Bool
  package init(
    _ key: String, _ kind: OptionKind, default standard: OptionValue, unit: String = "", required: Bool = false, automatic: Bool = false, fixed: Bool = false, _ help: String
  ) {
    self.key = key
    isRequired = required
    isFixed = fixed
    isAutomatic = automatic
    self.kind = kind
    self.standard = standard
    self.unit = unit
    self.help = fixed ? "\(help); fixed once training has begun" : help
  }
}

/// The values of one scope's options: defaults until set, checked when set; a failed set changes nothing. Between the two are values that were chosen for automatic options, which count until one is set.
package struct OptionValues: Sendable {
  package let scope: String
  package let descriptions: [OptionDescription]
  private var values: [String: OptionValue] = [:]
  private var chosen: [String: OptionValue] = [:]

  package init(scope: String, _ descriptions: [OptionDescription]) {
    self.scope = scope
    self.descriptions = descriptions
  }

  package func description(of key: String) throws(Failure) -> OptionDescription {
    guard let found = descriptions.first(where: { $0.key == key }) else {
      throw unknownName(key, what: "\(scope) option", allowed: descriptions.map(\.key))
    }
    return found
  }

  /// Sets a value. An integer is accepted where a real is asked for.
  package mutating func set(_ key: String, _ value: OptionValue) throws(Failure) {
    let option = try description(of: key)
    values[key] = try option.checked(value)
  }

  /// Sets a value; null leaves an automatic option open.
  package mutating func setOrOpen(_ key: String, _ value: OptionValue) throws(Failure) {
    guard case .structure(.null) = value, try description(of: key).isAutomatic else { return try set(key, value) }
    reset(key)
  }

  /// Chooses a value for an automatic option: it counts wherever none is set.
  package mutating func choose(_ key: String, _ value: OptionValue) throws(Failure) {
    let option = try description(of: key)
    guard option.isAutomatic else { throw Failure(.internal, "option \(key) is not automatic") }
    chosen[key] = try option.checked(value)
  }

  /// Whether an automatic option has neither been set nor chosen yet.
  package func isOpen(_ key: String) -> Bool { values[key] == nil && chosen[key] == nil && descriptions.contains { $0.key == key && $0.isAutomatic } }

  /// Gives an option its default again.
  package mutating func reset(_ key: String) { values[key] = nil }

  package func value(_ key: String) throws(Failure) -> OptionValue {
    if let value = values[key] ?? chosen[key] { return value }
    return try description(of: key).standard
  }
  package func isSet(_ key: String) -> Bool { values[key] != nil }

  package func integer(_ key: String) throws(Failure) -> Int {
    if case .integer(let value) = try value(key) { return Int(value) }
    throw Failure(.internal, "option \(key) is not an integer")
  }
  package func real(_ key: String) throws(Failure) -> Double {
    switch try value(key) {
    case .real(let value): return value
    case .integer(let value): return Double(value)
    case .text, .flag, .structure: throw Failure(.internal, "option \(key) is not a number")
    }
  }
  package func flag(_ key: String) throws(Failure) -> Bool {
    if case .flag(let value) = try value(key) { return value }
    throw Failure(.internal, "option \(key) is not true or false")
  }
  package func text(_ key: String) throws(Failure) -> String {
    if case .text(let value) = try value(key) { return value }
    throw Failure(.internal, "option \(key) is not a text")
  }
  package func reals(_ key: String) throws(Failure) -> [Double] { try parseReals(try text(key), key: key) }
}

extension OptionDescription {
  /// The value as stored, or the failure that names the option, what was given and what is allowed.
  package func checked(_ value: OptionValue) throws(Failure) -> OptionValue {
    switch (kind, value) {
    case (.integer(let bounds), .integer(let given)):
      guard bounds.contains(given) else { throw Failure(.outOfRange, "\(key) is \(given); it must be \(kind.allowed)") }
      return value
    case (.real, .integer(let given)): return try checked(.real(Double(given)))
    case (.real(let bounds, let openBelow), .real(let given)):
      guard bounds.contains(given), !(openBelow && given == bounds.lowerBound) else {
        throw Failure(.outOfRange, "\(key) is \(given); it must be \(kind.allowed)")
      }
      return value
    case (.choice(let names), .text(let given)):
      guard names.contains(given) else { throw unknownName(given, what: "value of \(key)", allowed: names) }
      return value
    case (.flag, .flag): return value
    case (.flag, .integer(let given)):
      guard given == 0 || given == 1 else { throw Failure(.outOfRange, "\(key) is \(given); it must be \(kind.allowed)") }
      return .flag(given == 1)
    case (.flag, .text(let given)):
      guard given == "true" || given == "false" else { throw Failure(.outOfRange, "\(key) is \(value.shown); it must be \(kind.allowed)") }
      return .flag(given == "true")
    case (.text, .text): return value
    case (.reals, .text(let given)):
      _ = try parseReals(given, key: key)
      return value
    case (.reals, .structure(.array(let elements))): return try checked(.text(try listText(elements)))
    // One number is a list of one.
    case (.reals, .integer(let given)): return .text("\(given)")
    case (.reals, .real(let given)): return try checked(.text("\(given)"))
    default: throw Failure(.unsupportedType, "\(key) takes \(kind.typeName), \(kind.allowed); given: \(value.shown)")
    }
  }

  /// The numbers of a JSON array as a text with commas between them.
  private func listText(_ elements: [JSON]) throws(Failure) -> String {
    var numbers: [String] = []
    for (index, element) in elements.enumerated() {
      switch element {
      case .integer(let value): numbers.append("\(value)")
      case .real(let value): numbers.append("\(value)")
      default: throw Failure(.unsupportedType, "\(key) takes \(kind.typeName), \(kind.allowed); entry \(index) is \(OptionValue(element).shown)")
      }
    }
    return numbers.joined(separator: ",")
  }
}

extension OptionKind {
  package var typeName: String {
    switch self {
    case .integer: "an integer"
    case .real: "a real number"
    case .choice, .text: "a text"
    case .flag: "a truth value"
    case .reals: "a list of numbers"
    }
  }
  /// What is allowed, in words: "between 1 and 16", "> 0", "one of tanh, relu".
  package var allowed: String {
    switch self {
    case .integer(let bounds):
      bounds.upperBound == Int64.max ? ">= \(bounds.lowerBound)" : "between \(bounds.lowerBound) and \(bounds.upperBound)"
    case .real(let bounds, let openBelow):
      if bounds.upperBound == .greatestFiniteMagnitude || bounds.upperBound == .infinity {
        "finite and \(openBelow ? ">" : ">=") \(bounds.lowerBound)"
      } else {
        openBelow ? "> \(bounds.lowerBound) and <= \(bounds.upperBound)" : "between \(bounds.lowerBound) and \(bounds.upperBound)"
      }
    case .choice(let names): "one of \(names.joined(separator: ", "))"
    case .flag: "true or false (1 or 0)"
    case .text: "any text"
    case .reals: "finite numbers separated by commas"
    }
  }
}

extension OptionValue {
  package var typeName: String {
    switch self {
    case .integer: "an integer"
    case .real: "a real number"
    case .text: "a text"
    case .flag: "a truth value"
    case .structure(let value): value.kindName
    }
  }
  package var shown: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let value): "'\(value.prefix(64))'"
    case .flag(let value): "\(value)"
    case .structure(.null): "null"
    case .structure(let value): "the \(value.elements == nil ? "object" : "list") \(value.beginning)"
    }
  }

  /// A value of a JSON text.
  package init(_ json: JSON) {
    switch json {
    case .integer(let value): self = .integer(value)
    case .real(let value): self = .real(value)
    case .text(let value): self = .text(value)
    case .bool(let value): self = .flag(value)
    case .null, .array, .object: self = .structure(json)
    }
  }

  package var json: JSON {
    switch self {
    case .integer(let value): .integer(value)
    case .real(let value): .real(value)
    case .text(let value): .text(value)
    case .flag(let value): .bool(value)
    case .structure(let value): value
    }
  }
}

/// The options of several lists, each key once, in the order in which the keys first occur.
package func distinctOptions(_ lists: [[OptionDescription]]) -> [OptionDescription] {
  lists.joined().reduce(into: []) { options, option in
    if !options.contains(where: { $0.key == option.key }) { options.append(option) }
  }
}

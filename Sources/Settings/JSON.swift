/// A JSON value (RFC 8259): network specifications, option batches and the headers of model files.
///
/// Integers that fit Int64 stay integers; every other number is the Double nearest to what was written. Objects keep the order of their members.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  /// How deep arrays and objects may be nested for reader and writer. Recursion to this depth stays far from the end of any thread's stack.
  package static let maximumDepth = 64
}

extension JSON {
  /// The member of an object, nil when there is none or when this is no object. Cost: linear in the number of members.
  package subscript(key: String) -> JSON? { members?.first { $0.key == key }?.value }

  package var members: [(key: String, value: JSON)]? {
    if case .object(let members) = self { members } else { nil }
  }
  package var elements: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }
  package var text: String? {
    if case .text(let text) = self { text } else { nil }
  }
  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }
  package var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }
  /// The number as a Double; an integer is accepted too, rounded to nearest past 2⁵³.
  package var real: Double? {
    switch self {
    case .real(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  /// The first 64 characters of the value as it is written, for messages.
  package var beginning: String {
    do throws(Failure) {
      let text = try written()
      return text.count > 64 ? "\(text.prefix(64))…" : text
    } catch {
      return kindName
    }
  }

  /// What kind of value this is, for messages ("layers must be an integer, not a text").
  package var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .integer: "an integer"
    case .real: "a real number"
    case .text: "a text"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSON: Equatable {
  /// Equal kinds and values; members of objects in the same order. Reals compare as IEEE numbers, so −0 equals 0.
  package static func == (a: JSON, b: JSON) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let x), .bool(let y)): x == y
    case (.integer(let x), .integer(let y)): x == y
    case (.real(let x), .real(let y)): x == y
    case (.text(let x), .text(let y)): x == y
    case (.array(let x), .array(let y)): x == y
    case (.object(let x), .object(let y)): x.elementsEqual(y) { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }
}

import LinearAlgebra
import Settings

/// The type of the cells of a table's column, as Arrow's format strings name it.
///
/// Source: Apache Arrow, "The Arrow C data interface", format strings.
package enum CellType: Equatable, Sendable {
  /// No value at all: every cell is missing.
  case null
  case bool
  case number(ElementType)
  case int16, uint16, uint32, uint64, float16
  /// Texts behind one another, between offsets of 4 or of 8 bytes.
  case text(wideOffsets: Bool)
  /// Views of 16 bytes, which hold short texts and point to long ones.
  case textView
  /// Cells that are not taken, with what to do about it. A table may have such columns as long as nobody reads them.
  case other(advice: String)

  /// The type of a format string.
  package init(format: String) {
    switch format {
    case "n": self = .null
    case "b": self = .bool
    case "c": self = .number(.int8)
    case "C": self = .number(.uint8)
    case "s": self = .int16
    case "S": self = .uint16
    case "i": self = .number(.int32)
    case "I": self = .uint32
    case "l": self = .number(.int64)
    case "L": self = .uint64
    case "e": self = .float16
    case "f": self = .number(.float32)
    case "g": self = .number(.float64)
    case "u": self = .text(wideOffsets: false)
    case "U": self = .text(wideOffsets: true)
    case "vu": self = .textView
    default: self = .other(advice: Self.refusal(of: format))
    }
  }

  private static func refusal(of format: String) -> String {
    let (what, advice): (String, String) =
      switch format.prefix(2) {
      case "td": ("dates", "make numbers of them, such as days since a chosen date")
      case "ts": ("timestamps", "make numbers of them, such as seconds since a chosen time")
      case "tt": ("times of day", "make numbers of them, such as seconds")
      case "tD", "ti": ("durations", "make numbers of them, such as seconds")
      case "+r": ("runs of equal values", "expand them first")
      case "+w", "+l", "+L", "+v": ("lists", "make one column of each element, or an array of numbers of all of them")
      case "+s": ("structs", "make one column of each field")
      case "+u", "+m": ("maps or unions", "make one column of each field")
      case "vz": ("bytes", "make texts or numbers of them")
      default:
        switch format.first {
        case "d": ("decimal numbers", "cast them to float64")
        case "z", "Z", "w": ("bytes", "make texts or numbers of them")
        default: ("cells of an unknown type", "cast them to numbers or texts")
        }
      }
    return "it holds \(what) (Arrow format '\(String(String.UnicodeScalarView(format.unicodeScalars.prefix(32))))'), which are not taken; \(advice)"
  }

  /// - Throws: `unsupportedType` for cells that are not taken, which says what to do with the column.
  func requireTaken() throws(Failure) {
    if case .other(let advice) = self { throw Failure(.unsupportedType, advice) }
  }

  package var isText: Bool {
    switch self {
    case .text, .textView: true
    default: false
    }
  }
  package var isFloatingPoint: Bool { self == .float16 || self == .number(.float32) || self == .number(.float64) }
  package var isInteger: Bool {
    switch self {
    case .number(let type): !type.isFloatingPoint
    case .int16, .uint16, .uint32, .uint64: true
    default: false
    }
  }
  /// Whether float32 holds every number of the type.
  var isHeldByFloat32: Bool {
    switch self {
    case .number(let type): type == .float32 || type.byteCount == 1
    case .null, .bool, .int16, .uint16, .float16: true
    default: false
    }
  }
  /// The bytes of a cell; nil for bits, texts and nothing.
  var cellBytes: Int? {
    switch self {
    case .number(let type): type.byteCount
    case .int16, .uint16, .float16: 2
    case .uint32: 4
    case .uint64: 8
    case .null, .bool, .text, .textView, .other: nil
    }
  }
  /// The buffers of Arrow's layout; a text view has further ones.
  package var buffers: Int {
    switch self {
    case .null, .other: 0
    case .text: 3
    case .textView: 3
    default: 2
    }
  }
  package var name: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .number(let type): type.name
    case .int16: "int16"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .float16: "float16"
    case .text, .textView: "text"
    case .other: "other"
    }
  }
}

extension JSON {
  /// What a byte of text may take while it is read, and as a value: a number of one digit and its comma, in an array that has just grown, are the most.
  package static let mostBytesPerByte = 32

  /// The most elements of an array, and the most members of an object: more than any text has that means something here. Larger ones could not be moved within the time that a call has to end.
  static let mostElements = 1 << 22
  static let mostMembers = 1 << 17

  /// Reads one JSON text, strictly: RFC 8259 with nothing added (no comments, trailing commas, byte order mark, NaN or lone surrogates).
  ///
  /// Source: RFC 8259 (Bray 2017). Numbers do not depend on the locale and are correctly rounded.
  /// - Parameters:
  ///   - bytes: UTF-8, any length up to `limit`; hostile input is an error and never a trap.
  ///   - limit: the most bytes that are accepted, given by the caller who knows what is reasonable.
  ///   - status: what a failure is reported as: `.invalidArgument` for text from a caller, `.fileFormat` for text from a file.
  ///   - what: the name of the text in messages.
  /// - Throws: the given status with line and column ("specification, line 2, column 7: expected ':' after a key"); lines and columns count
  ///   from 1, columns in characters (Unicode scalars). Names that occur twice in one object are refused; they are compared as
  ///   Swift strings, so canonically equivalent spellings are the same name.
  ///   The reason why the work must end.
  /// Cost: linear in the length; memory at most `mostBytesPerByte` bytes for each byte of text.
  package static func read(
    _ bytes: UnsafeRawBufferPointer, limit: Int, status: Status = .invalidArgument, what: String = "JSON"
  ) throws(Failure) -> JSON {
    guard bytes.count <= limit else { throw Failure(status, "\(what) has \(bytes.count) bytes; at most \(limit) are accepted") }
    var reader = JSONReader(bytes: bytes, status: status, what: what)
    return try reader.document()
  }

  /// Reads a text held as a String; see `read(_:limit:status:what:)` for bytes.
  package static func read(_ text: String, limit: Int, status: Status = .invalidArgument, what: String = "JSON") throws(Failure) -> JSON {
    let bytes = Array(text.utf8)
    let result: Result<JSON, Failure> = bytes.withUnsafeBytes { memory in
      do throws(Failure) {
        return .success(try read(memory, limit: limit, status: status, what: what))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// Recursive descent over the bytes. `position` never passes `bytes.count`; every access asks `peek` first.
private struct JSONReader {
  let bytes: UnsafeRawBufferPointer
  let status: Status
  let what: String
  var position = 0
  /// Where the watch is asked next.
  private var nextQuestion = 0
  private static let bytesBetweenQuestions = 1 << 14

  init(bytes: UnsafeRawBufferPointer, status: Status, what: String) {
    self.bytes = bytes
    self.status = status
    self.what = what
  }

  mutating func document() throws(Failure) -> JSON {
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw failure("expected the end of the text, found \(found)") }
    return value
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  /// Asks the watch now and then: a byte takes up to 0.1 µs.
  @inline(__always) private mutating func heedWatch() throws(Failure) {
    guard position >= nextQuestion else { return }
    nextQuestion = position + Self.bytesBetweenQuestions
    try Watch.check()
  }

  private mutating func value(depth: Int) throws(Failure) -> JSON {
    try heedWatch()
    switch peek() {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
    default: throw failure("expected a value, found \(found)")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(Failure) -> JSON {
    for offset in 0..<word.utf8CodeUnitCount where position + offset >= bytes.count || bytes[position + offset] != word.utf8Start[offset] {
      throw failure("expected \(word)")
    }
    position += word.utf8CodeUnitCount
    return value
  }

  private mutating func array(depth: Int) throws(Failure) -> JSON {
    try enter(depth)
    var elements: [JSON] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or ']' in an array, found \(found)") }
      guard elements.count < JSON.mostElements else { throw failure("more than \(JSON.mostElements) elements in one array") }
      skipSpace()
    }
  }

  private mutating func object(depth: Int) throws(Failure) -> JSON {
    try enter(depth)
    var members: [(key: String, value: JSON)] = []
    var keys: Set<String> = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw failure("expected a key in quotes, found \(found)") }
      let start = position
      let key = try string()
      guard keys.insert(key).inserted else {
        position = start
        throw failure("the key \"\(String(String.UnicodeScalarView(key.unicodeScalars.prefix(64))))\" occurs twice in one object")
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("expected ':' after a key, found \(found)") }
      skipSpace()
      members.append((key, try value(depth: depth + 1)))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or '}' in an object, found \(found)") }
      guard members.count < JSON.mostMembers else { throw failure("more than \(JSON.mostMembers) members in one object") }
      skipSpace()
    }
  }

  private mutating func enter(_ depth: Int) throws(Failure) {
    guard depth < JSON.maximumDepth else { throw failure("more than \(JSON.maximumDepth) arrays and objects inside one another") }
    position += 1
    skipSpace()
  }

  // MARK: Numbers

  private mutating func number() throws(Failure) -> JSON {
    let start = position
    let negative = take(UInt8(ascii: "-"))
    let whole = position
    guard digits() else { throw failure("expected a digit, found \(found)") }
    guard position - whole == 1 || bytes[whole] != UInt8(ascii: "0") else {
      position = whole
      throw failure("a number starts with 0 only when that is its whole part")
    }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard digits() else { throw failure("expected a digit after the decimal point, found \(found)") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() else { throw failure("expected a digit in the exponent, found \(found)") }
    }
    // A number of many digits takes time in proportion to their number; no number needs so many.
    guard position - start <= 4096 else {
      position = start
      throw failure("a number of more than 4096 characters")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // −0 keeps its sign as a real number.
    if isInteger, let value = Int64(text), !(negative && value == 0) { return .integer(value) }
    // The standard library parses in the C locale, correctly rounded.
    guard let value = Double(text), value.isFinite else {
      position = start
      throw failure("the number \(text.prefix(32)) is too large for a 64-bit real number")
    }
    return .real(value)
  }

  private mutating func digits() -> Bool {
    let start = position
    while let byte = peek(), isDigit(byte) { position += 1 }
    return position > start
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  // MARK: Strings

  private mutating func string() throws(Failure) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      try heedWatch()
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          position = start
          throw failure("this string is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw failure("a control character inside a string; write \\u00\(hex(byte))")
      default:
        content.append(byte)
        position += 1
      }
    }
    position = start
    throw failure("this string has no end")
  }

  private mutating func escape(into content: inout [UInt8]) throws(Failure) {
    let start = position
    position += 1
    let kind = peek()
    position = min(position + 1, bytes.count)
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(kind ?? 0)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if code >> 10 == 0xD800 >> 10, peek() == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") {
        position += 2
        let low = try hexadecimal()
        // A high surrogate that no low one follows stays as it is and is refused below.
        if low >> 10 == 0xDC00 >> 10 { code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF) }
      }
      guard let scalar = Unicode.Scalar(code) else {
        position = start
        throw failure("\\u\(String(code, radix: 16)) is half of a surrogate pair")
      }
      content.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    default:
      position = start
      throw failure("unknown escape in a string; allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw failure("expected four hexadecimal digits after \\u, found \(found)")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  // MARK: Messages

  private func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

  private var found: String {
    switch peek() {
    case nil: "the end of the text"
    case .some(let byte) where byte > 0x20 && byte < 0x7F: "'\(Character(Unicode.Scalar(byte)))'"
    case .some(0x20): "a space"
    case .some(0x0A), .some(0x0D): "a line break"
    case .some(let byte): "the byte 0x\(hex(byte))"
    }
  }

  /// The failure at `position`. Line and column are counted only now, so that reading does not pay for them.
  private func failure(_ problem: String) -> Failure {
    var line = 1
    var column = 1
    for start in stride(from: 0, to: position, by: Watch.pieceLength) {
      if Watch.current.isOver, let reason = Watch.current.failure { return reason }
      for byte in bytes[start..<min(start + Watch.pieceLength, position)] {
        if byte == 0x0A {
          line += 1
          column = 1
        } else if byte & 0xC0 != 0x80 {
          column += 1
        }
      }
    }
    return Failure(status, "\(what), line \(line), column \(column): \(problem)")
  }
}

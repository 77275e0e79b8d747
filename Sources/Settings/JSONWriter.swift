extension JSON {
  /// Writes the value: the same value gives the same text everywhere, and reading it gives the value back, bit for bit.
  ///
  /// Reals are written as the shortest decimal that reads back as the same Double, with a point or an exponent so that they stay reals.
  /// - Parameter indented: false writes no white space; true writes one member or element a line, indented by two spaces.
  /// - Throws: `.notFinite` for NaN or infinity, which JSON cannot hold; `.outOfRange` for more than `maximumDepth` levels; the reason why the work must end.
  /// Cost: linear in the size of the value.
  package func written(indented: Bool = false) throws(Failure) -> String {
    var output = ""
    try write(into: &output, depth: 0, indented: indented)
    return output
  }

  private func write(into output: inout String, depth: Int, indented: Bool) throws(Failure) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += String(value)
    case .real(let value):
      guard value.isFinite else { throw Failure(.notFinite, "JSON holds finite numbers only; given: \(value)") }
      output += value.description
    case .text(let text): JSON.quote(text, into: &output)
    case .array(let elements):
      try JSON.enclose("[", "]", elements.count, into: &output, depth: depth, indented: indented) { (index, output) throws(Failure) in
        try elements[index].write(into: &output, depth: depth + 1, indented: indented)
      }
    case .object(let members):
      try JSON.enclose("{", "}", members.count, into: &output, depth: depth, indented: indented) { (index, output) throws(Failure) in
        JSON.quote(members[index].key, into: &output)
        output += indented ? ": " : ":"
        try members[index].value.write(into: &output, depth: depth + 1, indented: indented)
      }
    }
  }

  private static func enclose(
    _ opening: String, _ closing: String, _ count: Int, into output: inout String, depth: Int, indented: Bool,
    _ item: (_ index: Int, _ output: inout String) throws(Failure) -> Void
  ) throws(Failure) {
    guard depth < maximumDepth else {
      throw Failure(.outOfRange, "more than \(maximumDepth) JSON arrays and objects inside one another")
    }
    func newLine(_ depth: Int) {
      guard indented, count > 0 else { return }
      output += "\n" + String(repeating: "  ", count: depth)
    }
    output += opening
    for index in 0..<count {
      if index % 1024 == 0 { try Watch.check() }
      if index > 0 { output += "," }
      newLine(depth + 1)
      try item(index, &output)
    }
    newLine(depth)
    output += closing
  }

  /// Quotes a text: what JSON demands is escaped (quote, backslash, control characters), everything else is written as it is.
  private static func quote(_ text: String, into output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{8}": output += "\\b"
      case "\u{C}": output += "\\f"
      case "\u{0}"..<"\u{20}": output += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}

/// Swift source without comments, regular expressions and the texts of string literals, so that a search finds only code. Interpolated code stays,
/// and lines keep their numbers.
func codeOnly(_ source: String) -> String {
  var scanner = CodeScanner(source)
  scanner.scanCode(until: nil)
  return String(scanner.result)
}

private struct CodeScanner {
  let characters: [Character]
  var index = 0
  var result: [Character] = []

  init(_ source: String) { characters = Array(source) }

  func starts(_ text: String) -> Bool {
    index + text.count <= characters.count && characters[index..<index + text.count].elementsEqual(text)
  }

  /// Code up to the end, or up to the parenthesis that closes an interpolation.
  mutating func scanCode(until close: Character?) {
    var depth = 0
    while index < characters.count {
      let character = characters[index]
      if starts("//") {
        while index < characters.count, !characters[index].isNewline { index += 1 }
      } else if starts("/*") {
        skipBlockComment()
      } else if character == "\"" || (character == "#" && opensRawString()) {
        scanString()
      } else if starts("#/") {
        while index < characters.count, !starts("/#") { index += 1 }
        index += 2
      } else {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        if depth < 0, close != nil { return }
        result.append(character)
        index += 1
      }
    }
  }

  func opensRawString() -> Bool {
    var next = index
    while next < characters.count, characters[next] == "#" { next += 1 }
    return next < characters.count && characters[next] == "\""
  }

  mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        index += 2
      } else if starts("*/") {
        depth -= 1
        index += 2
      } else {
        if characters[index].isNewline { result.append("\n") }
        index += 1
      }
    } while depth > 0 && index < characters.count
  }

  /// Scans one literal (plain, raw or multi-line) and keeps a quotation mark, the newlines and the interpolated code.
  mutating func scanString() {
    var pounds = ""
    while characters[index] == "#" {
      pounds += "#"
      index += 1
    }
    let quote = starts("\"\"\"") ? "\"\"\"" : "\""
    let (close, escape) = (quote + pounds, "\\" + pounds)
    index += quote.count
    result.append("\"")
    while index < characters.count, !starts(close) {
      if starts(escape + "(") {
        index += escape.count + 1
        result.append("(")
        scanCode(until: ")")
        result.append(")")
        index += 1
      } else if starts(escape) {
        index += escape.count + 1
      } else {
        if characters[index].isNewline { result.append("\n") }
        index += 1
      }
    }
    index += close.count
    result.append("\"")
  }
}

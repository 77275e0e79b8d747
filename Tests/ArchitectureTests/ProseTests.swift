import Testing

/// Comments, pages and messages use the field's words, which a reader understands at once.
struct ProseTests {
  /// Phrases that readers had to guess at, each with what to write instead.
  static let phrases = [
    ("in parts of", "relative to"),
    ("states' way", "trajectory"),
    ("goes with any", "works with every"),
    ("what makes none", "say what is refused, and why"),
    ("needs no asking", "say who need not ask what"),
    ("nobody asked", "not requested"),
  ]

  @Test(arguments: phrases) func phrasesAreThoseOfTheField(_ phrase: String, _ instead: String) throws {
    let folders = ["Sources", "include", "bindings/python/stableode", "examples"]
    let paths = try folders.flatMap { try Repository.files(under: $0, endings: ["swift", "c", "h", "py", "md"]) } + ["README.md"]
    #expect(paths.count > 300)
    for path in paths {
      for (number, line) in try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        #expect(!line.contains(phrase), "\(path):\(number + 1) says \"\(phrase)\"; say instead: \(instead)")
      }
    }
  }
}

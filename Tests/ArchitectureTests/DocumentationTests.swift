import Foundation
import Testing

/// The README is correct: its programs are the examples, which the tests run, and its commands are targets of the Makefile.
struct DocumentationTests {
  /// (language, text) of each fenced block.
  static func blocks(_ text: String) -> [(language: String, text: String)] {
    var result: [(String, String)] = []
    var open: (language: String, lines: [Substring])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let block = open {
          result.append((block.language, block.lines.joined(separator: "\n")))
          open = nil
        } else {
          open = (line.dropFirst(3).trimmingCharacters(in: .whitespaces), [])
        }
      } else {
        open?.lines.append(line)
      }
    }
    return result
  }

  static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .newlines) }

  @Test func programsOfTheReadmeAreExamples() throws {
    let examples = try Repository.files(under: "examples", endings: ["c", "py"]).map { Self.trimmed(try Repository.text($0)) }
    let programs = Self.blocks(try Repository.text("README.md")).filter { ["c", "python"].contains($0.language) }
    #expect(Set(programs.map(\.language)) == ["c", "python"], "the README shows both languages")
    for program in programs {
      #expect(examples.contains(Self.trimmed(program.text)), "no file under examples/ is \(program.text.prefix(80))…")
    }
  }

  @Test func commandsOfTheReadmeExist() throws {
    let makefile = try Repository.text("Makefile")
    let shell = Self.blocks(try Repository.text("README.md")).filter { ["sh", "shell", "bash"].contains($0.language) }
    #expect(!shell.isEmpty)
    for line in shell.flatMap({ $0.text.split(separator: "\n") }) {
      guard let match = try Regex(#"\bmake ([a-z]+)"#).firstMatch(in: line), let target = match[1].substring else { continue }
      #expect(makefile.contains("\n\(target):"), "make \(target)")
    }
  }

  @Test func linksOfTheReadmeLeadSomewhere() throws {
    for match in try Repository.text("README.md").matches(of: Regex(#"\]\(([^)#:]+)(?:#[^)]*)?\)"#)) {
      guard let path = match[1].substring else { continue }
      #expect(FileManager.default.fileExists(atPath: Repository.root.appendingPathComponent(String(path)).path), "\(path)")
    }
  }

  @Test func theMapNamesEveryModule() throws {
    let map = try Repository.text("Sources/README.md")
    let modules = try Repository.names(in: "Sources").filter { !$0.hasSuffix(".md") }
    // KernelsV1/ V3/ V4/ are one source and share a line.
    let missing = modules.filter { !map.contains($0) && !(($0 == "KernelsV3" || $0 == "KernelsV4") && map.contains("KernelsV1")) }
    #expect(missing == [])
  }
}

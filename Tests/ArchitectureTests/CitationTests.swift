import Foundation
import Integrators
import Testing
import VectorFields

/// Everything that comments refer to exists: sections of Sources/Theory.md, sources by their bracketed names, pages of the guides, sections of the header.
struct CitationTests {
  static let theory = "Sources/Theory.md"

  /// Every file that may cite, except Theory.md and this file.
  static func citing() throws -> [String] {
    try ["Sources", "Tests", "include", "bindings", "examples"].flatMap { try Repository.files(under: $0, endings: ["swift", "md", "c", "h", "py"]) }
      .filter { $0 != theory && $0 != "Tests/ArchitectureTests/CitationTests.swift" }
  }

  /// "path:line" and the line, for each line of a file.
  static func lines(_ path: String) throws -> [(place: String, text: Substring)] {
    try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ("\(path):\($0.offset + 1)", $0.element) }
  }

  /// The numbers of the sections of Theory.md, in order: "6", "6.1", …
  static func sections() throws -> [String] {
    try lines(theory).compactMap { line in try Regex(#"^##+ (\d+(?:\.\d+)?) "#).firstMatch(in: line.text).flatMap { $0[1].substring.map(String.init) } }
  }

  /// All matches of a pattern's first group.
  static func found(_ pattern: String, in text: some StringProtocol) throws -> [String] {
    String(text).matches(of: try Regex(pattern)).compactMap { $0[1].substring.map(String.init) }
  }

  /// Section numbers increase without gaps, so that no insertion gives a cited number to another section.
  @Test func sectionsOfTheTheoryAreNumberedInOrder() throws {
    let numbers = try Self.sections().map { $0.split(separator: ".").compactMap { Int($0) } }
    #expect(numbers.first == [1])
    for (before, here) in zip(numbers, numbers.dropFirst()) {
      let expected = [[before[0] + 1], [before[0], before.count > 1 ? before[1] + 1 : 1]]
      #expect(expected.contains(here), "\(here) follows \(before)")
    }
  }

  @Test func everyCitationOfTheTheoryIsASection() throws {
    let sections = Set(try Self.sections())
    var citations = 0
    for path in try Self.citing() {
      for (place, text) in try Self.lines(path) where text.contains("Theory.md") && path != "Sources/README.md" {
        let cited = try Self.found(#"Theory\.md (§\d+(?:\.\d+)*(?:(?:, | and | to )§\d+(?:\.\d+)*)*)"#, in: text)
        #expect(cited.count == text.components(separatedBy: "Theory.md").count - 1, "\(place) cites Theory.md without a section")
        for number in try cited.flatMap({ try Self.found(#"§(\d+(?:\.\d+)*)"#, in: $0) }) {
          citations += 1
          #expect(sections.contains(number), "\(place) cites §\(number), which Theory.md does not have")
        }
      }
    }
    #expect(citations > 90)
    // Within the page: a section without a source before it is one of its own.
    for (place, text) in try Self.lines(Self.theory) {
      for number in try Self.found(#"(?:\(|in |of |: |and )§(\d+\.\d+)"#, in: text) { #expect(sections.contains(number), "\(place) cites §\(number)") }
    }
  }

  /// Comments do not cite notes outside the repository, which readers cannot look up.
  @Test func nothingCitesWhatIsNotHere() throws {
    let pattern = try Regex(#"(?i)\btheory,? §|\btheory\.md §|theory notes|\bissues? #?\d"#)
    for path in try Self.citing() {
      for (place, text) in try Self.lines(path) {
        #expect(!String(text).replacingOccurrences(of: "Theory.md §", with: "").contains(pattern), "\(place): \(text.trimmingCharacters(in: .whitespaces))")
      }
    }
  }

  /// A source by its bracketed name, [HR] or [GW], is in the table of Theory.md §1.2.
  @Test func bracketedSourcesAreInTheTable() throws {
    let known = Set(try Self.lines(Self.theory).flatMap { try Self.found(#"^\| \[([A-Z]+)\] \|"#, in: $0.text) })
    #expect(known.count >= 10)
    let paths = try Self.citing().filter { $0.hasSuffix(".swift") || $0.contains(".docc/") } + [Self.theory]
    for path in paths {
      for (place, text) in try Self.lines(path) where path.hasSuffix(".md") || text.contains("//") {
        let comment = path.hasSuffix(".md") ? String(text) : text.components(separatedBy: "//").dropFirst().joined()
        for name in try Self.found(#"(?:^|[^\w`"])\[([A-Z]{2,5})\](?=[ ,;:.'’)|]|$)"#, in: comment) { #expect(known.contains(name), "\(place) cites [\(name)]") }
      }
    }
  }

  /// Every field and every integrator has its equation in Theory.md, in the section whose heading names it.
  @Test func everyFieldAndIntegratorHasASection() throws {
    let headings = try Self.lines(Self.theory).filter { $0.text.hasPrefix("### ") }.map(\.text)
    for name in fields.names { #expect(headings.contains { $0.hasPrefix("### 2.") && $0.contains("`\(name)`") }, "field \(name)") }
    for name in integrators.names { #expect(headings.contains { $0.hasPrefix("### 3.") && $0.contains("`\(name)`") }, "integrator \(name)") }
  }

  /// Links between guide pages lead to pages, each page is linked from its catalog's first page, and other relative links lead to files.
  @Test func linksOfTheGuidesLeadSomewhere() throws {
    let pages = try Repository.files(under: "Sources", endings: ["md"]).filter { $0.contains(".docc/") }
    #expect(pages.count > 40)
    let known = Set(pages)
    for page in pages {
      let folder = page.split(separator: "/").dropLast().joined(separator: "/")
      let text = try Repository.text(page)
      for name in try Self.found(#"<doc:([^>]+)>"#, in: text) { #expect(known.contains("\(folder)/\(name).md"), "\(page) links to \(name)") }
      for link in try Self.found(#"\]\(([^)#: ]+)"#, in: text) where !link.hasPrefix("http") {
        let target = Repository.root.appendingPathComponent(folder).appendingPathComponent(link)
        #expect(FileManager.default.fileExists(atPath: target.standardizedFileURL.path), "\(page) links to \(link)")
      }
      let module = folder.split(separator: "/").last?.dropLast(5) ?? ""
      let catalog = "\(folder)/\(module).md"
      // A folder with a single page needs no page of links.
      guard page != catalog, pages.contains(where: { $0 != page && $0.hasPrefix(folder + "/") }), let name = page.split(separator: "/").last?.dropLast(3) else { continue }
      #expect(try Repository.text(catalog).contains("<doc:\(name)>"), "\(catalog) does not link to \(name)")
    }
  }

  /// The section of the header, by number, that declares each C function.
  static func headerSections() throws -> [String: Int] {
    var sections: [String: Int] = [:]
    for header in try Repository.files(under: "include", endings: ["h"]) {
      var section = 0
      for (_, text) in try lines(header) {
        if let number = try found(#"^/\* ---- (\d+) "#, in: text).first.flatMap({ Int($0) }) { section = number }
        for name in try found(#"\b(sode_\w+)\("#, in: text) where section > 0 && sections[name] == nil { sections[name] = section }
      }
    }
    return sections
  }

  /// "Section 7 of the header" stands in files whose entries that section declares.
  @Test func entriesNameTheirSectionOfTheHeader() throws {
    let sections = try Self.headerSections()
    #expect(sections.count > 80)
    var files = 0
    for path in try Repository.files(under: "Sources/StableODE") {
      let text = try Repository.text(path)
      let named = Set(try Self.found(#"(?m)^// Sections? ([\d, and]+) of the header"#, in: text).flatMap { try Self.found(#"(\d+)"#, in: $0) }.compactMap { Int($0) })
      let entries = try Self.found(#"@_cdecl\("(sode_\w+)"\) @implementation"#, in: text)
      guard !entries.isEmpty, !named.isEmpty else { continue }
      files += 1
      #expect(Set(entries.compactMap { sections[$0] }) == named, "\(path) names sections \(named.sorted())")
      for entry in entries where sections[entry] == nil { Issue.record("\(path): no numbered section of the header declares \(entry)") }
    }
    #expect(files > 10)
  }
}

import Foundation
import Testing

/// The checked-out tree that these tests were compiled from, read as text.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The text of a file, given by its path from the root.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Files below a folder with one of the endings, as sorted paths from the root. Symbolic links to folders (KernelsV3, KernelsV4) are not
  /// followed: each file once.
  static func files(under folder: String, endings: [String] = ["swift"]) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      .filter { path in endings.contains { path.hasSuffix("." + $0) } }
      .map { "\(folder)/\($0)" }
      .sorted()
  }

  /// The names in a folder, dot files left out.
  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The module that a path under Sources belongs to.
  static func module(of path: String) -> String {
    path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
  }
}

/// Expects that the pattern matches nowhere in the code of these files; each failure names path and line.
func expectNowhere(_ pattern: String, in paths: [String]) throws {
  let found = try matches(pattern, in: paths)
  #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
}

/// "path:line: text" for each line of code that matches the pattern.
func matches(_ pattern: String, in paths: [String]) throws -> [String] {
  let expression = try Regex(pattern)
  return try paths.flatMap { path in
    try codeOnly(Repository.text(path)).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .filter { $0.element.contains(expression) }
      .map { "\(path):\($0.offset + 1): \($0.element.trimmingCharacters(in: .whitespaces))" }
  }
}

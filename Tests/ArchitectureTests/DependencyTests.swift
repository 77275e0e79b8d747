import Foundation
import Testing

/// The package manifest describes the architecture, and imports follow it in one direction.
struct DependencyTests {
  /// Each target under Sources with its dependencies in the manifest.
  static func manifest() throws -> [String: [String]] { Dictionary(uniqueKeysWithValues: try targets().map { ($0.name, $0.uses) }) }

  /// The same in the order of the manifest, which goes from the lowest module up.
  static func targets() throws -> [(name: String, uses: [String])] {
    let text = try Repository.text("Package.swift")
    var targets: [(name: String, uses: [String])] = []
    for line in text.split(separator: "\n") where !line.contains("Tests/") {
      guard let match = try Regex(#"\.(?:target|executableTarget|systemLibrary)\(name: "(\w+)"(?:.*?dependencies: \[([^\]]*)\])?"#).firstMatch(in: line) else { continue }
      let name = String(match[1].substring ?? "")
      targets.append((name, (match[2].substring ?? "").split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"")) }))
    }
    return targets
  }

  static func imports(_ path: String) throws -> [String] {
    try codeOnly(Repository.text(path)).split(separator: "\n").compactMap { line in
      try Regex(#"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:\w+\s+)?import\s+(?:struct |enum |class |func )?(\w+)"#).firstMatch(in: line).flatMap { $0[1].substring.map(String.init) }
    }
  }

  @Test func everyFolderIsATarget() throws {
    #expect(Set(try Self.manifest().keys) == Set(try Repository.names(in: "Sources").filter { !$0.hasSuffix(".md") }))
  }

  /// A module uses only modules that the manifest lists before it.
  @Test func theManifestGoesFromTheGroundUp() throws {
    var before: Set<String> = []
    for (target, uses) in try Self.targets() {
      #expect(uses.filter { !before.contains($0) } == [], "\(target) stands before what it uses")
      before.insert(target)
    }
  }

  @Test func everyImportIsInTheManifest() throws {
    let targets = try Self.manifest()
    let system: Set = ["Glibc", "Swift", "Synchronization"]
    var wrong: [String] = []
    var seen = 0
    for path in try Repository.files(under: "Sources") {
      let module = Repository.module(of: path)
      for name in try Self.imports(path) {
        seen += 1
        if module == "Benchmarks", name == "Foundation" { continue }
        if !system.contains(name), !(targets[module] ?? []).contains(name) { wrong.append("\(path) imports \(name)") }
      }
    }
    #expect(seen > 0)
    #expect(wrong == [])
  }

  /// Foundation multiplies the library's size by nine; Dispatch starts threads that the host did not request.
  @Test func noFoundationOutsideBenchmarks() throws {
    let paths = try Repository.files(under: "Sources").filter { Repository.module(of: $0) != "Benchmarks" }
    try expectNowhere(#"import\s+(Foundation|FoundationEssentials|Dispatch)\b"#, in: paths)
  }

  @Test func openBLASStaysInLinearAlgebra() throws {
    for (target, dependencies) in try Self.manifest() where dependencies.contains("COpenBLAS") { #expect(target == "LinearAlgebra") }
    let paths = try Repository.files(under: "Sources").filter { Repository.module(of: $0) != "LinearAlgebra" }
    try expectNowhere(#"\bcblas_|\bimport\s+COpenBLAS\b"#, in: paths)
  }

  /// Swift 6.3 could reach `internal` names of a module with @testable: these tests see only what other modules see.
  @Test func noTestableImports() throws {
    try expectNowhere(#"@testable"#, in: Repository.files(under: "Tests") + Repository.files(under: "Sources"))
  }

  /// Tests the parsers in this file with every form of a manifest line and an import line.
  @Test func importLinesAreRead() throws {
    let targets = try Self.manifest()
    #expect(targets["LinearAlgebra"]?.contains("COpenBLAS") == true)
    #expect(targets["CKernels"] == [])
    #expect(try Self.imports("Tests/ArchitectureTests/DependencyTests.swift") == ["Foundation", "Testing"])
  }
}

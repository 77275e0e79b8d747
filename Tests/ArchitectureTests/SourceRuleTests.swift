import Foundation
import Testing

/// Rules that every source file keeps; the reasons are in Sources/README.md.
struct SourceRuleTests {
  static let library = Result { try Repository.files(under: "Sources").filter { Repository.module(of: $0) != "Benchmarks" } }

  /// Modules that pass Blocks on and never access their elements: their cost is in the calls, not in the elements.
  static let aboveTheKernelLine: Set = ["VectorFields", "Integrators", "Gradients", "Networks", "Stability", "Training"]

  @Test func noElementAccessAboveTheKernelLine() throws {
    let paths = try Self.library.get().filter { Self.aboveTheKernelLine.contains(Repository.module(of: $0)) }
    #expect(!paths.isEmpty)
    // Typed access to state or parameters in any form; integer indices (rows of a permutation, labels) may pass through to LinearAlgebra.
    try expectNowhere(#"Pointer<\s*(Float|Double|Scalar|Element|T)\b|BufferPointer<\s*(Float|Double)"#, in: paths)
    try expectNowhere(#"(assumingMemoryBound|bindMemory|withMemoryRebound)\(to:(?!\s*(Int32|Int64|UInt8))"#, in: paths)
    try expectNowhere(#"\.(load|loadUnaligned|storeBytes)\([^)]*\bas:"#, in: paths)
    try expectNowhere(#"\bSIMD\d+<"#, in: paths)
  }

  /// A trap ends the host's process: errors are values, and only `precondition` guards against our own mistakes.
  @Test func nothingTrapsOnPurpose() throws {
    let paths = try Self.library.get()
    try expectNowhere(#"\btry!|\bas!|\bfatalError\(|\bassertionFailure\(|\babort\("#, in: paths)
    try expectNowhere(#"[\w\)\]]!(?=[\s\.\)\],:\[]|$)"#, in: paths)
  }

  @Test func nothingPrints() throws {
    try expectNowhere(#"(^|[^\w.])(print|debugPrint|dump|puts|fputs|printf)\("#, in: Self.library.get())
  }

  /// Only the C interface uses `public`; modules share declarations with `package`.
  @Test func publicOnlyInTheProduct() throws {
    let paths = try Self.library.get().filter { Repository.module(of: $0) != "StableODE" }
    try expectNowhere(#"^\s*(@\w+\s+)*public\s"#, in: paths)
  }

  /// A type at the top of a file shares its name with another only if both are private to their files: a name that other files can use has one meaning.
  @Test func typesHaveNamesOfTheirOwn() throws {
    let declaration = try Regex(#"(?m)^((?:@\w+(?:\([^)]*\))? |\w+ )*)(?:class|struct|enum|protocol|actor) (\w+)"#)
    var places: [String: [(path: String, isPrivate: Bool)]] = [:]
    for path in try Self.library.get() {
      for match in try codeOnly(Repository.text(path)).matches(of: declaration) {
        let (modifiers, name) = (match[1].substring ?? "", String(match[2].substring ?? ""))
        places[name, default: []].append((path, modifiers.contains("private ")))
      }
    }
    #expect(places.count > 300)
    for (name, found) in places where found.count > 1 {
      #expect(found.allSatisfy { $0.isPrivate }, "\(name) is declared in \(found.map(\.path).joined(separator: " and "))")
    }
  }

  @Test func filesStayShort() throws {
    let folders = ["Sources", "Tests", "bindings", "examples", "include"]
    let paths = try folders.flatMap { try Repository.files(under: $0, endings: ["swift", "c", "h", "py"]) }
    #expect(paths.count > 10)
    let long = try paths.compactMap { path in
      let lines = try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false).count
      // The public header is one file by rule and carries its whole specification. Whoever checks a certificate needs one file.
      let most = ["include/stableode.h": 1200, "bindings/checker/check_certificate.py": 3500][path] ?? 600
      return lines > most ? "\(path): \(lines) lines" : nil
    }
    #expect(long == [])
  }

  @Test func noPathOfAMachine() throws {
    let folders = ["Sources", "Tests", "bindings", "examples", "include"]
    let paths = try folders.flatMap { try Repository.files(under: $0, endings: ["swift", "c", "h", "py", "md", "toml", "in"]) }
    let absolute = try Regex(#"(^|[^\w.~])/(home|root|work|Users)/\w"#)
    let wrong = try paths.filter { $0 != "Tests/ArchitectureTests/SourceRuleTests.swift" }.filter { try Repository.text($0).contains(absolute) }
    #expect(wrong == [])
  }
}

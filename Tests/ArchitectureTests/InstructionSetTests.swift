import Foundation
import Testing

/// Code built for AVX must be reached through the dispatch table alone.
struct InstructionSetTests {
  /// Where SwiftPM put this run's objects: beside the test program.
  static func objects(of module: String) throws -> [URL] {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
      let objects = folder.appendingPathComponent("\(module).build")
      if FileManager.default.fileExists(atPath: objects.path) {
        // Objects of sources that are gone stay in the folder; they are not linked.
        let sources = Set(try Repository.names(in: "Sources/\(module)").map { $0 + ".o" })
        return try FileManager.default.contentsOfDirectory(at: objects, includingPropertiesForKeys: nil).filter { sources.contains($0.lastPathComponent) }
      }
      folder.deleteLastPathComponent()
    }
    return []
  }

  static func symbols(of object: URL) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["nm", "--defined-only", object.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// A weak function in an AVX object is a standard-library generic that was specialized there; the linker keeps one copy of a weak symbol,
  /// and if it is that one, the baseline code calls it too: an illegal instruction on an older processor.
  @Test(arguments: ["KernelsV3", "KernelsV4"])
  func noWeakFunctions(module: String) throws {
    let objects = try Self.objects(of: module)
    #expect(!objects.isEmpty, "no object of \(module) beside \(CommandLine.arguments[0])")
    for object in objects {
      let rows = try Self.symbols(of: object)
      #expect(!rows.isEmpty)
      // W is a weak function, V a weak object (metadata and protocol witness data, which hold no instructions). A name that mangles the module is the module's own.
      #expect(rows.filter { $0.contains(" W ") && !$0.contains("\(module.utf8.count)\(module)") } == [], "\(object.lastPathComponent)")
    }
  }
}

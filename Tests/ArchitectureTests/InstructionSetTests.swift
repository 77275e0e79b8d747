import Foundation
import Testing

/// Code built for AVX must be reachable only through the dispatch table.
struct InstructionSetTests {
  /// The folder of the objects that SwiftPM built for this run, next to the test program.
  static func objects(of module: String) throws -> [URL] {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
      let objects = folder.appendingPathComponent("\(module).build")
      if FileManager.default.fileExists(atPath: objects.path) {
        // Objects of deleted sources remain in the folder, but are not linked.
        let sources = Set(try Repository.names(in: "Sources/\(module)").map { $0 + ".o" })
        return try FileManager.default.contentsOfDirectory(at: objects, includingPropertiesForKeys: nil).filter { sources.contains($0.lastPathComponent) }
      }
      folder.deleteLastPathComponent()
    }
    return []
  }

  static func output(of command: [String]) throws -> [Substring] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(command)")
    return String(decoding: output, as: UTF8.self).split(separator: "\n")
  }

  /// Weak functions of an object that are not the module's own (whose mangled names hold its name): one copy in the whole library serves all.
  static func sharedFunctions(of object: URL, module: String) throws -> Set<Substring> {
    let rows = try output(of: ["nm", "--defined-only", object.path])
    #expect(!rows.isEmpty)
    return Set(rows.filter { $0.contains(" W ") && !$0.contains("\(module.utf8.count)\(module)") }.compactMap { $0.split(separator: " ").last })
  }

  /// The instructions of one object's functions that only newer processors have: any of AVX's, and the bit manipulations of x86-64-v3.
  static func newerInstructions(of object: URL, in functions: Set<Substring>) throws -> [String] {
    let newer = try Regex(#"^\s*[0-9a-f]+:\s+(v[a-z]|k[a-z]+[bwdq]\b|andn|bextr|blsi|blsmsk|blsr|bzhi|lzcnt|movbe|mulx|pdep|pext|rorx|sarx|shlx|shrx|tzcnt)"#)
    var function: Substring = ""
    return try output(of: ["objdump", "-d", "--no-show-raw-insn", object.path]).compactMap { line in
      if line.hasSuffix(">:") { function = line.split(separator: "<").last?.dropLast(2) ?? "" }
      return functions.contains(function) && line.contains(newer) ? "\(object.lastPathComponent) \(function): \(line)" : nil
    }
  }

  /// A shared weak function in an AVX object is standard-library code that was specialized there; the linker keeps one copy, and if it is that
  /// one, the baseline code calls it too: an illegal instruction on an older processor. What Swift leaves there (accessors of witness tables)
  /// must hold instructions of every processor.
  @Test(arguments: ["KernelsV3", "KernelsV4"])
  func noSharedFunctionHoldsNewerInstructions(module: String) throws {
    let objects = try Self.objects(of: module)
    #expect(!objects.isEmpty, "no object of \(module) beside \(CommandLine.arguments[0])")
    var seen = false
    for object in objects {
      let found = try Self.newerInstructions(of: object, in: try Self.sharedFunctions(of: object, module: module))
      #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
      if !seen {
        // Checks the search itself: the module's own functions have many such instructions.
        let own = Set(try Self.output(of: ["nm", "--defined-only", object.path]).compactMap { $0.split(separator: " ").last })
        seen = try Self.newerInstructions(of: object, in: own).count > 10
      }
    }
    #expect(seen, "no AVX in \(module): is it compiled for its instruction set?")
  }
}

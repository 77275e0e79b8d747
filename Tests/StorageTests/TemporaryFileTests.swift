import Foundation
import Storage
import Testing

@Suite struct TemporaryFileTests {
  /// The next save removes every temporary file that a killed process left.
  @Test func nothingIsLeftBehindForEver() throws {
    let folder = NSTemporaryDirectory() + "killed-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Such a file remains if a process is killed between naming the file and renaming it, or on a file system without unnamed files.
    for index in 0..<3 { try Data("part".utf8).write(to: URL(fileURLWithPath: "\(folder)/.stableode-000000000000000\(index).tmp")) }
    removeAbandonedFiles(in: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    // A folder that cannot be listed is not changed.
    removeAbandonedFiles(in: folder + "/none")
  }

  /// Files of the caller's with similar names stay.
  @Test func onlyGeneratedNamesAreRemoved() throws {
    let folder = NSTemporaryDirectory() + "similar-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let kept = [
      ".stableode-.tmp", ".stableode-0123456789ABCDEF.tmp", ".stableode-0123456789abcde.tmp", ".stableode-0123456789abcdef.tmp.gz", ".stableode-0123456789abcdef0.tmp",
      ".stableode-0123456789abcdeg.tmp", ".stableode-mine.tmp",
    ]
    for name in kept + [".stableode-0123456789abcdef.tmp"] { try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    removeAbandonedFiles(in: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == kept.sorted())
  }

  /// Concurrent saves do not mistake each other's files for abandoned ones: all succeed, and nothing is left.
  @Test func savesAtTheSameTimeDoNotDisturbOneAnother() throws {
    let folder = NSTemporaryDirectory() + "together-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let failures = Failures()
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      for round in 0..<25 {
        do { try [UInt8](repeating: UInt8(worker), count: 1000).withUnsafeBytes { try writeAtomically($0, to: "\(folder)/m\(round % 2)") } } catch { failures.add("\(error)") }
      }
    }
    #expect(failures.all == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["m0", "m1"])
  }
}

private final class Failures: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var all: [String] = []
  func add(_ text: String) { lock.withLock { all.append(text) } }
}

import Foundation

/// A program that runs the same workloads with another library (peers/jax_scan.py) and answers each line of its standard input.
///
///     prepare W1 step   → ready DETAIL, or no REASON    compiles and checks; DETAIL is the loss, or the way that was fastest
///     group 0.2         → seconds a run, over at least 0.2 s
final class Peer {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  /// What the peer said of its last preparation.
  private(set) var detail = ""

  /// - Parameter command: program and arguments, separated by spaces; the precision is appended.
  init(_ command: String, _ precision: Workload.Precision) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command.split(separator: " ").map(String.init) + [precision.rawValue]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func ask(_ question: String) throws -> String {
    try input.fileHandleForWriting.write(contentsOf: Data((question + "\n").utf8))
    var answer = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
      if byte[byte.startIndex] == 10 { return String(decoding: answer, as: UTF8.self) }
      answer += byte
    }
    throw BenchmarkError("the peer ended while asked: \(question)")
  }

  /// Whether the peer runs this; if it does not, its reason is reported.
  func prepare(_ workload: String, _ what: String) throws -> Bool {
    let answer = try ask("prepare \(workload) \(what)")
    if answer.hasPrefix("ready") {
      detail = String(answer.dropFirst("ready ".count))
      return true
    }
    FileHandle.standardError.write(Data("peer: \(workload) \(what): \(answer)\n".utf8))
    return false
  }

  func group(_ seconds: Double) throws -> Double {
    let answer = try ask("group \(seconds)")
    guard let value = Double(answer) else { throw BenchmarkError("the peer said: \(answer)") }
    return value
  }
}

import Datasets
import Foundation
import LinearAlgebra
import Settings
import Testing

/// Two images of 2 × 3 pixels, as the MNIST page describes the format.
let sampleImages: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<12).map { UInt8($0 * 20) }
/// Their labels.
let sampleLabels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 7, 3]

/// A new file of these bytes; the caller removes it.
func file(_ bytes: [UInt8]) throws -> String {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("idx-\(UUID().uuidString)").path
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}
/// The failure of reading these bytes, without the file's name; nil if reading succeeds.
func refusal(_ bytes: [UInt8]) throws -> Failure? {
  let path = try file(bytes)
  defer { try? FileManager.default.removeItem(atPath: path) }
  do {
    _ = try readIDX(path)
    return nil
  } catch { return Failure(error.status, error.message.replacingOccurrences(of: "'\(path)'", with: "F")) }
}
/// The array in a file of these bytes.
func read(_ bytes: [UInt8]) throws -> IDXArray {
  let path = try file(bytes)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try readIDX(path)
}
/// The bytes, compressed by the gzip program.
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
  let path = try file(bytes)
  defer { try? FileManager.default.removeItem(atPath: path) }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["gzip", "-9", "-n", "-c", path]
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0)
  return Array(output)
}
/// The first elements of an array.
func elements<T>(_ array: IDXArray, _ type: T.Type, _ count: Int) -> [T] {
  withExtendedLifetime(array.memory) { (0..<count).map { array.view.base.load(fromByteOffset: $0 * MemoryLayout<T>.size, as: type) } }
}

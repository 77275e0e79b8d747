import Datasets
import Foundation
import LinearAlgebra
import Settings
import Testing

@Suite struct CIFARFileTests {
  /// A record whose pixel p of image `number` is (number + p) mod 251.
  private func record(_ number: Int, labels: [UInt8]) -> [UInt8] { labels + (0..<3072).map { UInt8((number + $0) % 251) } }

  private func withFiles<Result>(_ contents: [[UInt8]], _ body: ([String]) throws -> Result) throws -> Result {
    let paths = contents.map { _ in FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path }
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    for (path, bytes) in zip(paths, contents) { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
    return try body(paths)
  }

  @Test func filesOfBothFormatsAreReadInOrder() throws {
    let ten = [record(0, labels: [7]) + record(1, labels: [0]), record(2, labels: [9])]
    try withFiles([ten[0], try gzip(ten[1])]) { paths in
      let data = try Dataset(cifarPaths: paths, classes: 10)
      #expect(data.count == 3 && data.featureCount == 3072 && data.classCount == 10 && data.features.type == .uint8)
      #expect((0..<3).map { data.labels?[$0] } == [7, 0, 9])
      #expect(data.features.axes?.extents ?? (0, 0, 0) == (3, 32, 32))
      for image in 0..<3 { for pixel in [0, 1023, 1024, 3071] { #expect(Int(data.features.base.load(fromByteOffset: 3072 * image + pixel, as: UInt8.self)) == (image + pixel) % 251) } }
    }
    try withFiles([record(0, labels: [19, 99]) + record(1, labels: [3, 4])]) { paths in
      let (fine, coarse) = (try Dataset(cifarPaths: paths, classes: 100), try Dataset(cifarPaths: paths, classes: 20))
      #expect(fine.classCount == 100 && coarse.classCount == 20)
      #expect((0..<2).map { fine.labels?[$0] } == [99, 4] && (0..<2).map { coarse.labels?[$0] } == [19, 3])
      #expect(fine.features.base.load(fromByteOffset: 3072, as: UInt8.self) == 1)
    }
  }

  @Test func foreignFilesAreRefused() throws {
    func message(_ contents: [UInt8], classes: Int = 10) throws -> String {
      try withFiles([contents]) { paths in
        do { _ = try Dataset(cifarPaths: paths, classes: classes) } catch let failure as Failure { return failure.message.replacingOccurrences(of: paths[0], with: "F") }
        return "accepted"
      }
    }
    #expect(try message([]) == "'F' is no CIFAR-10 file: it has 0 bytes, and records have 3073 each")
    #expect(try message(Array(record(0, labels: [1]).dropLast())) == "'F' is no CIFAR-10 file: it has 3072 bytes, and records have 3073 each")
    #expect(try message(record(0, labels: [1]) + record(1, labels: [10])) == "'F' is no CIFAR-10 file: record 1 has label 10, and labels are 0 … 9")
    #expect(try message(record(0, labels: [20, 1]), classes: 100) == "'F' is no CIFAR-100 file: record 0 has label 20, and labels are 0 … 19")
    #expect(try message(gzip(record(0, labels: [1]) + [3, 4])) == "'F' is no CIFAR-10 file: record 1 has 2 bytes instead of 3073")
    #expect(try message(record(0, labels: [1]), classes: 30).contains("classes is 30; it must be 10 for CIFAR-10"))
    #expect(throws: Failure.self) { try Dataset(cifarPaths: [], classes: 10) }
    #expect(throws: Failure.self) { try Dataset(cifarPaths: ["/nonexistent"], classes: 10) }
  }
}

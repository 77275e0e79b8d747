import Datasets
import Foundation
import Settings
import Testing

@Suite struct ByteReaderTests {
  /// Several consecutive gzip members form one file (RFC 1952 §2.2). The data exceed the buffers, so the loop runs several times.
  @Test func membersAndLargeFiles() throws {
    let count = 300_000
    let content = [0, 0, 8, 1, 0, 4, 0x93, 0xE0] + (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    let parts = try gzip(Array(content[..<5])) + gzip(Array(content[5..<70_000])) + gzip(Array(content[70_000...]))
    for bytes in [content, parts] {
      let array = try read(bytes)
      #expect(array.dimensions == [count])
      #expect(elements(array, UInt8.self, count) == Array(content[8...]))
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let compressed = try gzip(sampleImages)
    for whole in [sampleImages, compressed] {
      for length in 0..<whole.count {
        #expect(try refusal(Array(whole[..<length]))?.status == .fileFormat, "\(length) of \(whole.count) bytes")
      }
    }
  }

  /// The CRC-32 detects damage in a gzip file at the latest. A bit flip that does not change the images (in the six padding bits after the last deflate
  /// block) may pass. The ten bytes of the header contain no data.
  @Test func everyDamagedByteOfTheCompressedDataIsRefused() throws {
    let compressed = try gzip(sampleImages)
    var accepted = 0
    for place in 10..<compressed.count {
      for bit in 0..<8 {
        var damaged = compressed
        damaged[place] ^= 1 << bit
        guard let failure = try refusal(damaged) else {
          #expect(try elements(read(damaged), UInt8.self, 12) == Array(sampleImages[16...]), "byte \(place), bit \(bit)")
          accepted += 1
          continue
        }
        #expect(failure.status == .fileFormat, "byte \(place), bit \(bit)")
      }
    }
    #expect(accepted <= 7)
  }

  @Test func filesThatCannotBeReadAreNamed() throws {
    #expect(throws: Failure(.file, "cannot open '/nowhere/train-images': No such file or directory")) { try readIDX("/nowhere/train-images") }
    let directory = FileManager.default.temporaryDirectory.path
    #expect(throws: Failure(.file, "cannot read '\(directory)': it is not a regular file")) { try readIDX(directory) }
  }

  /// Every failure closes the file: the test makes more failures than a process may have open files.
  @Test func noDescriptorIsLost() throws {
    let path = try file(Array(gzip(sampleImages).dropLast(9)))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let directory = FileManager.default.temporaryDirectory.path
    func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
    let before = try open()
    for _ in 0..<500 {
      _ = try? readIDX(path)
      _ = try? readIDX(directory)
    }
    // Other tests run at the same time and have open files too.
    #expect(try open() < before + 100)
  }
}

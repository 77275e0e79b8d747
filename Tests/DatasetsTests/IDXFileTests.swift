import Datasets
import Foundation
import LinearAlgebra
import Settings
import Testing

@Suite struct IDXFileTests {
  @Test func readsPlainAndCompressedFiles() throws {
    for bytes in [sampleImages, try gzip(sampleImages)] {
      let array = try read(bytes)
      #expect(array.dimensions == [2, 2, 3] && array.type == .uint8)
      #expect(array.view.rows == 2 && array.view.columns == 6)
      #expect(elements(array, UInt8.self, 12) == Array(sampleImages[16...]))
    }
    #expect(try read(sampleLabels).view.columns == 1)
  }

  @Test func everyTypeIsTurnedToThisMachinesByteOrder() throws {
    #expect(try elements(read([0, 0, 9, 1, 0, 0, 0, 2, 0xFF, 5]), Int8.self, 2) == [-1, 5])
    #expect(try elements(read([0, 0, 12, 1, 0, 0, 0, 2, 0, 0, 1, 2, 0xFF, 0xFF, 0xFF, 0xFE]), Int32.self, 2) == [258, -2])
    #expect(try elements(read([0, 0, 13, 1, 0, 0, 0, 1, 0x3F, 0xC0, 0, 0]), Float.self, 1) == [1.5])
    #expect(try elements(read([0, 0, 14, 1, 0, 0, 0, 1, 0xC0, 0, 0, 0, 0, 0, 0, 0]), Double.self, 1) == [-2])
  }

  @Test func aDatasetOfImagesAndLabels() throws {
    let paths = (try file(sampleImages), try file(gzip(sampleLabels)))
    defer { for path in [paths.0, paths.1] { try? FileManager.default.removeItem(atPath: path) } }
    let data = try Dataset(imagesPath: paths.0, labelsPath: paths.1)
    #expect(data.count == 2 && data.featureCount == 6 && data.classCount == 8 && data.features.type == .uint8)
    #expect(data.labels?[0] == 7 && data.labels?[1] == 3)
    #expect(data.features.base.load(fromByteOffset: 11, as: UInt8.self) == 220)
    #expect(data.pixels?.height == 2 && data.pixels?.width == 3)
    #expect(try data.prefix(1).pixels == data.pixels)
  }

  @Test func filesThatDoNotBelongTogetherAreNamed() throws {
    func message(_ images: [UInt8], _ labels: [UInt8]) throws -> String {
      let paths = (try file(images), try file(labels))
      defer { for path in [paths.0, paths.1] { try? FileManager.default.removeItem(atPath: path) } }
      do { _ = try Dataset(imagesPath: paths.0, labelsPath: paths.1) } catch {
        return error.message.replacingOccurrences(of: "'\(paths.0)'", with: "I").replacingOccurrences(of: "'\(paths.1)'", with: "L")
      }
      return "accepted"
    }
    #expect(try message(sampleImages, sampleImages) == "L has the dimensions 2 × 2 × 3; a file of labels holds one number for each sample")
    #expect(
      try message(sampleLabels, sampleImages)
        == "L has the dimensions 2 × 2 × 3; a file of labels holds one number for each sample; I holds one number for each sample, so the two files may be exchanged")
    #expect(try message(sampleImages, [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]) == "L holds 3 labels and I 2 images; both must have the same number")
    #expect(try message(sampleImages, [0, 0, 9, 1, 0, 0, 0, 2, 1, 255]).hasPrefix("L: label -1 at row 1"))
    #expect(try message([0, 0, 13, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0x7F, 0xC0, 0, 0], sampleLabels).hasPrefix("I: features hold NaN at row 1"))
    #expect(try message(sampleImages, [0, 0, 13, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0x3F, 0x80, 0, 0]) == "accepted")
  }

  /// The headers of both files and the labels are checked before the images get memory: large images with too few labels, other labels or none cost nothing.
  @Test func imagesAreReadLast() throws {
    let count = 1 << 21
    let images = try file([0, 0, 8, 3, 0, 0x20, 0, 0, 0, 0, 0, 32, 0, 0, 0, 32])
    let labels = try file([0, 0, 8, 1, 0, 0, 0, 2, 7, 3])
    let wrong = try file([0, 0, 9, 1, 0, 0x20, 0, 0] + [UInt8](repeating: 255, count: count))
    defer { for path in [images, labels, wrong] { try? FileManager.default.removeItem(atPath: path) } }
    // A sparse file of 2 GiB.
    let handle = try #require(FileHandle(forWritingAtPath: images))
    try handle.truncate(atOffset: UInt64(16 + count * 1024))
    try handle.close()
    for (other, status) in [(labels, Status.shapeMismatch), (images + " missing", .file), (wrong, .invalidData)] {
      let before = Memory.current
      Memory.resetPeak()
      let started = ContinuousClock.now
      #expect { try Dataset(imagesPath: images, labelsPath: other) } throws: { ($0 as? Failure)?.status == status }
      #expect(Memory.peak - before < 1 << 27 && ContinuousClock.now - started < .seconds(5))
    }
  }

  @Test func foreignFilesAreRefused() throws {
    func format(_ message: String) -> Failure { Failure(.fileFormat, message) }
    #expect(try refusal([]) == format("F is too short for an IDX file"))
    #expect(try refusal(Array("\u{7f}ELF and more".utf8)) == format("F is no IDX file: it starts with 0x7f454c46"))
    #expect(try refusal([0, 0, 8, 0]) == format("F is no IDX file: it starts with 0x800"))
    #expect(try refusal([0, 0, 8, 9] + [UInt8](repeating: 1, count: 40)) == format("F is no IDX file: it starts with 0x809"))
    #expect(try refusal([0, 0, 11, 1, 0, 0, 0, 1, 0, 1]) == format("F is no IDX file: it starts with 0xb01 (16-bit integers are not supported)"))
    #expect(try refusal([0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 2]) == format("F holds no elements: its dimensions are 0 × 2"))
    #expect(try refusal(sampleImages + [0]) == format("F is too long: dimensions 2 × 2 × 3 need 12 bytes after the header; there are 13"))
    #expect(try refusal(gzip(sampleImages + [0])) == format("F is too long: there is more after the 12 bytes of dimensions 2 × 2 × 3"))
    #expect(try refusal(gzip(sampleImages) + [1, 2, 3, 4]) == format("F holds damaged compressed data"))
  }

  /// Sizes that would exhaust memory are refused before any memory is requested.
  @Test func sizesAreCheckedBeforeMemoryIsAskedFor() throws {
    let huge: [UInt8] = [0, 0, 8, 2] + [UInt8](repeating: 0x7F, count: 8) + [1, 2, 3]
    Memory.resetPeak()
    let before = Memory.current
    #expect(try refusal(huge)?.status == .fileFormat)
    #expect(try refusal(gzip(huge))?.message.contains("cannot come from") == true)
    #expect(try refusal([0, 0, 14, 8] + [UInt8](repeating: 0xFF, count: 32))?.status == .fileFormat)
    #expect(Memory.peak - before < 1 << 24)
  }

  /// Debian's package dataset-fashion-mnist, if it is installed: 10 000 test images, 1000 of each class.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")))
  func fashionMNIST() throws {
    let folder = "/usr/share/datasets/fashion-mnist/"
    let data = try Dataset(imagesPath: folder + "t10k-images-idx3-ubyte.gz", labelsPath: folder + "t10k-labels-idx1-ubyte.gz")
    #expect(data.count == 10_000 && data.featureCount == 784 && data.classCount == 10)
    let labels = try #require(data.labels)
    var counts = [Int](repeating: 0, count: 10)
    for row in 0..<data.count { counts[Int(labels[row])] += 1 }
    #expect(counts == [Int](repeating: 1000, count: 10))
  }
}

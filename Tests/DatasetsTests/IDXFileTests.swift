import Datasets
import Foundation
import LinearAlgebra
import Settings
import Testing

@Suite struct IDXFileTests {
  /// Two images of 2 × 3 pixels, as the MNIST page describes the format.
  private let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<12).map { UInt8($0 * 20) }
  private let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 7, 3]

  private func file(_ bytes: [UInt8]) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("idx-\(UUID().uuidString)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }
  /// What reading these bytes gives: nil, or the failure with the file's name taken out.
  private func refusal(_ bytes: [UInt8]) throws -> Failure? {
    let path = try file(bytes)
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      _ = try readIDX(path)
      return nil
    } catch { return Failure(error.status, error.message.replacingOccurrences(of: "'\(path)'", with: "F")) }
  }
  private func read(_ bytes: [UInt8]) throws -> IDXArray {
    let path = try file(bytes)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try readIDX(path)
  }
  private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
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
  private func elements<T>(_ array: IDXArray, _ type: T.Type, _ count: Int) -> [T] {
    withExtendedLifetime(array.memory) { (0..<count).map { array.view.base.load(fromByteOffset: $0 * MemoryLayout<T>.size, as: type) } }
  }

  @Test func readsPlainAndCompressedFiles() throws {
    for bytes in [images, try gzip(images)] {
      let array = try read(bytes)
      #expect(array.dimensions == [2, 2, 3] && array.type == .uint8)
      #expect(array.view.rows == 2 && array.view.columns == 6)
      #expect(elements(array, UInt8.self, 12) == Array(images[16...]))
    }
    #expect(try read(labels).view.columns == 1)
  }

  @Test func everyTypeIsTurnedToThisMachinesByteOrder() throws {
    #expect(try elements(read([0, 0, 9, 1, 0, 0, 0, 2, 0xFF, 5]), Int8.self, 2) == [-1, 5])
    #expect(try elements(read([0, 0, 12, 1, 0, 0, 0, 2, 0, 0, 1, 2, 0xFF, 0xFF, 0xFF, 0xFE]), Int32.self, 2) == [258, -2])
    #expect(try elements(read([0, 0, 13, 1, 0, 0, 0, 1, 0x3F, 0xC0, 0, 0]), Float.self, 1) == [1.5])
    #expect(try elements(read([0, 0, 14, 1, 0, 0, 0, 1, 0xC0, 0, 0, 0, 0, 0, 0, 0]), Double.self, 1) == [-2])
  }

  @Test func aDatasetOfImagesAndLabels() throws {
    let paths = (try file(images), try file(gzip(labels)))
    defer { for path in [paths.0, paths.1] { try? FileManager.default.removeItem(atPath: path) } }
    let data = try Dataset(imagesPath: paths.0, labelsPath: paths.1)
    #expect(data.count == 2 && data.featureCount == 6 && data.classCount == 8 && data.features.type == .uint8)
    #expect(data.labels?[0] == 7 && data.labels?[1] == 3)
    #expect(data.features.base.load(fromByteOffset: 11, as: UInt8.self) == 220)
    #expect(throws: Failure(.shapeMismatch, "labels have 6 columns; they must have 1, the number of the class")) { try Dataset(imagesPath: paths.0, labelsPath: paths.0) }
  }

  /// Several gzip members, one after another, are one file (RFC 1952 §2.2); more data than the buffers hold exercises the loop.
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

  @Test func foreignFilesAreRefused() throws {
    func format(_ message: String) -> Failure { Failure(.fileFormat, message) }
    #expect(try refusal([]) == format("F is too short for an IDX file"))
    #expect(try refusal(Array("\u{7f}ELF and more".utf8)) == format("F is no IDX file: it starts with 0x7f454c46"))
    #expect(try refusal([0, 0, 8, 0]) == format("F is no IDX file: it starts with 0x800"))
    #expect(try refusal([0, 0, 8, 9] + [UInt8](repeating: 1, count: 40)) == format("F is no IDX file: it starts with 0x809"))
    #expect(try refusal([0, 0, 11, 1, 0, 0, 0, 1, 0, 1]) == format("F is no IDX file: it starts with 0xb01 (16-bit integers are not supported)"))
    #expect(try refusal([0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 2]) == format("F holds no elements: its dimensions are 0 × 2"))
    #expect(try refusal(images + [0]) == format("F is too long: dimensions 2 × 2 × 3 need 12 bytes after the header; there are 13"))
    #expect(try refusal(gzip(images + [0])) == format("F is too long: there is more after the 12 bytes of dimensions 2 × 2 × 3"))
    #expect(try refusal(gzip(images) + [1, 2, 3, 4]) == format("F holds damaged compressed data"))
  }

  /// Sizes that would need all the memory there is are refused before any is asked for.
  @Test func sizesAreCheckedBeforeMemoryIsAskedFor() throws {
    let huge: [UInt8] = [0, 0, 8, 2] + [UInt8](repeating: 0x7F, count: 8) + [1, 2, 3]
    Memory.resetPeak()
    let before = Memory.current
    #expect(try refusal(huge)?.status == .fileFormat)
    #expect(try refusal(gzip(huge))?.message.contains("cannot come from") == true)
    #expect(try refusal([0, 0, 14, 8] + [UInt8](repeating: 0xFF, count: 32))?.status == .fileFormat)
    #expect(Memory.peak - before < 1 << 24)
  }

  @Test func everyTruncationIsRefused() throws {
    let compressed = try gzip(images)
    for whole in [images, compressed] {
      for length in 0..<whole.count {
        #expect(try refusal(Array(whole[..<length]))?.status == .fileFormat, "\(length) of \(whole.count) bytes")
      }
    }
  }

  /// Damage in a gzip file is noticed by its CRC-32 at the latest; a flip that leaves the images as they were (the six padding bits after deflate's last
  /// block) may pass. The ten bytes of the header carry no data.
  @Test func everyDamagedByteOfTheCompressedDataIsRefused() throws {
    let compressed = try gzip(images)
    var accepted = 0
    for place in 10..<compressed.count {
      for bit in 0..<8 {
        var damaged = compressed
        damaged[place] ^= 1 << bit
        guard let failure = try refusal(damaged) else {
          #expect(try elements(read(damaged), UInt8.self, 12) == Array(images[16...]), "byte \(place), bit \(bit)")
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

  /// Failing ways out close the file: more of them than a process may have files open.
  @Test func noDescriptorIsLost() throws {
    let path = try file(Array(gzip(images).dropLast(9)))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let directory = FileManager.default.temporaryDirectory.path
    func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
    let before = try open()
    for _ in 0..<500 {
      _ = try? readIDX(path)
      _ = try? readIDX(directory)
    }
    // Other tests run beside this one and have files of their own open.
    #expect(try open() < before + 100)
  }

  /// Debian's package dataset-fashion-mnist, where it is installed: 10 000 test images, 1000 of each class.
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

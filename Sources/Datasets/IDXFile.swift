import LinearAlgebra
import Settings

/// An array read from an IDX file, the format of MNIST and Fashion-MNIST.
package struct IDXArray {
  /// Sizes, slowest first: [60000, 28, 28] for images, [60000] for labels.
  package let dimensions: [Int]
  package let type: ElementType
  /// The elements, dense, in this machine's byte order.
  package let memory: Buffer

  /// First dimension × all others.
  package var view: TensorView {
    TensorView(memory.base, type: type, rows: dimensions[0], columns: dimensions.dropFirst().reduce(1, *))
  }
}

/// Reads an IDX file, plain or compressed with gzip.
///
/// Format: two zero bytes, the type (8 uint8, 9 int8, 12 int32, 13 float32, 14 float64), the number of dimensions, their sizes and then the elements, all
/// big-endian. Source: LeCun, Cortes & Burges, "The MNIST database", file formats. 16-bit integers (11) are not supported.
/// - Throws: `file` if the file is missing or cannot be read; `fileFormat` if it is not an IDX file, cut short, too long or damaged; `memory`. Header and
///   sizes are checked against the size of the file before memory for the elements is allocated.
/// Cost: one pass; memory: the elements and 64 KiB.
package func readIDX(_ path: String) throws(Failure) -> IDXArray { try IDXFile(path).read() }

/// An opened IDX file whose header has been checked against the size of the file; its elements have not been read.
private struct IDXFile {
  let name: String
  let dimensions: [Int]
  private let reader: ByteReader
  private let type: ElementType
  private let byteCount: Int

  /// Numbers of a sample: the product of all dimensions but the first.
  var columns: Int { dimensions.dropFirst().reduce(1, *) }
  private var shown: String { dimensions.map(String.init).joined(separator: " × ") }

  init(_ path: String) throws(Failure) {
    reader = try ByteReader(path: path)
    let name = "'\(path.prefix(512))'"
    self.name = name
    let header = try Buffer(byteCount: 4 + 4 * mostDimensions)
    defer { withExtendedLifetime(header) {} }

    func fail(_ problem: String) -> Failure { Failure(.fileFormat, "\(name) \(problem)") }
    func bigEndian(_ offset: Int) -> Int { Int(UInt32(bigEndian: header.base.load(fromByteOffset: offset, as: UInt32.self))) }

    guard try reader.read(into: header.base, count: 4) == 4 else { throw fail("is too short for an IDX file") }
    let magic = bigEndian(0)
    let rank = magic & 0xFF
    guard magic >> 16 == 0, let code = Code(rawValue: magic >> 8), 1...mostDimensions ~= rank else {
      throw fail("is no IDX file: it starts with 0x\(String(magic, radix: 16))\(magic == 0x0B01 || magic == 0x0B03 ? " (16-bit integers are not supported)" : "")")
    }
    guard try reader.read(into: header.base + 4, count: 4 * rank) == 4 * rank else { throw fail("ends in the middle of its header") }
    let dimensions = (1...rank).map { bigEndian(4 * $0) }
    let shown = dimensions.map(String.init).joined(separator: " × ")
    guard dimensions.allSatisfy({ $0 > 0 }) else { throw fail("holds no elements: its dimensions are \(shown)") }
    var bytes = code.type.byteCount
    for size in dimensions {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
      guard !overflow else { throw fail("is no valid IDX file: its dimensions are \(shown)") }
      bytes = product
    }
    let headerBytes = 4 + 4 * rank
    if reader.isCompressed {
      // Deflate shrinks at most 1032-fold (zlib's technical note), so that a small file that claims to be huge is refused before memory is allocated.
      let (most, overflow) = reader.fileSize.multipliedReportingOverflow(by: 1032)
      guard overflow || bytes <= most else { throw fail("is cut short: dimensions \(shown) cannot come from \(reader.fileSize) compressed bytes") }
    } else if reader.fileSize - headerBytes != bytes {
      throw fail(
        "is \(reader.fileSize - headerBytes < bytes ? "cut short" : "too long"): dimensions \(shown) need \(bytes) bytes after the header; there are "
          + "\(reader.fileSize - headerBytes)")
    }
    (self.dimensions, type, byteCount) = (dimensions, code.type, bytes)
  }

  /// The elements, which are read once.
  func read() throws(Failure) -> IDXArray {
    func fail(_ problem: String) -> Failure { Failure(.fileFormat, "\(name) \(problem)") }
    let memory = try Buffer(byteCount: byteCount)
    let count = try reader.read(into: memory.base, count: byteCount)
    guard count == byteCount else { throw fail("is cut short: dimensions \(shown) need \(byteCount) bytes after the header; there are \(count)") }
    let end = try Buffer(byteCount: 1)
    guard try reader.read(into: end.base, count: 1) == 0 else { throw fail("is too long: there is more after the \(byteCount) bytes of dimensions \(shown)") }
    switch type.byteCount {
    case 4: swapBytes(memory.base, byteCount, as: UInt32.self)
    case 8: swapBytes(memory.base, byteCount, as: UInt64.self)
    default: break
    }
    return IDXArray(dimensions: dimensions, type: type, memory: memory)
  }

  /// Checks by the headers alone that this file can hold the labels of `images`.
  func requireLabels(of images: IDXFile) throws(Failure) {
    guard columns == 1 else {
      let advice = images.columns == 1 ? "; \(images.name) holds one number for each sample, so the two files may be exchanged" : ""
      throw Failure(.shapeMismatch, "\(name) has the dimensions \(shown); a file of labels holds one number for each sample\(advice)")
    }
    guard dimensions[0] == images.dimensions[0] else {
      throw Failure(.shapeMismatch, "\(name) holds \(dimensions[0]) labels and \(images.name) \(images.dimensions[0]) images; both must have the same number")
    }
  }

  /// Names the file in failures of its numbers.
  func naming<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) { return try body() } catch { throw error.status == .invalidData ? Failure(.invalidData, "\(name): \(error.message)") : error }
  }
}

extension Dataset {
  /// Reads two IDX files of images and labels: each image becomes a row of features in the type of the file, labels become classes.
  ///
  /// Both headers are compared, and the labels read and checked, before the images get memory.
  /// - Throws: what `readIDX(_:)` throws; `shapeMismatch` when the counts differ or labels have more than one number for a sample, `invalidData`; all name the file.
  package convenience init(imagesPath: String, labelsPath: String) throws(Failure) {
    let (images, labels) = (try IDXFile(imagesPath), try IDXFile(labelsPath))
    try labels.requireLabels(of: images)
    let checked = try labels.naming { () throws(Failure) in
      let array = try labels.read()
      try checkRoom(for: array.view, "labels", bytesPerNumber: 12)
      let checked = try checkedLabels(array.view, samples: images.dimensions[0], classes: nil)
      withExtendedLifetime(array.memory) {}
      return checked
    }
    let array = try images.read()
    let sides = images.dimensions
    let (bound, _) = try images.naming { () throws(Failure) in try checkNumbers(array.view, "features") }
    self.init(
      features: array.view, labels: UnsafePointer(checked.labels.labels(count: sides[0])), values: nil, classCount: checked.classCount, featureBound: bound, valueBound: 0, mayMiss: false,
      pixels: sides.count == 3 ? Pixels(height: sides[1], width: sides[2]) : nil, owners: [array.memory, checked.labels])
  }
}

/// The third byte of an IDX file.
private enum Code: Int {
  case uint8 = 0x08
  case int8 = 0x09
  case int32 = 0x0C
  case float32 = 0x0D
  case float64 = 0x0E

  var type: ElementType {
    switch self {
    case .uint8: .uint8
    case .int8: .int8
    case .int32: .int32
    case .float32: .float32
    case .float64: .float64
    }
  }
}

/// More dimensions than any data set has; a limit against malicious headers.
private let mostDimensions = 8

private func swapBytes<Word: FixedWidthInteger>(_ base: UnsafeMutableRawPointer, _ byteCount: Int, as type: Word.Type) {
  for offset in stride(from: 0, to: byteCount, by: MemoryLayout<Word>.size) {
    let word = base.load(fromByteOffset: offset, as: Word.self)
    base.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
  }
}

import LinearAlgebra
import Settings

/// The binary form of CIFAR-10 and CIFAR-100: records of label bytes and 3072 bytes of an image, channels red, green, blue, each 32 × 32 in rows.
///
/// Source: Krizhevsky, "The CIFAR-10 and CIFAR-100 datasets", binary version. CIFAR-100 has two label bytes, the coarse label (20 classes) and the fine one (100).
private struct CIFARFormat {
  static let pixels = 3 * 32 * 32
  let classes: Int
  var labelBytes: Int { classes == 10 ? 1 : 2 }
  var record: Int { labelBytes + Self.pixels }
  private var name: String { classes == 10 ? "CIFAR-10" : "CIFAR-100" }

  /// - Throws: `outOfRange` for other numbers of classes.
  init(classes: Int) throws(Failure) {
    guard [10, 20, 100].contains(classes) else { throw Failure(.outOfRange, "classes is \(classes); it must be 10 for CIFAR-10, or for CIFAR-100 100 (fine labels) or 20 (coarse labels)") }
    self.classes = classes
  }

  /// The labels of a record: all must be below their limits, or the file is no file of this format.
  private var limits: [Int] { classes == 10 ? [10] : [20, 100] }

  /// The records of a file. The size of a plain file says how many these are, so that its first record alone is checked; a compressed one is read.
  /// - Throws: as `forEachRecord`.
  func count(_ path: String) throws(Failure) -> Int {
    let reader = try ByteReader(path: path)
    var found = 0
    try forEachRecord(path, atMost: reader.isCompressed ? .max : 1) { _ in found += 1 }
    return reader.isCompressed ? found : reader.fileSize / record
  }

  /// Visits the records of a file in order.
  /// - Throws: `file`; `fileFormat` with the reason why this is not such a file; what `body` throws.
  func forEachRecord(_ path: String, atMost limit: Int = .max, _ body: (UnsafeRawPointer) throws(Failure) -> Void) throws(Failure) {
    let reader = try ByteReader(path: path)
    func fail(_ problem: String) -> Failure { Failure(.fileFormat, "'\(path.prefix(512))' \(problem)") }
    guard reader.isCompressed || reader.fileSize > 0 && reader.fileSize.isMultiple(of: record) else {
      throw fail("is no \(name) file: it has \(reader.fileSize) bytes, and records have \(record) each")
    }
    let memory = try Buffer(byteCount: record)
    defer { withExtendedLifetime(memory) {} }
    var number = 0
    while number < limit {
      let count = try reader.read(into: memory.base, count: record)
      if count == 0, number > 0 { return }
      guard count == record else { throw fail("is no \(name) file: record \(number) has \(count) bytes instead of \(record)") }
      for (index, limit) in limits.enumerated() {
        let label = Int(memory.base.load(fromByteOffset: index, as: UInt8.self))
        guard label < limit else { throw fail("is no \(name) file: record \(number) has label \(label), and labels are 0 … \(limit - 1)") }
      }
      try body(UnsafeRawPointer(memory.base))
      number += 1
    }
  }

  func label(of record: UnsafeRawPointer) -> Int32 { Int32(record.load(fromByteOffset: classes == 100 ? 1 : 0, as: UInt8.self)) }
}

extension Dataset {
  /// Reads binary files of CIFAR-10 or CIFAR-100, plain or compressed with gzip, one behind the other. Images are [3, 32, 32] of uint8.
  ///
  /// Before the images get memory each file is looked at: the size and the first record of a plain file, or all of a compressed one. So a large file of another kind costs no memory.
  /// - Parameter classes: 10; 100 for the fine labels of CIFAR-100, 20 for the coarse ones.
  /// - Throws: `file`, `fileFormat` naming the file and the record, `outOfRange` for another number of classes or no file, `memory`.
  package convenience init(cifarPaths paths: [String], classes: Int) throws(Failure) {
    let format = try CIFARFormat(classes: classes)
    guard !paths.isEmpty else { throw Failure(.outOfRange, "no files are given; CIFAR is read from at least one") }
    var total = 0
    for path in paths { total += try format.count(path) }
    let (images, labels) = (try Buffer(byteCount: total * CIFARFormat.pixels), try Buffer(byteCount: 4 * total))
    var next = 0
    for path in paths {
      try format.forEachRecord(path) { record throws(Failure) in
        guard next < total else { throw Failure(.file, "'\(path.prefix(512))' grew while it was read") }
        (images.base + next * CIFARFormat.pixels).copyMemory(from: record + format.labelBytes, byteCount: CIFARFormat.pixels)
        labels.base.storeBytes(of: format.label(of: record), toByteOffset: 4 * next, as: Int32.self)
        next += 1
      }
    }
    guard next == total else { throw Failure(.file, "'\(paths[paths.count - 1].prefix(512))' shrank while it was read") }
    let view = TensorView(
      UnsafeRawPointer(images.base), type: .uint8, rows: total, rowStride: CIFARFormat.pixels, axes: SampleAxes(extents: (3, 32, 32), strides: (1024, 32, 1)))
    try self.init(retaining: view, labels: TensorView(UnsafeRawPointer(labels.base), type: .int32, rows: total, columns: 1), classes: classes) {
      withExtendedLifetime(images) {}
    }
    withExtendedLifetime(labels) {}
  }
}

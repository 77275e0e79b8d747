import LinearAlgebra
import Networks
import Settings

/// What a model file holds: the specification as JSON text and named tensors.
///
/// Layout, that of safetensors (so its readers see the tensors): the length of the header in 8 bytes, little-endian; the header, a JSON object padded with
/// spaces to a multiple of 8; the numbers, little-endian, tensor after tensor without gaps. The header's `__metadata__` holds, all as texts, `format`
/// ("stableode"), `format_version`, `library_version`, `specification` and `checksum`; in a checkpoint `training` too; then the caller's own metadata.
///
/// The checksum is 16 lowercase hexadecimal digits of XXH64: of the numbers, seeded with the XXH64 of all that comes before them, in which the digits
/// themselves count as zeros. A change anywhere in the file is noticed.
///
/// A program that knows safetensors alone may write the same contents in another order and with other spaces. The checksum is then that of the contents as this library writes them, and is compared with that.
/// Such a program may leave the checksum out: then its absence is known (`checksum`).
package struct ModelContents {
  /// Version of the library that wrote the file.
  package let libraryVersion: String
  /// The network's specification, JSON text.
  package let specification: String
  /// What a checkpoint says besides, JSON text; nil for a model.
  package let training: String?
  /// The caller's own metadata.
  package let metadata: Metadata
  package let tensors: [StoredTensor]
  /// Of contents that were read, whether they had a checksum.
  package let checksum: StoredChecksum
  /// Owns the memory of tensors that were read; nil for contents made from someone else's memory.
  let memory: Buffer?

  /// Contents to be written; the vectors must stay alive until they are.
  package init(libraryVersion: String, specification: String, training: String? = nil, metadata: Metadata = Metadata(), tensors: [StoredTensor]) {
    self.init(libraryVersion: libraryVersion, specification: specification, training: training, metadata: metadata, tensors: tensors, checksum: .notLoaded, memory: nil)
  }
  init(
    libraryVersion: String, specification: String, training: String?, metadata: Metadata, tensors: [StoredTensor], checksum: StoredChecksum, memory: Buffer?
  ) {
    self.libraryVersion = libraryVersion
    self.specification = specification
    self.training = training
    self.metadata = metadata
    self.tensors = tensors
    self.checksum = checksum
    self.memory = memory
  }

  /// The same with other tensors, which lie in the same memory, or another verdict on the checksum.
  func with(tensors: [StoredTensor]? = nil, training: String?, checksum: StoredChecksum? = nil) -> ModelContents {
    ModelContents(
      libraryVersion: libraryVersion, specification: specification, training: training, metadata: metadata, tensors: tensors ?? self.tensors,
      checksum: checksum ?? self.checksum, memory: memory)
  }
}

/// A named tensor, dense and row-major.
package struct StoredTensor {
  package let name: String
  package let shape: [Int]
  package let values: Vector
  package init(name: String, shape: [Int], values: Vector) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// The format's constants and limits, all checked before memory is asked for.
enum ModelFormat {
  static let name = "stableode"
  static let version = "1"
  /// Bytes of the header; a network of 1024 blocks needs about 1 MB.
  static let mostHeaderBytes = 1 << 24
  static let mostTensors = 1 << 16
  static let mostDimensions = 8
  static let mostNameBytes = 256
  static let metadataKey = "__metadata__"
  static let checksumDigits = 16
  /// What stands before the digits of the checksum. Inside a JSON string every quotation mark has a backslash before it, so this occurs only where the
  /// member itself is.
  static let checksumMark = "\"checksum\":\""

  static func typeName(_ precision: Precision) -> String { precision == .float32 ? "F32" : "F64" }
}

/// Where the digits of the checksum stand in a header, or nil.
func checksumDigits(in header: UnsafeRawBufferPointer) -> Range<Int>? {
  let mark = Array(ModelFormat.checksumMark.utf8)
  let last = header.count - mark.count - ModelFormat.checksumDigits
  guard last >= 0 else { return nil }
  for start in 0...last where header[start] == mark[0] {
    if mark.indices.allSatisfy({ header[start + $0] == mark[$0] }) {
      return start + mark.count..<start + mark.count + ModelFormat.checksumDigits
    }
  }
  return nil
}

/// The checksum of a file whose first `prefix` bytes (length and header) hold the digits at `digits`.
func modelChecksum(_ bytes: UnsafeRawBufferPointer, prefix: Int, digits: Range<Int>) -> String {
  var header = [UInt8](bytes[..<prefix])
  for place in digits { header[place] = UInt8(ascii: "0") }
  let seed = header.withUnsafeBytes { xxh64($0) }
  let text = String(xxh64(UnsafeRawBufferPointer(rebasing: bytes[prefix...]), seed: seed), radix: 16)
  return String(repeating: "0", count: ModelFormat.checksumDigits - text.utf8.count) + text
}

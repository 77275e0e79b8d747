import LinearAlgebra
import Networks
import Settings

/// The contents of a model file: the specification as JSON text, and named tensors.
///
/// The layout is that of safetensors, so that programs for this format can read the tensors: the length of the header in 8 bytes, little-endian; the header, a JSON object padded with
/// spaces to a multiple of 8; the numbers, little-endian, tensor after tensor without gaps. The header's `__metadata__` holds, all as texts, `format`
/// ("stableode"), `format_version`, `library_version`, `specification` and `checksum`; in a checkpoint also `training`; then the caller's metadata.
///
/// The checksum is an XXH64 in 16 lowercase hexadecimal digits: the hash of the numbers, seeded with the XXH64 of everything before them, in which the digits
/// themselves count as zeros. It detects a change anywhere in the file.
///
/// Another program may write the same contents as safetensors in another order and with other spaces. The checksum is then compared with that of the contents as this library would write them.
/// If such a program leaves out the checksum, `checksum` says so.
package struct ModelContents {
  /// The version of the library that wrote the file.
  package let libraryVersion: String
  /// The network's specification as JSON text.
  package let specification: String
  /// The trainer's part of a checkpoint as JSON text; nil for a model.
  package let training: String?
  /// The caller's metadata.
  package let metadata: Metadata
  package let tensors: [StoredTensor]
  /// Whether contents that were read had a checksum.
  package let checksum: StoredChecksum
  /// The owner of the memory of tensors that were read; nil for contents that point to other memory.
  let memory: Buffer?

  /// Contents to be written; the vectors must stay alive until they have been written.
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

  /// The same contents with other tensors, which lie in the same memory, or with another value of `checksum`.
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

/// The format's constants and limits, which are checked before memory is allocated.
enum ModelFormat {
  static let name = "stableode"
  static let version = "1"
  /// The most bytes of a header; a network of 1024 blocks needs about 1 MB.
  static let mostHeaderBytes = 1 << 24
  static let mostTensors = 1 << 16
  static let mostDimensions = 8
  static let mostNameBytes = 256
  static let metadataKey = "__metadata__"
  static let checksumDigits = 16
  /// The text before the digits of the checksum. Inside a JSON string every quotation mark has a backslash before it, so that this text occurs only where the
  /// member itself is.
  static let checksumMark = "\"checksum\":\""

  static func typeName(_ precision: Precision) -> String { precision == .float32 ? "F32" : "F64" }
}

/// The range of the checksum's digits in a header, or nil.
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

import LinearAlgebra
import Settings
import Storage

/// A model file with a given header text, given numbers and a right checksum, whatever the header says. 16 `#` in the header mark the place of the checksum's digits.
///
/// It follows the description of the format and does not use the encoder, so that the two check each other.
func modelBytes(header: String, data: [UInt8]) -> [UInt8] {
  var text = Array(header.utf8)
  while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
  let length = UInt64(text.count)
  let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
  let zeroed = prefix + text.map { $0 == UInt8(ascii: "#") ? UInt8(ascii: "0") : $0 }
  let seed = zeroed.withUnsafeBytes { xxh64($0) }
  let hash = data.withUnsafeBytes { xxh64($0, seed: seed) }
  var digits = (0..<16).map { Array("0123456789abcdef".utf8)[Int(hash >> (4 * UInt64(15 - $0)) & 15)] }[...]
  return prefix + text.map { $0 == UInt8(ascii: "#") ? digits.popFirst() ?? $0 : $0 } + data
}

/// The metadata of a valid header, for a specification without characters that JSON escapes.
let sampleMetadata =
  "\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\",\"library_version\":\"0.1.0\",\"specification\":\"{}\",\"checksum\":\"################\"}"

func bytes(of buffer: Buffer) -> [UInt8] {
  withExtendedLifetime(buffer) { Array(UnsafeRawBufferPointer(start: buffer.base, count: buffer.byteCount)) }
}

func decode(_ bytes: [UInt8]) throws -> ModelContents { try bytes.withUnsafeBytes { try ModelContents(decoding: $0) } }

/// The failure of decoding; nil if it succeeds.
func refusal(_ bytes: [UInt8]) -> Failure? {
  do {
    _ = try decode(bytes)
    return nil
  } catch { return error as? Failure ?? Failure(.internal, "\(error)") }
}

/// A tensor of the given numbers, whose buffer the caller keeps alive.
func tensor(_ name: String, _ shape: [Int], _ numbers: [Double], _ precision: Precision, _ keep: inout [Buffer]) throws -> StoredTensor {
  let buffer = try Buffer(count: numbers.count, precision: precision)
  keep.append(buffer)
  let vector = buffer.vector(count: numbers.count, precision: precision)
  for (index, number) in numbers.enumerated() { vector.store(number, at: index) }
  return StoredTensor(name: name, shape: shape, values: vector)
}

/// Whether a failure says that a file is no file of this library's, or one of another version: what a damaged file can look like.
func isDamage(_ error: any Error) -> Bool {
  let status = (error as? Failure)?.status
  return status == .fileFormat || status == .versionMismatch
}

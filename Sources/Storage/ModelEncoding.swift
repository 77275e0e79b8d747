import LinearAlgebra
import Settings

extension ModelContents {
  /// The bytes of a model file with these contents; the same contents give the same bytes.
  ///
  /// - Throws: `outOfRange` for names, shapes or counts beyond the format's limits, `shapeMismatch` if a shape does not fit its values, `memory`.
  /// Cost: one pass over the tensors; memory: the file's size.
  package func encoded() throws(Failure) -> Buffer {
    let header = try paddedHeader()
    let bytes = 8 + header.count
    // These are counts of vectors in memory, so that their sum does not overflow.
    let dataBytes = tensors.reduce(0) { $0 + $1.values.count * $1.values.precision.byteCount }
    let file = try Buffer(byteCount: bytes + dataBytes)
    file.base.storeBytes(of: UInt64(header.count).littleEndian, as: UInt64.self)
    header.withUnsafeBytes { source in
      if let base = source.baseAddress { (file.base + 8).copyMemory(from: base, byteCount: source.count) }
    }
    var offset = bytes
    for tensor in tensors {
      let count = tensor.values.count * tensor.values.precision.byteCount
      try copyInPieces(tensor.values.base, to: file.base + offset, byteCount: count)
      offset += count
    }
    let whole = UnsafeRawBufferPointer(start: file.base, count: file.byteCount)
    guard let place = checksumDigits(in: UnsafeRawBufferPointer(rebasing: whole[8..<bytes])) else {
      throw Failure(.internal, "the header of a model file has no place for its checksum")
    }
    let digits = place.lowerBound + 8..<place.upperBound + 8
    let checksum = modelChecksum(whole, prefix: bytes, digits: digits)
    try Watch.check()
    for (index, digit) in zip(digits, checksum.utf8) { file.base.storeBytes(of: digit, toByteOffset: index, as: UInt8.self) }
    return file
  }

  /// The header's text, padded with spaces so that the numbers begin at a multiple of 8; the checksum's digits are zeros.
  private func paddedHeader() throws(Failure) -> [UInt8] {
    guard tensors.count <= ModelFormat.mostTensors else {
      throw Failure(.outOfRange, "a model file holds at most \(ModelFormat.mostTensors) tensors; given: \(tensors.count)")
    }
    var metadata: [(key: String, value: JSON)] = [
      ("format", .text(ModelFormat.name)), ("format_version", .text(ModelFormat.version)), ("library_version", .text(libraryVersion)),
      ("specification", .text(specification)), ("checksum", .text(String(repeating: "0", count: ModelFormat.checksumDigits))),
    ]
    if let training { metadata.append(("training", .text(training))) }
    metadata += self.metadata.entries.map { ($0.key, .text($0.value)) }
    var members: [(key: String, value: JSON)] = [(ModelFormat.metadataKey, .object(metadata))]
    var offset: Int64 = 0
    for tensor in tensors {
      try tensor.check()
      guard Int(offset) % tensor.values.precision.byteCount == 0 else {
        throw Failure(.incompatible, "\(tensor.name) in \(tensor.values.precision.name) would not be aligned; store tensors of float64 first")
      }
      let end = offset + Int64(tensor.values.count * tensor.values.precision.byteCount)
      members.append(
        (
          tensor.name,
          .object([
            ("dtype", .text(ModelFormat.typeName(tensor.values.precision))), ("shape", .array(tensor.shape.map { .integer(Int64($0)) })),
            ("data_offsets", .array([.integer(offset), .integer(end)])),
          ])
        ))
      offset = end
    }
    var text = Array(try JSON.object(members).written().utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    guard text.count <= ModelFormat.mostHeaderBytes else {
      throw Failure(.outOfRange, "the header of a model file has at most \(ModelFormat.mostHeaderBytes) bytes; this one has \(text.count)")
    }
    return text
  }
}

extension StoredTensor {
  /// Checks that name and shape are within the format's limits and that the shape fits the values.
  fileprivate func check() throws(Failure) {
    guard 1...ModelFormat.mostNameBytes ~= name.utf8.count, name != ModelFormat.metadataKey else {
      throw Failure(.outOfRange, "a tensor's name has 1 to \(ModelFormat.mostNameBytes) bytes and is not \(ModelFormat.metadataKey); given: '\(name.prefix(64))'")
    }
    guard shape.count <= ModelFormat.mostDimensions else {
      throw Failure(.outOfRange, "\(name) has \(shape.count) dimensions; at most \(ModelFormat.mostDimensions) are stored")
    }
    guard elementCount(of: shape) == values.count else {
      throw Failure(.shapeMismatch, "\(name) has shape \(shape) and \(values.count) numbers; they must agree")
    }
  }
}

/// Copies bytes, a megabyte at a time.
/// - Throws: the reason why the work must end.
func copyInPieces(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, byteCount: Int) throws(Failure) {
  try Watch.pieces(byteCount) { piece in (target + piece.lowerBound).copyMemory(from: source + piece.lowerBound, byteCount: piece.count) }
}

/// The product of the extents; nil if one is negative or the product overflows.
func elementCount(of shape: [Int]) -> Int? {
  var count = 1
  for extent in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    if extent < 0 || overflow { return nil }
    count = product
  }
  return count
}

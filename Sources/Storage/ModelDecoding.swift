import LinearAlgebra
import Settings

extension ModelContents {
  /// Reads the bytes of a model file; hostile bytes are an error and never a trap.
  ///
  /// - Parameters:
  ///   - bytes: the whole file, at any alignment.
  ///   - name: what the file is called in messages.
  /// - Throws: `fileFormat` for what is no model file, cut short, too long or damaged; `versionMismatch` for a format this library does not know; `memory`.
  ///   Memory for the tensors is asked for last, after all sizes and the checksum are right.
  /// Cost: two passes; memory: the tensors.
  package init(decoding bytes: UnsafeRawBufferPointer, name: String = "the model") throws(Failure) {
    let decoder = ModelDecoder(bytes: bytes, name: name)
    self = try decoder.contents()
  }
}

private struct ModelDecoder {
  let bytes: UnsafeRawBufferPointer
  let name: String

  private func fail(_ problem: String) -> Failure { Failure(.fileFormat, "\(name) \(problem)") }

  func contents() throws(Failure) -> ModelContents {
    guard let base = bytes.baseAddress, bytes.count >= 8 else { throw fail("is no model file: it has \(bytes.count) bytes") }
    let length = UInt64(littleEndian: base.loadUnaligned(as: UInt64.self))
    guard length >= 2, length <= UInt64(ModelFormat.mostHeaderBytes) else { throw fail("is no model file: it does not begin with the length of a header") }
    let prefix = 8 + Int(length)
    guard prefix <= bytes.count else { throw fail("is cut short: the header needs \(prefix) bytes; there are \(bytes.count)") }
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<prefix])
    guard text[0] == UInt8(ascii: "{") else { throw fail("is no model file: its header is no JSON object") }
    let header = try JSON.read(text, limit: ModelFormat.mostHeaderBytes, status: .fileFormat, what: "\(name), header")
    guard let members = header.members, let metadata = header[ModelFormat.metadataKey], metadata["format"]?.text == ModelFormat.name else {
      throw fail("is a safetensors file of another program: its metadata does not name the format \(ModelFormat.name)")
    }
    guard let version = metadata["format_version"]?.text else { throw fail("has no format version") }
    guard version == ModelFormat.version else {
      throw Failure(.versionMismatch, "\(name) has format version \(version.prefix(32)); this library reads version \(ModelFormat.version)")
    }
    try verifyChecksum(text, prefix: prefix, stated: metadata["checksum"]?.text)
    guard let libraryVersion = metadata["library_version"]?.text, let specification = metadata["specification"]?.text else {
      throw fail("lacks library_version or specification in its metadata")
    }
    return try tensors(members.filter { $0.key != ModelFormat.metadataKey }, libraryVersion, specification, metadata["training"]?.text, data: base + prefix, dataBytes: bytes.count - prefix)
  }

  private func verifyChecksum(_ text: UnsafeRawBufferPointer, prefix: Int, stated: String?) throws(Failure) {
    guard let stated, let place = checksumDigits(in: text) else { throw fail("has no checksum") }
    let found = modelChecksum(bytes, prefix: prefix, digits: place.lowerBound + 8..<place.upperBound + 8)
    try Watch.check()
    guard found == stated else {
      throw fail("is damaged or cut short: its checksum does not match")
    }
  }

  private func tensors(
    _ members: [(key: String, value: JSON)], _ libraryVersion: String, _ specification: String, _ training: String?, data: UnsafeRawPointer, dataBytes: Int
  ) throws(Failure) -> ModelContents {
    guard members.count <= ModelFormat.mostTensors else { throw fail("has \(members.count) tensors; at most \(ModelFormat.mostTensors) are read") }
    var found: [(name: String, shape: [Int], count: Int, precision: Precision, start: Int)] = []
    var offset = 0
    for (key, value) in members {
      let tensor = try description(key, value, at: offset, dataBytes: dataBytes)
      found.append(tensor)
      offset += tensor.count * tensor.precision.byteCount
    }
    guard offset == dataBytes else { throw fail("is \(offset < dataBytes ? "too long" : "cut short"): its tensors need \(offset) bytes; there are \(dataBytes)") }
    let memory = try Buffer(byteCount: dataBytes)
    memory.base.copyMemory(from: data, byteCount: dataBytes)
    let tensors = found.map { tensor in
      StoredTensor(name: tensor.name, shape: tensor.shape, values: Vector(memory.base + tensor.start, count: tensor.count, precision: tensor.precision))
    }
    return ModelContents(libraryVersion: libraryVersion, specification: specification, training: training, tensors: tensors, memory: memory)
  }

  /// One tensor, which must begin at byte `offset` of the numbers: tensors lie one after another, as they are listed.
  private func description(
    _ key: String, _ value: JSON, at offset: Int, dataBytes: Int
  ) throws(Failure) -> (name: String, shape: [Int], count: Int, precision: Precision, start: Int) {
    let shown = String(String.UnicodeScalarView(key.unicodeScalars.prefix(64)))
    guard 1...ModelFormat.mostNameBytes ~= key.utf8.count else { throw fail("has a tensor whose name has \(key.utf8.count) bytes") }
    guard let type = value["dtype"]?.text, let precision = Precision.allCases.first(where: { ModelFormat.typeName($0) == type }) else {
      throw fail("holds the tensor \(shown) in a type that is neither F32 nor F64")
    }
    guard let extents = value["shape"]?.elements, extents.count <= ModelFormat.mostDimensions else { throw fail("gives the tensor \(shown) no valid shape") }
    var shape: [Int] = []
    for extent in extents {
      guard let extent = extent.integer, extent >= 0 else { throw fail("gives the tensor \(shown) no valid shape") }
      shape.append(Int(extent))
    }
    guard let count = elementCount(of: shape), count <= (dataBytes - offset) / precision.byteCount else {
      throw fail("is cut short: the tensor \(shown) of shape \(shape) needs more than the \(dataBytes - offset) bytes that are left")
    }
    let end = offset + count * precision.byteCount
    guard let offsets = value["data_offsets"]?.elements, offsets == [.integer(Int64(offset)), .integer(Int64(end))] else {
      throw fail("does not place the tensor \(shown) at bytes \(offset) to \(end), after the one before")
    }
    guard offset % precision.byteCount == 0 else { throw fail("places the tensor \(shown) at byte \(offset), no multiple of \(precision.byteCount)") }
    return (key, shape, count, precision, offset)
  }
}

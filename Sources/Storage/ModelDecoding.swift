import LinearAlgebra
import Networks
import Settings

extension ModelContents {
  /// Reads the bytes of a model file; malicious bytes cause an error and never a trap.
  ///
  /// - Parameters:
  ///   - bytes: the whole file, at any alignment.
  ///   - name: the file's name in messages.
  ///   - order: gives the names of the tensors of such contents in the orders in which releases of this library write them; called if the checksum is not that of the bytes.
  /// - Throws: `fileFormat` if the bytes are not a model file, or are cut short, too long or damaged; `versionMismatch` for an unknown version of the format; `memory`.
  ///   Memory for the tensors is allocated after all sizes have been checked.
  /// Cost: two passes and memory for the tensors; if another program has written the file, four passes and twice the memory.
  package init(
    decoding bytes: UnsafeRawBufferPointer, name: String = "the model", order: ((ModelContents) throws(Failure) -> [[String]])? = nil
  ) throws(Failure) {
    self = try ModelDecoder(bytes: bytes, name: name).contents(order)
  }
}

private struct ModelDecoder {
  let bytes: UnsafeRawBufferPointer
  let name: String

  private func fail(_ problem: String) -> Failure { Failure(.fileFormat, "\(name) \(problem)") }
  private var damaged: Failure { fail("is damaged or cut short: its checksum does not match") }

  func contents(_ order: ((ModelContents) throws(Failure) -> [[String]])?) throws(Failure) -> ModelContents {
    guard let base = bytes.baseAddress, bytes.count >= 8 else { throw fail("is no model file: it has \(bytes.count) bytes") }
    let length = UInt64(littleEndian: base.loadUnaligned(as: UInt64.self))
    guard length >= 2, length <= UInt64(ModelFormat.mostHeaderBytes) else { throw fail("is no model file: it does not begin with the length of a header") }
    let prefix = 8 + Int(length)
    guard prefix <= bytes.count else { throw fail("is cut short: the header needs \(prefix) bytes; there are \(bytes.count)") }
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<prefix])
    guard text[0] == UInt8(ascii: "{") else { throw fail("is no model file: its header is no JSON object") }
    let header = try Memory.claiming(text.count * JSON.mostBytesPerByte, for: "the header of \(name)") { () throws(Failure) in
      try JSON.read(text, limit: ModelFormat.mostHeaderBytes, status: .fileFormat, what: "\(name), header")
    }
    guard let members = header.members, let metadata = header[ModelFormat.metadataKey]?.members, self.text(of: "format", metadata) == ModelFormat.name else {
      throw fail("is a safetensors file of another program: its metadata does not name the format \(ModelFormat.name)")
    }
    guard let version = self.text(of: "format_version", metadata) else { throw fail("has no format version") }
    guard version == ModelFormat.version else {
      throw Failure(.versionMismatch, "\(name) has format version \(version.prefix(32)); this library reads version \(ModelFormat.version)")
    }
    let stated = try statedChecksum(metadata)
    let isRight = stated == nil ? false : checksumDigits(in: text).map { modelChecksum(bytes, prefix: prefix, digits: $0.lowerBound + 8..<$0.upperBound + 8) } == stated
    try Watch.check()
    guard let libraryVersion = self.text(of: "library_version", metadata), let specification = self.text(of: "specification", metadata) else {
      throw fail("lacks library_version or specification in its metadata")
    }
    let (tensors, memory) = try tensors(members.filter { $0.key != ModelFormat.metadataKey }, data: base + prefix, dataBytes: bytes.count - prefix)
    let contents = ModelContents(
      libraryVersion: libraryVersion, specification: specification, training: self.text(of: "training", metadata), metadata: try notes(metadata), tensors: tensors,
      checksum: stated == nil ? .absent : .right, memory: memory)
    if let stated, !isRight { try verify(contents, stated, order) }
    return contents
  }

  private func text(of key: String, _ metadata: [(key: String, value: JSON)]) -> String? { metadata.first { $0.key == key }?.value.text }

  /// The caller's metadata: all entries except those of the format.
  private func notes(_ metadata: [(key: String, value: JSON)]) throws(Failure) -> Metadata {
    var entries: [(key: String, value: String)] = []
    for (key, value) in metadata where !Metadata.reserved.contains(key) {
      guard let text = value.text else { throw fail("has metadata under '\(key.prefix(64))' that is no text") }
      entries.append((key, text))
    }
    do throws(Failure) {
      return try Metadata(read: entries)
    } catch {
      throw error.status.rawValue > 0 ? error : fail("holds metadata that a network cannot have: \(error.message)")
    }
  }

  /// The checksum in the metadata; nil if another program left it out.
  private func statedChecksum(_ metadata: [(key: String, value: JSON)]) throws(Failure) -> String? {
    if let stated = metadata.first(where: { $0.key == "checksum" }) {
      guard let text = stated.value.text else { throw fail("has a checksum that is no text") }
      return text
    }
    // If there are digits where this library writes its checksum, the checksum's name is damaged.
    let place = 4
    let isOurs = metadata.count > place && metadata[..<place].map(\.key) == Array(Metadata.reserved[..<place])
    if isOurs, let text = metadata[place].value.text, text.utf8.count == ModelFormat.checksumDigits, text.utf8.allSatisfy({ Array("0123456789abcdef".utf8).contains($0) }) { throw damaged }
    return nil
  }

  /// Compares a checksum that does not match the bytes with that of the contents as releases of this library write them.
  private func verify(_ contents: ModelContents, _ stated: String, _ order: ((ModelContents) throws(Failure) -> [[String]])?) throws(Failure) {
    guard let orders = try? order?(contents) else { throw damaged }
    let found = Dictionary(contents.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for names in orders {
      let tensors = names.compactMap { found[$0] }
      guard names.count == contents.tensors.count, tensors.count == names.count else { continue }
      let written: Buffer
      do throws(Failure) {
        written = try contents.with(tensors: tensors, training: contents.training).encoded()
      } catch {
        throw error.status == .memory ? error : damaged
      }
      defer { withExtendedLifetime((written, contents.memory)) {} }
      let whole = UnsafeRawBufferPointer(start: written.base, count: written.byteCount)
      if let digits = checksumDigits(in: whole), String(decoding: whole[digits], as: UTF8.self) == stated { return }
    }
    throw damaged
  }

  /// Copies the tensors, which lie one after the other without gaps, to new memory.
  private func tensors(
    _ members: [(key: String, value: JSON)], data: UnsafeRawPointer, dataBytes: Int
  ) throws(Failure) -> (tensors: [StoredTensor], memory: Buffer) {
    guard members.count <= ModelFormat.mostTensors else { throw fail("has \(members.count) tensors; at most \(ModelFormat.mostTensors) are read") }
    var described: [Description] = []
    for (index, (key, value)) in members.enumerated() {
      if index % 1024 == 0 { try Watch.check() }
      described.append(try description(key, value))
    }
    // Other programs may list the tensors in another order. An empty tensor is sorted before a tensor that begins at the same place.
    described.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    var (offset, room) = (0, 0)
    var places: [Int] = []
    for tensor in described {
      guard tensor.count <= (dataBytes - offset) / tensor.precision.byteCount else {
        throw fail("is cut short: the tensor \(tensor.shown) of shape \(tensor.shape) needs more than the \(dataBytes - offset) bytes that are left")
      }
      let end = offset + tensor.count * tensor.precision.byteCount
      guard tensor.start == offset, tensor.end == end else {
        throw fail("does not place the tensor \(tensor.shown) at bytes \(offset) to \(end), after the one before")
      }
      places.append(room)
      room += (end - offset + 7) & ~7
      offset = end
    }
    guard offset == dataBytes else { throw fail("is \(offset < dataBytes ? "too long" : "cut short"): its tensors need \(offset) bytes; there are \(dataBytes)") }
    let memory = try Buffer(byteCount: room)
    for (tensor, place) in zip(described, places) { try copyInPieces(data + tensor.start, to: memory.base + place, byteCount: tensor.end - tensor.start) }
    let tensors = zip(described, places).map { tensor, place in
      StoredTensor(name: tensor.name, shape: tensor.shape, values: Vector(memory.base + place, count: tensor.count, precision: tensor.precision))
    }
    return (tensors, memory)
  }

  private struct Description {
    let name: String
    let shown: String
    let shape: [Int]
    let count: Int
    let precision: Precision
    let start: Int
    let end: Int
  }

  /// The description of one tensor in the header.
  private func description(_ key: String, _ value: JSON) throws(Failure) -> Description {
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
    guard let offsets = value["data_offsets"]?.elements, offsets.count == 2, let start = offsets[0].integer, let end = offsets[1].integer else {
      throw fail("gives the tensor \(shown) no valid data_offsets")
    }
    // If the count exceeds the address space, it also exceeds the bytes that are left.
    return Description(name: key, shown: shown, shape: shape, count: elementCount(of: shape) ?? Int.max, precision: precision, start: Int(start), end: Int(end))
  }
}

import LinearAlgebra
import Networks
import Settings
import Training

/// Checkpoint files of trainers: a model file of the trainer's network, which also loads as a model, with everything that training needs to go on bit for bit (tensors `training.…`, and
/// `training` in the metadata).
package enum CheckpointFile {
  /// The beginning of the names of tensors that only checkpoints have.
  static let prefix = "training."

  /// The bytes of a trainer's checkpoint.
  /// - Throws: `memory`; `outOfRange` beyond the format's limits.
  package static func encode(_ trainer: Trainer, libraryVersion: String) throws(Failure) -> Buffer {
    let record = try trainer.record()
    let network = trainer.network
    let snapshot = network.snapshot
    // Tensors of float64 come first, so that they are aligned in files of either precision.
    let numbers = try Buffer(count: max(1, record.tables.reduce(0) { $0 + $1.table.rows.count * $1.table.names.count }), precision: .float64)
    defer { withExtendedLifetime((snapshot, numbers, trainer, record)) {} }
    var tensors: [StoredTensor] = []
    var offset = 0
    for (name, table) in record.tables {
      let values = numbers.vector(count: table.rows.count * table.names.count, precision: .float64, offset: offset)
      for (index, number) in table.rows.joined().enumerated() { values.store(number, at: index) }
      tensors.append(StoredTensor(name: prefix + name, shape: [table.rows.count, table.names.count], values: values))
      offset += values.count * 8
    }
    tensors += ModelFile.tensors(network.plan, snapshot)
    tensors += record.vectors.map { StoredTensor(name: prefix + $0.name, shape: [$0.values.count], values: $0.values) }
    let header = JSON.object([
      ("options", .object(record.options.map { ($0.key, $0.value.json) })),
      ("columns", .object(record.tables.map { ($0.name, .array($0.table.names.map { .text($0) })) })),
      ("vectors", .array(record.vectors.map { .text($0.name) })),
    ])
    return try ModelContents(
      libraryVersion: libraryVersion, specification: try network.plan.specification.json.written(), training: try header.written(), metadata: network.metadata, tensors: tensors
    ).encoded()
  }

  /// The trainer of a checkpoint's bytes, with its network.
  /// - Throws: what `ModelFile.decode` throws; `fileFormat` for a model without a trainer.
  package static func decode(_ bytes: UnsafeRawBufferPointer, name: String = "the checkpoint") throws(Failure) -> Trainer {
    let contents = try ModelFile.contents(of: bytes, name: name)
    defer { withExtendedLifetime(contents.memory) {} }
    guard let text = contents.training else { throw Failure(.fileFormat, "\(name) is a model, not a checkpoint of a trainer") }
    let header = try JSON.read(text, limit: ModelFormat.mostHeaderBytes, status: .fileFormat, what: "\(name), training")
    guard let options = header["options"]?.members, let columns = header["columns"]?.members else { throw Failure(.fileFormat, "\(name) lacks options or columns of its training") }
    var tables: [(name: String, table: TrainerRecord.Table)] = []
    var vectors: [(name: String, values: Vector)] = []
    for tensor in contents.tensors where tensor.name.hasPrefix(prefix) {
      let short = String(tensor.name.dropFirst(prefix.count))
      if let names = columns.first(where: { $0.key == short })?.value.elements?.map({ $0.text ?? "" }) {
        guard tensor.shape.count == 2, tensor.shape[1] == names.count, tensor.values.precision == .float64 else {
          throw Failure(.fileFormat, "\(name) holds \(short) of shape \(tensor.shape) with \(names.count) columns")
        }
        let rows = (0..<tensor.shape[0]).map { row in (0..<names.count).map { tensor.values.load(row * names.count + $0) } }
        tables.append((short, TrainerRecord.Table(names: names, rows: rows)))
      } else {
        vectors.append((short, tensor.values))
      }
    }
    let network = try ModelFile.network(of: contents, name: name)
    do throws(Failure) {
      // Another program may have changed the order of the tensors; the header preserves the original order.
      tables = ordered(tables, as: columns.map(\.key)) { $0.name }
      vectors = ordered(vectors, as: try vectorNames(header)) { $0.name }
      return try Trainer(network, TrainerRecord(options: chosen(options), tables: tables, vectors: vectors))
    } catch {
      throw error.status == .memory || error.status.rawValue > 0 ? error : Failure(.fileFormat, "\(name) holds training that this library cannot go on with: \(error.message)")
    }
  }

  /// The names of a checkpoint's vectors in their order. Version 0.1.0 did not write them: they follow from the optimizer.
  static func vectorNames(_ header: JSON) throws(Failure) -> [String] {
    if let names = header["vectors"]?.elements { return names.compactMap(\.text) }
    return try TrainerRecord.vectorNames(chosen(header["options"]?.members ?? []))
  }

  private static func chosen(_ options: [(key: String, value: JSON)]) -> [(key: String, value: OptionValue)] { options.map { ($0.key, OptionValue($0.value)) } }

  /// Saves a trainer; the path always holds the complete old file or the complete new one.
  /// - Throws: `file` naming the path and the reason; what `encode` throws.
  package static func save(_ trainer: Trainer, to path: String, libraryVersion: String) throws(Failure) {
    let file = try encode(trainer, libraryVersion: libraryVersion)
    defer { withExtendedLifetime(file) {} }
    try writeAtomically(UnsafeRawBufferPointer(start: file.base, count: file.byteCount), to: path)
  }

  /// Loads a trainer from a file.
  /// - Throws: `file` if it is missing or cannot be read; what `decode` throws.
  package static func load(_ path: String) throws(Failure) -> Trainer {
    let file = try readWholeFile(path)
    defer { withExtendedLifetime(file) {} }
    return try decode(UnsafeRawBufferPointer(start: file.base, count: file.byteCount), name: "'\(path.prefix(512))'")
  }
}

/// Sorts elements by a list of their names; elements that are not in the list follow in their present order.
private func ordered<Element>(_ elements: [Element], as names: [String], _ name: (Element) -> String) -> [Element] {
  let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  return elements.enumerated().sorted { a, b in
    (places[name(a.element)] ?? Int.max, a.offset) < (places[name(b.element)] ?? Int.max, b.offset)
  }.map(\.element)
}

extension ModelContents {
  /// The contents of the model alone, without the trainer.
  var withoutTraining: ModelContents { with(tensors: tensors.filter { !$0.name.hasPrefix(CheckpointFile.prefix) }, training: nil) }
}

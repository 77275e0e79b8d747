import LinearAlgebra
import Networks
import Settings

/// Networks as model files: specification, parameters bit for bit, and normalization (tensors `normalization.shift` and `normalization.scale`, float64).
package enum ModelFile {
  /// Names of the two tensors of a normalization. Version 0.1.0 wrote them behind the parameters and in their precision.
  private static let shift = "normalization.shift"
  private static let scale = "normalization.scale"

  /// The bytes of a network's model file.
  /// - Parameter libraryVersion: the version that is noted as the writer ("0.2.0").
  /// - Throws: `memory`; `outOfRange` for a network past the format's limits.
  package static func encode(_ network: Network, libraryVersion: String) throws(Failure) -> Buffer {
    // The snapshot owns the memory that the contents point to.
    let snapshot = network.snapshot
    defer { withExtendedLifetime(snapshot) {} }
    return try ModelContents(libraryVersion: libraryVersion, specification: try network.plan.specification.json.written(), tensors: tensors(network.plan, snapshot)).encoded()
  }

  /// The tensors of a network, which point into the snapshot.
  static func tensors(_ plan: NetworkPlan, _ snapshot: ParameterSnapshot) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    // Doubles come first: they are aligned in files of either precision.
    if let normalization = snapshot.normalization {
      tensors.append(StoredTensor(name: shift, shape: [plan.inputs], values: normalization.shift))
      tensors.append(StoredTensor(name: scale, shape: [plan.inputs], values: normalization.scale))
    }
    return tensors + plan.tensors.map { StoredTensor(name: $0.name, shape: $0.shape, values: snapshot.parameters[$0.range]) }
  }

  /// The network of a model file's bytes.
  /// - Throws: what `ModelContents.init(decoding:name:)` throws; `fileFormat` when specification and tensors do not go together; `memory`.
  package static func decode(_ bytes: UnsafeRawBufferPointer, name: String = "the model") throws(Failure) -> Network {
    try network(of: try ModelContents(decoding: bytes, name: name), name: name)
  }

  /// The network of a file's contents. A checkpoint's other tensors are passed over: it serves as a model too.
  static func network(of contents: ModelContents, name: String) throws(Failure) -> Network {
    let contents = contents.withoutTraining
    let plan: NetworkPlan
    do throws(Failure) {
      plan = try NetworkPlan(NetworkSpecification(json: try JSON.read(contents.specification, limit: ModelFormat.mostHeaderBytes, what: "specification")))
    } catch {
      throw error.status == .memory ? error : Failure(.fileFormat, "\(name) holds a specification that this library does not accept: \(error.message)")
    }
    let ofNormalization = contents.tensors.filter { $0.name == shift || $0.name == scale }
    let ofParameters = contents.tensors.filter { $0.name != shift && $0.name != scale }
    try check(ofParameters, against: plan, name: name)
    return try withExtendedLifetime(contents.memory) { () throws(Failure) in
      // Same precision, same order, no gaps: all parameters are one vector.
      let parameters = Vector(ofParameters[0].values.base, count: plan.parameterCount, precision: plan.precision)
      var normalization: Normalization?
      if !ofNormalization.isEmpty {
        guard ofNormalization.map(\.name) == [shift, scale], ofNormalization.allSatisfy({ $0.shape == [plan.inputs] }) else {
          throw Failure(.fileFormat, "\(name) holds a normalization that is not \(shift) and \(scale), both of shape [\(plan.inputs)]")
        }
        let values = ofNormalization.map { row($0.values) }
        normalization = try Normalization(shift: values[0], scale: values[1], inputs: plan.inputs, precision: plan.precision)
      }
      return try Network(plan, ParameterSnapshot(copying: parameters, normalization: normalization))
    }
  }

  /// Saves a network: the old file or the new one is there, never a part.
  /// - Throws: `file` naming the path and the reason, the old file being untouched; what `encode` throws.
  package static func save(_ network: Network, to path: String, libraryVersion: String) throws(Failure) {
    let file = try encode(network, libraryVersion: libraryVersion)
    defer { withExtendedLifetime(file) {} }
    try writeAtomically(UnsafeRawBufferPointer(start: file.base, count: file.byteCount), to: path)
  }

  /// Loads a network from a file.
  /// - Throws: `file` when it is missing or cannot be read; what `decode` throws.
  package static func load(_ path: String) throws(Failure) -> Network {
    let file = try readWholeFile(path)
    defer { withExtendedLifetime(file) {} }
    return try decode(UnsafeRawBufferPointer(start: file.base, count: file.byteCount), name: "'\(path.prefix(512))'")
  }

  private static func row(_ vector: Vector) -> TensorView {
    TensorView(vector.base, type: ElementType(vector.precision), rows: 1, columns: vector.count)
  }

  /// The tensors are those that the specification asks for, one after another.
  private static func check(_ tensors: [StoredTensor], against plan: NetworkPlan, name: String) throws(Failure) {
    guard !plan.tensors.isEmpty else { throw Failure(.fileFormat, "\(name) holds a network without parameters") }
    guard tensors.count == plan.tensors.count else {
      throw Failure(.fileFormat, "\(name) holds \(tensors.count) tensors of parameters; its specification asks for \(plan.tensors.count)")
    }
    for (tensor, wanted) in zip(tensors, plan.tensors) {
      guard tensor.values.base == tensors[0].values.base + wanted.range.lowerBound * plan.precision.byteCount else {
        throw Failure(.fileFormat, "\(name) holds another tensor before \(wanted.name), among the parameters")
      }
      guard tensor.name == wanted.name, tensor.shape == wanted.shape, tensor.values.precision == plan.precision else {
        throw Failure(
          .fileFormat,
          "\(name) holds \(tensor.name.prefix(64)) of shape \(tensor.shape) in \(tensor.values.precision.name) where its specification asks for "
            + "\(wanted.name) of shape \(wanted.shape) in \(plan.precision.name)")
      }
    }
  }
}

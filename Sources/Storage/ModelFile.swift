import LinearAlgebra
import Networks
import Settings

/// Networks as model files: specification, parameters bit for bit, the normalization of the inputs (tensors `normalization.shift` and `normalization.scale`, and `normalization.squash` if there are squashed features, float64), and the scaling of the targets
/// (`targets.shift` and `targets.scale`, float64).
package enum ModelFile {
  /// The names of the two tensors of a normalization. Version 0.1.0 wrote them after the parameters and in the parameters' precision.
  private static let shift = "normalization.shift"
  private static let scale = "normalization.scale"
  /// The tensor that a normalization has only if it squashes features: 1 for these, 0 for the others.
  private static let squash = "normalization.squash"
  /// The names of the two tensors of a scaling of the targets.
  private static let targetShift = "targets.shift"
  private static let targetScale = "targets.scale"

  /// The bytes of a network's model file.
  /// - Parameters:
  ///   - parameters: one version of its parameters; the present one unless another is given.
  ///   - libraryVersion: the version to be stored as the writer's ("0.2.0").
  /// - Throws: `memory`; `outOfRange` for a network beyond the format's limits.
  package static func encode(_ network: Network, _ parameters: ParameterSnapshot? = nil, libraryVersion: String) throws(Failure) -> Buffer {
    // The snapshot owns the memory that the contents point to.
    let snapshot = parameters ?? network.snapshot
    defer { withExtendedLifetime(snapshot) {} }
    return try ModelContents(
      libraryVersion: libraryVersion, specification: try network.plan.specification.json.written(), metadata: network.metadata, tensors: tensors(network.plan, snapshot)
    ).encoded()
  }

  /// The tensors of a network, which point into the snapshot.
  static func tensors(_ plan: NetworkPlan, _ snapshot: ParameterSnapshot) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    // Tensors of float64 come first, so that they are aligned in files of either precision.
    if let normalization = snapshot.normalization {
      tensors.append(StoredTensor(name: shift, shape: [plan.inputs], values: normalization.shift))
      tensors.append(StoredTensor(name: scale, shape: [plan.inputs], values: normalization.scale))
      if !normalization.squashed.isEmpty { tensors.append(StoredTensor(name: squash, shape: [plan.inputs], values: normalization.flags)) }
    }
    if let scaling = snapshot.targetScaling {
      tensors.append(StoredTensor(name: targetShift, shape: [plan.targetsOfStep], values: scaling.shift))
      tensors.append(StoredTensor(name: targetScale, shape: [plan.targetsOfStep], values: scaling.scale))
    }
    return tensors + plan.tensors.map { StoredTensor(name: $0.name, shape: $0.shape, values: snapshot.parameters[$0.range]) }
  }

  /// The network of a model file's bytes.
  /// - Throws: what `ModelContents.init(decoding:name:)` throws; `fileFormat` if specification and tensors do not go together; `memory`.
  package static func decode(_ bytes: UnsafeRawBufferPointer, name: String = "the model") throws(Failure) -> Network {
    try network(of: try contents(of: bytes, name: name), name: name)
  }

  /// The contents of a model file or checkpoint, also if another program has written them in another order.
  static func contents(of bytes: UnsafeRawBufferPointer, name: String) throws(Failure) -> ModelContents {
    try ModelContents(decoding: bytes, name: name) { contents throws(Failure) in
      let plan = try plan(of: contents, name: name)
      let parameters = plan.tensors.map(\.name)
      // A normalization comes first; version 0.1.0 wrote it behind the parameters.
      let targets = contents.tensors.contains { $0.name == targetShift } ? [targetShift, targetScale] : []
      let squashing = contents.tensors.contains { $0.name == squash } ? [squash] : []
      let own = contents.tensors.contains { $0.name == shift } ? [[shift, scale] + squashing + targets + parameters, parameters + [shift, scale]] : [targets + parameters]
      guard let training = contents.training else { return own }
      // Tables come first, vectors last.
      let header = try JSON.read(training, limit: ModelFormat.mostHeaderBytes, status: .fileFormat, what: "\(name), training")
      let tables = header["columns"]?.members?.map(\.key) ?? []
      let vectors = try CheckpointFile.vectorNames(header)
      return own.map { own in tables.map { CheckpointFile.prefix + $0 } + own + vectors.map { CheckpointFile.prefix + $0 } }
    }
  }

  private static func plan(of contents: ModelContents, name: String) throws(Failure) -> NetworkPlan {
    do throws(Failure) {
      return try NetworkPlan(NetworkSpecification(json: try JSON.read(contents.specification, limit: ModelFormat.mostHeaderBytes, what: "specification")))
    } catch {
      throw error.status == .memory || error.status.rawValue > 0 ? error : Failure(.fileFormat, "\(name) holds a specification that this library does not accept: \(error.message)")
    }
  }

  /// The network of a file's contents. A checkpoint is also a model file: its other tensors are ignored.
  static func network(of contents: ModelContents, name: String) throws(Failure) -> Network {
    let contents = contents.withoutTraining
    let plan = try plan(of: contents, name: name)
    let tensors = try ordered(contents, as: plan, name: name)
    return try withExtendedLifetime(contents.memory) { () throws(Failure) in
      func pair(_ first: String) -> (shift: TensorView, scale: TensorView)? {
        tensors.firstIndex { $0.name == first }.map { (row(tensors[$0].values), row(tensors[$0 + 1].values)) }
      }
      var scaling = DataScaling()
      if let (shift, scale) = pair(shift) {
        let flags = tensors.first { $0.name == squash }.map { row($0.values) }
        do throws(Failure) {
          let squashed = try flags.map { (flags) throws(Failure) in try plan.squashedFeatures(flags, called: squash) } ?? []
          scaling.features = try Normalization(shift: shift, scale: scale, squashed: squashed, inputs: plan.inputs, precision: plan.precision)
        } catch {
          throw flags == nil || error.status == .memory ? error : Failure(.fileFormat, "\(name): \(error.message)")
        }
      }
      if let (shift, scale) = pair(targetShift) {
        guard plan.loss.targetScale != nil else { throw Failure(.fileFormat, "\(name) holds a scaling of targets, which its network's loss does not have") }
        do throws(Failure) { scaling.targets = try TargetScaling(shift: shift, scale: scale, for: plan) } catch {
          throw error.status == .memory ? error : Failure(.fileFormat, "\(name): \(error.message)")
        }
      }
      let snapshot = try ParameterSnapshot(plan: plan, scaling: scaling) { (parameters) throws(Failure) in
        for (place, tensor) in zip(plan.tensors, tensors) { try copyInPieces(tensor.values, into: parameters[place.range]) }
      }
      let network = try Network(plan, snapshot, metadata: contents.metadata, checksum: contents.checksum)
      // Another program may have written a record of columns that cannot be used. (One with a checksum may be that of a later version, of which the rest can be used.)
      if contents.checksum == .absent { _ = try network.columns() }
      return network
    }
  }

  /// Saves a network; the path always holds the complete old file or the complete new one.
  /// - Throws: `file` naming the path and the reason, with the old file unchanged; what `encode` throws.
  package static func save(_ network: Network, to path: String, libraryVersion: String) throws(Failure) {
    let file = try encode(network, libraryVersion: libraryVersion)
    defer { withExtendedLifetime(file) {} }
    try writeAtomically(UnsafeRawBufferPointer(start: file.base, count: file.byteCount), to: path)
  }

  /// Loads a network from a file.
  /// - Throws: `file` if it is missing or cannot be read; what `decode` throws.
  package static func load(_ path: String) throws(Failure) -> Network {
    let file = try readWholeFile(path)
    defer { withExtendedLifetime(file) {} }
    return try decode(UnsafeRawBufferPointer(start: file.base, count: file.byteCount), name: "'\(path.prefix(512))'")
  }

  private static func row(_ vector: Vector) -> TensorView {
    TensorView(vector.base, type: ElementType(vector.precision), rows: 1, columns: vector.count)
  }

  /// The tensors that the specification requires, in its order, and after them the two of a normalization, if there is one, in either precision, its flags of squashed features, and the two of a scaling of the targets.
  private static func ordered(_ contents: ModelContents, as plan: NetworkPlan, name: String) throws(Failure) -> [StoredTensor] {
    var expected: [(name: String, shape: [Int], precision: Precision?)] = plan.tensors.map { ($0.name, $0.shape, plan.precision) }
    guard !expected.isEmpty else { throw Failure(.fileFormat, "\(name) holds a network without parameters") }
    let names = contents.tensors.map(\.name)
    if names.contains(shift) || names.contains(scale) || names.contains(squash) { expected += [(shift, [plan.inputs], nil), (scale, [plan.inputs], nil)] }
    if names.contains(squash) { expected.append((squash, [plan.inputs], .float64)) }
    if names.contains(targetShift) || names.contains(targetScale) { expected += [(targetShift, [plan.targetsOfStep], .float64), (targetScale, [plan.targetsOfStep], .float64)] }
    guard contents.tensors.count == expected.count else {
      throw Failure(.fileFormat, "\(name) holds \(contents.tensors.count) tensors; its specification asks for \(plan.tensors.count), or 2 more with a normalization, 1 more where it squashes features, and 2 more where targets are scaled")
    }
    let found = Dictionary(contents.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var tensors: [StoredTensor] = []
    for wanted in expected {
      guard let tensor = found[wanted.name] else {
        throw Failure(.fileFormat, "\(name) lacks the tensor \(wanted.name) of shape \(wanted.shape) that its specification asks for")
      }
      guard tensor.shape == wanted.shape, tensor.values.precision == wanted.precision ?? tensor.values.precision else {
        throw Failure(
          .fileFormat,
          "\(name) holds \(tensor.name.prefix(64)) of shape \(tensor.shape) in \(tensor.values.precision.name) where its specification asks for "
            + "shape \(wanted.shape) in \(plan.precision.name)")
      }
      tensors.append(tensor)
    }
    return tensors
  }
}

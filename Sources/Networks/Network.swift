import Glibc
import LinearAlgebra
import Settings

/// A network: its plan, which never changes, and its present parameters, which are always replaced all at once.
///
/// Any number of threads may read; each reader works with the snapshot that it took.
package final class Network: @unchecked Sendable {
  package let plan: NetworkPlan
  /// Whether the network was loaded from a file, and whether that file had a checksum.
  package let checksum: StoredChecksum
  private let lock = ForkSafeLock()
  private var present: ParameterSnapshot
  private var notes: Metadata
  /// How often the metadata have been changed.
  private var notesVersion = 0
  /// The record of columns as it was last read, with the version of the metadata that it was read from.
  private var readColumns: (version: Int, record: ColumnRecord?)?
  /// A predictor of few samples with the present parameters that no call uses now.
  private var idlePredictor: Predictor?

  /// - Throws: what `NetworkPlan.init` throws; `.memory`.
  package convenience init(_ specification: NetworkSpecification) throws(Failure) {
    let plan = try NetworkPlan(specification)
    try self.init(plan, try ParameterSnapshot(plan: plan, scaling: DataScaling(), isInitial: true) { (parameters) throws(Failure) in try initialize(parameters, plan, seed: plan.seed) })
  }

  /// A network with the given `plan.parameterCount` parameters.
  /// - Throws: `.shapeMismatch` for another number of parameters; `.notFinite` naming the tensor; `.outOfRange` for a negative running variance; the reason why the work must end.
  package init(_ plan: NetworkPlan, _ snapshot: ParameterSnapshot, metadata: Metadata = Metadata(), checksum: StoredChecksum = .notLoaded) throws(Failure) {
    try Self.check(snapshot.parameters, plan)
    for tensor in plan.tensors where try !allFiniteInPieces(snapshot.parameters[tensor.range]) {
      throw Failure(.notFinite, "the parameters \(tensor.name) hold NaN or infinity in \(plan.precision.name); they must be finite")
    }
    try plan.checkVariances(snapshot.parameters)
    self.plan = plan
    self.checksum = checksum
    present = snapshot
    notes = metadata
  }

  private static func check(_ parameters: Vector, _ plan: NetworkPlan) throws(Failure) {
    guard parameters.count == plan.parameterCount else {
      throw Failure(.shapeMismatch, "\(parameters.count) parameters given; the network has \(plan.parameterCount)")
    }
    precondition(parameters.precision == plan.precision, "parameters in another precision than the network's")
  }

  /// The caller's metadata of the network.
  package var metadata: Metadata {
    lock.locked { notes }
  }

  /// Sets or removes the text under a key.
  /// - Throws: what `Metadata.set` throws.
  package func setMetadata(_ key: String, _ value: String?) throws(Failure) {
    try changeMetadata { (notes) throws(Failure) in try notes.set(key, value) }
  }

  /// What the network remembers of the columns of its training data; nil if it was trained with plain numbers.
  /// - Throws: `fileFormat` if it was loaded from a file whose record cannot be read.
  package func columns() throws(Failure) -> ColumnRecord? {
    let (known, text, version) = lock.locked { (readColumns, notes[Metadata.columnsKey], notesVersion) }
    if let known, known.version == version { return known.record }
    let record = try text.map { (text) throws(Failure) in try ColumnRecord(text, status: .fileFormat) }
    if let record { try checkColumns(record, .fileFormat) }
    lock.locked { readColumns = (version, record) }
    return record
  }

  /// Sets what the network remembers of columns; nil forgets it.
  /// - Throws: `incompatible` for a record of other features or classes than the network's; `outOfRange` if it is too long.
  package func setColumns(_ record: ColumnRecord?) throws(Failure) {
    if let record { try checkColumns(record, .incompatible) }
    let text = try record.map { (record) throws(Failure) in try record.json.written() }
    try changeMetadata { (notes) throws(Failure) in try notes.setColumns(text) }
  }

  private func checkColumns(_ record: ColumnRecord, _ status: Status) throws(Failure) {
    if let features = record.features, features != plan.inputs { throw Failure(status, "the record of columns describes \(features) features; the network has inputs \(plan.inputs)") }
    guard let target = record.target else { return }
    if let names = target.classes, names.count > plan.classes {
      throw Failure(status, "the record of columns names \(names.count) classes; the network has \(plan.classes == 0 ? "none, because its loss has values" : "\(plan.classes)")")
    }
  }

  private func changeMetadata(_ change: (inout Metadata) throws(Failure) -> Void) throws(Failure) {
    while true {
      var (next, version) = lock.locked { (notes, notesVersion) }
      try change(&next)
      // If another thread has changed them meanwhile, its change is kept, and this one is made again.
      let isSet = lock.locked { () -> Bool in
        guard notesVersion == version else { return false }
        swap(&notes, &next)
        notesVersion += 1
        return true
      }
      if isSet { return }
    }
  }

  /// A network with the same parameters and metadata. Because snapshots never change, the two networks share one until either of them gets another.
  package func copied() throws(Failure) -> Network { try Network(plan, snapshot, metadata: metadata, checksum: checksum) }

  /// The present parameters. Their vector is a view: keep the snapshot alive as long as the vector is used.
  package var snapshot: ParameterSnapshot {
    lock.locked { present }
  }

  /// Replaces the present parameters by a copy of `parameters` and gives their version. On failure nothing changes.
  /// - Throws: `.shapeMismatch` for another number of parameters; `.notFinite`; `.outOfRange` for a negative running variance; `.memory`; the reason why the work must end.
  @discardableResult package func replaceParameters(with parameters: Vector) throws(Failure) -> Int {
    try Self.check(parameters, plan)
    // No lock is held while the parameters are copied: it may take long, and a tick of the caller's may be called meanwhile.
    let next = try ParameterSnapshot(plan: plan, scaling: DataScaling()) { (copied) throws(Failure) in
      try Watch.pieces(parameters.count) { (piece) throws(Failure) in
        guard allFinite(parameters[piece]) else { throw Failure(.notFinite, "the parameters hold NaN or infinity; they must be finite") }
        copy(parameters[piece], into: copied[piece])
      }
      try plan.checkVariances(copied)
    }
    return update { present in ParameterSnapshot(sharing: next, scaling: present.scaling, version: present.version + 1) }
  }

  /// As `replaceParameters`, for a trainer that publishes its iterate: the copy is completed in any case, with the pulse going on, and replaces the parameters only if these still have the given version.
  /// - Returns: the new version; nil if other parameters have been set, which then stay.
  /// - Throws: `.notFinite`; `.memory`.
  package func publish(_ parameters: Vector, over version: Int) throws(Failure) -> Int? {
    try Self.check(parameters, plan)
    let next = try ParameterSnapshot(plan: plan, scaling: DataScaling()) { (copied) throws(Failure) in
      var isFinite = true
      Watch.allPieces(parameters.count) { piece in
        isFinite = isFinite && allFinite(parameters[piece])
        copy(parameters[piece], into: copied[piece])
      }
      guard isFinite else { throw Failure(.notFinite, "the parameters hold NaN or infinity; they must be finite") }
    }
    while true {
      let before = snapshot
      guard before.version == version else { return nil }
      if replace(before, by: ParameterSnapshot(sharing: next, scaling: before.scaling, version: version + 1)) { return version + 1 }
    }
  }

  /// Whether the present parameters are those that were drawn from a seed. A loaded network does not know it; its parameters are compared with those of its specification's seed.
  /// - Throws: `memory`; the reason why the work must end.
  package func isInitial() throws(Failure) -> Bool {
    let snapshot = snapshot
    if snapshot.isInitial { return true }
    if checksum == .notLoaded { return false }
    let drawn = try ParameterSnapshot(plan: plan, scaling: DataScaling()) { (parameters) throws(Failure) in try initialize(parameters, plan, seed: plan.seed) }
    var isEqual = true
    try Watch.pieces(plan.parameterCount) { piece in
      let size = piece.count * plan.precision.byteCount
      isEqual = isEqual && memcmp(snapshot.parameters[piece].base, drawn.parameters[piece].base, size) == 0
    }
    withExtendedLifetime((snapshot, drawn)) {}
    return isEqual
  }

  /// Gives a network the scaling that its first training has chosen, unless one has been set meanwhile.
  package func adopt(_ scaling: DataScaling) {
    if let sequence = plan.sequence { scaling.features?.exempt(sequence.format) }
    update { present in
      ParameterSnapshot(
        sharing: present, scaling: DataScaling(features: present.normalization ?? scaling.features, targets: present.targetScaling ?? scaling.targets), version: present.version)
    }
  }

  /// Replaces the normalization; nil removes it. For times and masks of sequences it becomes the identity, so that they enter as they are.
  package func replaceNormalization(with normalization: Normalization?) {
    if let sequence = plan.sequence { normalization?.exempt(sequence.format) }
    update { present in ParameterSnapshot(sharing: present, scaling: DataScaling(features: normalization, targets: present.targetScaling), version: present.version) }
  }

  /// Squashes these features, and no others, with the normalization that there is.
  /// - Throws: `.state` if there is none and some feature is to be squashed; `.memory`.
  package func replaceSquashing(_ features: [Int]) throws(Failure) {
    while true {
      let before = snapshot
      guard let normalization = before.normalization else {
        if features.isEmpty { return }
        throw Failure(.state, "this network has no normalization, whose results are squashed; sode_network_set_normalization gives it one")
      }
      let squashing = DataScaling(features: try normalization.squashing(features), targets: before.targetScaling)
      if replace(before, by: ParameterSnapshot(sharing: before, scaling: squashing, version: before.version)) { return }
    }
  }

  /// Replaces the scaling of the targets; nil removes it. The parameters stay, so that the network's outputs change with it.
  package func replaceTargetScaling(with scaling: TargetScaling?) {
    update { present in ParameterSnapshot(sharing: present, scaling: DataScaling(features: present.normalization, targets: scaling), version: present.version) }
  }

  /// Draws new parameters.
  package func initializeParameters(seed: UInt64) throws(Failure) {
    // No lock is held while the parameters are drawn: it may take long, and a tick of the caller's may be called meanwhile.
    let drawn = try ParameterSnapshot(plan: plan, scaling: DataScaling(), isInitial: true) { (parameters) throws(Failure) in try initialize(parameters, plan, seed: seed) }
    update { present in ParameterSnapshot(sharing: drawn, scaling: present.scaling, version: present.version + 1) }
  }

  /// Replaces the numbers of one tensor, given as a matrix in row-major order.
  /// - Throws: `.shapeMismatch` if `value` has another number of elements; `.notFinite`, also for a number too large for the precision; `.outOfRange` for a negative running variance; `.memory`; the reason why the work must end.
  package func replace(_ tensor: ParameterTensor, with value: TensorView) throws(Failure) {
    guard value.rows * value.columns == tensor.range.count else {
      throw Failure(.shapeMismatch, "\(tensor.name) has shape \(tensor.shape), \(tensor.range.count) numbers; \(value.rows * value.columns) were given")
    }
    if let place = try firstUnheldInPieces(value, by: .float64) {
      throw Failure(.notFinite, "the value for \(tensor.name) holds NaN or infinity at element \(place.row * value.columns + place.column)")
    }
    // No lock is held while the parameters are copied. If another thread replaces them meanwhile, the copy is made again from the new ones.
    while true {
      let before = snapshot
      let next = try withExtendedLifetime(before) { () throws(Failure) in
        try ParameterSnapshot(copying: before.parameters, scaling: before.scaling, version: before.version + 1)
      }
      try convertInPieces(value, into: next.parameters[tensor.range])
      guard try allFiniteInPieces(next.parameters[tensor.range]) else {
        throw Failure(.notFinite, "the value for \(tensor.name) holds a number too large for \(plan.precision.name)")
      }
      try plan.checkVariances(next.parameters, within: tensor.range)
      if replace(before, by: next) { return }
    }
  }

  package func tensor(_ name: String) throws(Failure) -> ParameterTensor {
    guard let found = plan.tensors.first(where: { $0.name == name }) else {
      throw unknownName(name, what: "parameter", allowed: plan.tensors.map(\.name))
    }
    return found
  }

  /// The most samples of a prediction for which the network keeps a predictor: those of the smallest tile.
  package static let keptSamples = 64
  /// The most bytes of scratch memory that a kept predictor may hold. A network with larger states predicts for so long that making a predictor does not matter.
  package static let keptBytes = 1 << 20

  /// Calls `body` with a predictor of at least `samples` samples for the calling thread alone.
  ///
  /// For at most `keptSamples` samples the network keeps one such predictor between calls, because making it takes longer than a small network's prediction. It grows with the samples asked for.
  /// Its scratch memory is a few states of one tile, at most `keptBytes`, and counts as held; the prepared weights belong to the snapshot and stay in any case. Where memory for this network is refused, its kept
  /// predictor is given up (`withoutIdlePredictor`). Memory for other objects cannot ask for it, because no list of all networks exists.
  /// - Parameter threads: at least 1; few samples are one tile, which one thread predicts.
  package func withPredictor<Result>(samples: Int, threads: Int, _ body: (Predictor) throws(Failure) -> Result) throws(Failure) -> Result {
    guard samples <= Self.keptSamples else {
      return try body(try withoutIdlePredictor { () throws(Failure) in try Predictor(self, maximumBatch: samples, threads: threads) })
    }
    let idle = exchangeIdlePredictor(nil)
    let predictor: Predictor
    if let idle, idle.maximumBatch >= samples { predictor = idle } else { predictor = try Predictor(self, maximumBatch: samples == 1 ? 1 : Self.keptSamples, threads: 1) }
    defer { _ = exchangeIdlePredictor(predictor) }
    return try body(predictor)
  }

  /// Makes something that needs memory. If the memory is refused while the network keeps a predictor, this is given up, and `make` is called once more.
  package func withoutIdlePredictor<Result>(_ make: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) {
      return try make()
    } catch {
      guard error.status == .memory, exchangeIdlePredictor(nil) != nil else { throw error }
    }
    return try make()
  }

  /// Frees the kept predictor, if there is one.
  package func giveUpIdlePredictor() { _ = exchangeIdlePredictor(nil) }

  /// Keeps a predictor, if it has the present parameters and is small, or nil. Gives the one that was kept before; nothing is freed under the lock.
  private func exchangeIdlePredictor(_ next: Predictor?) -> Predictor? {
    lock.locked {
      let before = idlePredictor
      idlePredictor = next.flatMap { $0.isOf(present) && $0.byteCount <= Self.keptBytes ? $0 : nil }
      return before
    }
  }

  @discardableResult private func update(_ change: (ParameterSnapshot) -> ParameterSnapshot) -> Int {
    while true {
      let before = snapshot
      let next = change(before)
      if replace(before, by: next) { return next.version }
    }
  }

  /// Makes `next` the present snapshot if `before` still is. What is replaced is freed after the lock is left, because freeing large memory takes long.
  private func replace(_ before: ParameterSnapshot, by next: ParameterSnapshot) -> Bool {
    // The predictor has the parameters from before the change.
    defer { giveUpIdlePredictor() }
    return lock.locked {
      guard present === before else { return false }
      present = next
      return true
    }
  }
}

/// Draws each tensor's initial values as the tensor declares: normal weights, zero biases and so on. Tensor i uses stream i of the seed, so that its values do not depend on other tensors.
/// - Throws: why the work must end.
func initialize(_ parameters: Vector, _ plan: NetworkPlan, seed: UInt64) throws(Failure) {
  for (index, tensor) in plan.tensors.enumerated() {
    let values = parameters[tensor.range]
    var stream = RandomStream(seed: seed, stream: UInt64(index))
    // An even number of values at a time, because normally distributed values are drawn in pairs.
    try Watch.pieces(values.count, work: 8) { piece in
      let values = values[piece]
      switch tensor.initial {
      case .normal(let deviation) where deviation > 0: stream.normal(into: values, mean: 0, deviation: deviation)
      case .normal: fill(values, 0)
      case .uniform(let range): stream.uniform(into: values, low: range.lowerBound, high: range.upperBound)
      case .values(let pattern):
        for index in piece { values.store(pattern[index % pattern.count], at: index - piece.lowerBound) }
      }
    }
  }
}

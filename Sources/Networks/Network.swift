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
  private var lock = pthread_mutex_t()
  private var present: ParameterSnapshot
  private var notes: Metadata
  /// A predictor of one sample with the present parameters that no call uses now.
  private var idlePredictor: Predictor?

  /// - Throws: what `NetworkPlan.init` throws; `.memory`.
  package convenience init(_ specification: NetworkSpecification) throws(Failure) {
    let plan = try NetworkPlan(specification)
    try self.init(plan, try ParameterSnapshot(plan: plan, normalization: nil) { (parameters) throws(Failure) in try initialize(parameters, plan, seed: plan.seed) })
  }

  /// A network with the given `plan.parameterCount` parameters.
  /// - Throws: `.shapeMismatch` for another number of parameters; `.notFinite` naming the tensor.
  package init(_ plan: NetworkPlan, _ snapshot: ParameterSnapshot, metadata: Metadata = Metadata(), checksum: StoredChecksum = .notLoaded) throws(Failure) {
    try Self.check(snapshot.parameters, plan)
    if let tensor = plan.tensors.first(where: { !allFinite(snapshot.parameters[$0.range]) }) {
      throw Failure(.notFinite, "the parameters \(tensor.name) hold NaN or infinity in \(plan.precision.name); they must be finite")
    }
    self.plan = plan
    self.checksum = checksum
    present = snapshot
    notes = metadata
    pthread_mutex_init(&lock, nil)
  }

  deinit { pthread_mutex_destroy(&lock) }

  private static func check(_ parameters: Vector, _ plan: NetworkPlan) throws(Failure) {
    guard parameters.count == plan.parameterCount else {
      throw Failure(.shapeMismatch, "\(parameters.count) parameters given; the network has \(plan.parameterCount)")
    }
    precondition(parameters.precision == plan.precision, "parameters in another precision than the network's")
  }

  /// The caller's metadata of the network.
  package var metadata: Metadata {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    return notes
  }

  /// Sets or removes the text under a key.
  /// - Throws: what `Metadata.set` throws.
  package func setMetadata(_ key: String, _ value: String?) throws(Failure) {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    try notes.set(key, value)
  }

  /// A network with the same parameters and metadata. Because snapshots never change, the two networks share one until either of them gets another.
  package func copied() throws(Failure) -> Network { try Network(plan, snapshot, metadata: metadata, checksum: checksum) }

  /// The present parameters. Their vector is a view: keep the snapshot alive as long as the vector is used.
  package var snapshot: ParameterSnapshot {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    return present
  }

  /// Replaces the present parameters by a copy of `parameters` and gives their version. On failure nothing changes.
  /// - Throws: `.shapeMismatch` for another number of parameters; `.notFinite`; `.memory`.
  @discardableResult package func replaceParameters(with parameters: Vector) throws(Failure) -> Int {
    try Self.check(parameters, plan)
    guard allFinite(parameters) else { throw Failure(.notFinite, "the parameters hold NaN or infinity; they must be finite") }
    return try update { (present) throws(Failure) in try ParameterSnapshot(copying: parameters, normalization: present.normalization, version: present.version + 1) }
  }

  /// Replaces the normalization; nil removes it. For times and masks of sequences it becomes the identity, so that they enter as they are.
  package func replaceNormalization(with normalization: Normalization?) throws(Failure) {
    if let sequence = plan.sequence { normalization?.exempt(sequence.format) }
    try update { (present) throws(Failure) in try ParameterSnapshot(copying: present.parameters, normalization: normalization, version: present.version) }
  }

  /// Draws new parameters.
  package func initializeParameters(seed: UInt64) throws(Failure) {
    // No lock is held while the parameters are drawn: it may take long, and a tick of the caller's may be called meanwhile.
    let drawn = try ParameterSnapshot(plan: plan, normalization: nil) { (parameters) throws(Failure) in try initialize(parameters, plan, seed: seed) }
    try update { (present) throws(Failure) in ParameterSnapshot(sharing: drawn, normalization: present.normalization, version: present.version + 1) }
  }

  /// Replaces the numbers of one tensor, given as a matrix in row-major order.
  /// - Throws: `.shapeMismatch` if `value` has another number of elements; `.notFinite`, also for a number too large for the precision; `.memory`.
  package func replace(_ tensor: ParameterTensor, with value: TensorView) throws(Failure) {
    guard value.rows * value.columns == tensor.range.count else {
      throw Failure(.shapeMismatch, "\(tensor.name) has shape \(tensor.shape), \(tensor.range.count) numbers; \(value.rows * value.columns) were given")
    }
    if let place = firstNonFinite(value) {
      throw Failure(.notFinite, "the value for \(tensor.name) holds NaN or infinity at element \(place.row * value.columns + place.column)")
    }
    try update { (present) throws(Failure) in
      let next = try ParameterSnapshot(copying: present.parameters, normalization: present.normalization, version: present.version + 1)
      convert(value, into: next.parameters[tensor.range])
      guard allFinite(next.parameters[tensor.range]) else {
        throw Failure(.notFinite, "the value for \(tensor.name) holds a number too large for \(self.plan.precision.name)")
      }
      return next
    }
  }

  package func tensor(_ name: String) throws(Failure) -> ParameterTensor {
    guard let found = plan.tensors.first(where: { $0.name == name }) else {
      throw unknownName(name, what: "parameter", allowed: plan.tensors.map(\.name))
    }
    return found
  }

  /// Calls `body` with a predictor of one sample for the calling thread alone. The network keeps one such predictor between calls, because making it takes longer than a small network's prediction.
  package func withSamplePredictor<Result>(_ body: (Predictor) throws(Failure) -> Result) throws(Failure) -> Result {
    let predictor = if let idle = exchangeIdlePredictor(nil) { idle } else { try Predictor(self, maximumBatch: 1, threads: 1) }
    defer { _ = exchangeIdlePredictor(predictor) }
    return try body(predictor)
  }

  /// Keeps a predictor, if it has the present parameters, or nil. Gives the one that was kept before; nothing is freed under the lock.
  private func exchangeIdlePredictor(_ next: Predictor?) -> Predictor? {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    let before = idlePredictor
    idlePredictor = next.flatMap { $0.isOf(present) ? $0 : nil }
    return before
  }

  @discardableResult private func update(_ change: (ParameterSnapshot) throws(Failure) -> ParameterSnapshot) throws(Failure) -> Int {
    // The predictor has the parameters from before the change.
    defer { _ = exchangeIdlePredictor(nil) }
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    present = try change(present)
    return present.version
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

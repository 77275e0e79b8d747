import Glibc
import Gradients
import LinearAlgebra
import Settings

/// One immutable state of a network's parameters and normalization: what predictors and evaluations hold on to while training swaps in the next one.
package final class ParameterSnapshot: @unchecked Sendable {
  private let buffer: Buffer
  package let parameters: Vector
  package let normalization: Normalization?
  /// How often the network's parameters were replaced before: equal numbers of one network mean equal parameters.
  package let version: Int

  private var lock = pthread_mutex_t()
  private var inferenceMemory: (prepared: Buffer, extended: Buffer?)?

  /// A copy of `parameters`.
  package init(copying parameters: Vector, normalization: Normalization?, version: Int = 0) throws(Failure) {
    self.version = version
    buffer = try Buffer(count: parameters.count, precision: parameters.precision)
    self.parameters = buffer.vector(count: parameters.count, precision: parameters.precision)
    self.normalization = normalization
    pthread_mutex_init(&lock, nil)
    copy(parameters, into: self.parameters)
  }

  /// The parameters of `other` with another normalization, sharing its memory.
  init(sharing other: ParameterSnapshot, normalization: Normalization?, version: Int) {
    self.version = version
    (buffer, parameters) = (other.buffer, other.parameters)
    self.normalization = normalization
    pthread_mutex_init(&lock, nil)
  }

  /// Zeros, for `fill` to be written once before anything else sees the snapshot.
  package init(plan: NetworkPlan, normalization: Normalization?, version: Int = 0, fill: (Vector) throws(Failure) -> Void) throws(Failure) {
    self.version = version
    buffer = try Buffer(count: plan.parameterCount, precision: plan.precision)
    parameters = buffer.vector(count: plan.parameterCount, precision: plan.precision)
    self.normalization = normalization
    pthread_mutex_init(&lock, nil)
    try fill(parameters)
  }

  deinit { pthread_mutex_destroy(&lock) }

  /// The extended parameters with the operators prepared for single samples: made at the first call, shared by all predictors of this snapshot.
  ///
  /// Threads that call at once may each make them; the first made are kept. No lock is held meanwhile, because a tick of the caller's may come in between.
  package func inferenceWeights(_ plan: NetworkPlan) throws(Failure) -> Weights {
    let count = plan.preparedCount(for: .inference)
    let made = if let before = keptInferenceMemory(nil) { before } else { keptInferenceMemory(try makeInferenceMemory(plan)) }
    guard let made else { preconditionFailure("inference memory was made and not kept") }
    return Weights(
      parameters: made.extended.map { $0.vector(count: plan.extendedCount, precision: plan.precision) } ?? parameters,
      prepared: made.prepared.vector(count: count, precision: plan.precision), purpose: .inference)
  }

  /// What was kept before, or else `made`, which is then kept.
  private func keptInferenceMemory(_ made: (prepared: Buffer, extended: Buffer?)?) -> (prepared: Buffer, extended: Buffer?)? {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    if inferenceMemory == nil { inferenceMemory = made }
    return inferenceMemory
  }

  private func makeInferenceMemory(_ plan: NetworkPlan) throws(Failure) -> (prepared: Buffer, extended: Buffer?) {
    let count = plan.preparedCount(for: .inference)
    let prepared = try Buffer(count: count, precision: plan.precision)
    let extended = plan.isExtended ? try Buffer(count: plan.extendedCount, precision: plan.precision) : nil
    let weights = extended?.vector(count: plan.extendedCount, precision: plan.precision)
    if let weights { plan.extend(parameters, into: weights) }
    plan.prepare(weights ?? parameters, into: prepared.vector(count: count, precision: plan.precision), for: .inference)
    try Watch.check()
    return (prepared, extended)
  }
}

import Glibc
import Gradients
import LinearAlgebra
import Settings

/// One immutable state of a network's parameters and normalization: what predictors and evaluations hold on to while training swaps in the next one.
package final class ParameterSnapshot: @unchecked Sendable {
  private let buffer: Buffer
  package let parameters: Vector
  package let normalization: Normalization?

  private var lock = pthread_mutex_t()
  private var inferenceMemory: (prepared: Buffer, extended: Buffer?)?

  /// A copy of `parameters`.
  package init(copying parameters: Vector, normalization: Normalization?) throws(Failure) {
    buffer = try Buffer(count: parameters.count, precision: parameters.precision)
    self.parameters = buffer.vector(count: parameters.count, precision: parameters.precision)
    self.normalization = normalization
    pthread_mutex_init(&lock, nil)
    copy(parameters, into: self.parameters)
  }

  /// Zeros, for `fill` to be written once before anything else sees the snapshot.
  package init(plan: NetworkPlan, normalization: Normalization?, fill: (Vector) -> Void) throws(Failure) {
    buffer = try Buffer(count: plan.parameterCount, precision: plan.precision)
    parameters = buffer.vector(count: plan.parameterCount, precision: plan.precision)
    self.normalization = normalization
    pthread_mutex_init(&lock, nil)
    fill(parameters)
  }

  deinit { pthread_mutex_destroy(&lock) }

  /// The extended parameters with the operators prepared for single samples: made at the first call, shared by all predictors of this snapshot.
  package func inferenceWeights(_ plan: NetworkPlan) throws(Failure) -> Weights {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    let count = plan.preparedCount(for: .inference)
    let made: (prepared: Buffer, extended: Buffer?)
    if let before = inferenceMemory {
      made = before
    } else {
      made = try makeInferenceMemory(plan)
      inferenceMemory = made
    }
    return Weights(
      parameters: made.extended.map { $0.vector(count: plan.extendedCount, precision: plan.precision) } ?? parameters,
      prepared: made.prepared.vector(count: count, precision: plan.precision), purpose: .inference)
  }

  private func makeInferenceMemory(_ plan: NetworkPlan) throws(Failure) -> (prepared: Buffer, extended: Buffer?) {
    let count = plan.preparedCount(for: .inference)
    let prepared = try Buffer(count: count, precision: plan.precision)
    let extended = plan.isExtended ? try Buffer(count: plan.extendedCount, precision: plan.precision) : nil
    let weights = extended?.vector(count: plan.extendedCount, precision: plan.precision)
    if let weights { plan.extend(parameters, into: weights) }
    plan.prepare(weights ?? parameters, into: prepared.vector(count: count, precision: plan.precision), for: .inference)
    return (prepared, extended)
  }
}

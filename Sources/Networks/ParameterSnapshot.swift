import Gradients
import LinearAlgebra
import Settings

/// One immutable version of a network's parameters with the scaling of its inputs and targets. Predictors and evaluations keep it while training replaces it in the network.
package final class ParameterSnapshot: @unchecked Sendable {
  private let buffer: Buffer
  package let parameters: Vector
  package let scaling: DataScaling
  /// Whether the parameters are still those that were drawn from a seed: nobody has set them, and no training has changed them.
  package let isInitial: Bool
  /// The number of times that the network's parameters had been replaced: within one network, equal numbers mean equal parameters.
  package let version: Int

  package var normalization: Normalization? { scaling.features }
  package var targetScaling: TargetScaling? { scaling.targets }

  private let lock = ForkSafeLock()
  private var inferenceMemory: (prepared: Buffer, extended: Buffer?)?

  /// A copy of `parameters`.
  /// - Throws: `memory`; the reason why the work must end.
  package init(copying parameters: Vector, scaling: DataScaling, isInitial: Bool = false, version: Int = 0) throws(Failure) {
    self.version = version
    self.isInitial = isInitial
    buffer = try Buffer(count: parameters.count, precision: parameters.precision)
    self.parameters = buffer.vector(count: parameters.count, precision: parameters.precision)
    self.scaling = scaling
    try copyInPieces(parameters, into: self.parameters)
  }

  /// The parameters of `other` with another scaling or version, sharing its memory.
  init(sharing other: ParameterSnapshot, scaling: DataScaling, version: Int) {
    self.version = version
    isInitial = other.isInitial
    (buffer, parameters) = (other.buffer, other.parameters)
    self.scaling = scaling
  }

  /// A snapshot of zeros, which `fill` overwrites once, before the snapshot is shared.
  package init(plan: NetworkPlan, scaling: DataScaling, isInitial: Bool = false, version: Int = 0, fill: (Vector) throws(Failure) -> Void) throws(Failure) {
    self.version = version
    self.isInitial = isInitial
    buffer = try Buffer(count: plan.parameterCount, precision: plan.precision)
    parameters = buffer.vector(count: plan.parameterCount, precision: plan.precision)
    self.scaling = scaling
    try fill(parameters)
  }

  /// The extended parameters with the operators prepared for single samples. The first call makes them; all predictors of this snapshot share them.
  ///
  /// Threads that call at the same time may each make them; the first ones finished are kept. No lock is held meanwhile, because a tick of the caller's may be called.
  package func inferenceWeights(_ plan: NetworkPlan) throws(Failure) -> Weights {
    let count = plan.preparedCount(for: .inference)
    let made = if let before = keptInferenceMemory(nil) { before } else { keptInferenceMemory(try makeInferenceMemory(plan)) }
    guard let made else { preconditionFailure("inference memory was made and not kept") }
    return Weights(
      parameters: made.extended.map { $0.vector(count: plan.extendedCount, precision: plan.precision) } ?? parameters,
      prepared: made.prepared.vector(count: count, precision: plan.precision), purpose: .inference)
  }

  /// Gives the operators that are kept already; if there are none, keeps and gives `made`.
  private func keptInferenceMemory(_ made: (prepared: Buffer, extended: Buffer?)?) -> (prepared: Buffer, extended: Buffer?)? {
    lock.locked {
      if inferenceMemory == nil { inferenceMemory = made }
      return inferenceMemory
    }
  }

  private func makeInferenceMemory(_ plan: NetworkPlan) throws(Failure) -> (prepared: Buffer, extended: Buffer?) {
    let count = plan.preparedCount(for: .inference)
    let prepared = try Buffer(count: count, precision: plan.precision)
    let extended = plan.isExtended ? try Buffer(count: plan.extendedCount, precision: plan.precision) : nil
    let weights = extended?.vector(count: plan.extendedCount, precision: plan.precision)
    if let weights { try plan.extend(parameters, into: weights) }
    plan.prepare(weights ?? parameters, into: prepared.vector(count: count, precision: plan.precision), for: .inference)
    try Watch.check()
    return (prepared, extended)
  }
}

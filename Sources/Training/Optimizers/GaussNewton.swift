import LinearAlgebra
import Settings

/// Gauss–Newton with a trust region: each step minimizes gᵀx + ½xᵀBx within ‖x‖_M ≤ Δ by truncated conjugate gradients, where B is the Gauss–Newton matrix.
///
/// A step whose decrease falls short of the model's shrinks Δ and is tried again; a good step on the boundary doubles Δ.
/// Source: Conn, Gould & Toint 2000, algorithm 6.1.1; Newman, Ruthotto, Hart & van Bloemen Waanders 2021 for its use on networks.
package struct GaussNewton: Optimizer {
  package static let options: [OptionDescription] = TruncatedCG.options + [TrustRegion.option, Convergence.option]

  private let inner: TruncatedCG
  private let region: TrustRegion
  private let convergence: Convergence

  package init(_ values: OptionValues) throws(Failure) {
    inner = try TruncatedCG(values)
    region = try TrustRegion(values)
    convergence = try Convergence(values)
  }

  package var scalarNames: [String] { ["radius"] }
  package var scratchCount: Int { TruncatedCG.scratchCount + 2 }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let value = try convergence.begin(objective, iterate)
    guard iterate.ending == nil else { return }
    let (trial, trialGradient) = (iterate.scratch[TruncatedCG.scratchCount], iterate.scratch[TruncatedCG.scratchCount + 1])
    let found = try region.step(
      iterate, value: value, inner: inner,
      product: { direction, product throws(Failure) in try objective.gaussNewtonProduct(direction, at: iterate.parameters, fraction: self.inner.fraction, into: product) },
      precondition: { objective.precondition($0, into: $1) },
      evaluate: { step throws(Failure) in
        copy(iterate.parameters, into: trial)
        axpy(1, step, addingTo: trial)
        return try objective.gradient(at: trial, into: trialGradient)
      })
    guard let found else { return convergence.stay(objective, iterate, value: value) }
    iterate.accept(trial, value: found, gradient: trialGradient, of: objective)
  }
}

/// The radius of a trust region, carried from step to step in the first of the iterate's scalars.
struct TrustRegion {
  static let option = OptionDescription(
    "trust_radius", .real(0...Double.greatestFiniteMagnitude, openBelow: true), default: .real(1), unit: "1", "first radius of the trust region, in the norm of the preconditioner")

  let first: Double
  /// The number of radii that one step may try.
  private let mostTrials = 12

  init(_ values: OptionValues) throws(Failure) { first = try values.real(Self.option.key) }

  /// Finds a step with sufficient decrease and gives the objective there; nil if none of the radii gave such a step.
  ///
  /// - Parameters:
  ///   - iterate: its `gradient` is the model's gradient; the first scratch vectors are overwritten.
  ///   - evaluate: the objective after a step.
  func step(
    _ iterate: Iterate, value: Double, inner: TruncatedCG, product: (Vector, Vector) throws(Failure) -> Void, precondition: (Vector, Vector) -> Void,
    evaluate: (Vector) throws(Failure) -> Double
  ) throws(Failure) -> Double? {
    let scratch = iterate.scratch[0..<TruncatedCG.scratchCount]
    var radius = iterate.scalars[0] > 0 ? iterate.scalars[0] : first
    for _ in 0..<mostTrials {
      let model = try inner.minimize(gradient: iterate.gradient, radius: radius, scratch: scratch, product: product, precondition: precondition)
      guard model.model < 0 else { return nil }
      let reached = try evaluate(scratch[0])
      let quality = (value - reached) / -model.model
      if !(quality >= 0.25) {
        radius = 0.25 * model.norm
      } else if quality > 0.75, model.isOnBoundary {
        radius *= 2
      }
      if quality > 1e-4 {
        iterate.scalars[0] = radius
        return reached
      }
    }
    return nil
  }
}

import Glibc
import LinearAlgebra
import Settings

/// The step size control of an adaptive method, made from its block options.
///
/// A step is accepted if its error norm, √(1/n Σ_i (error_i / (absolute + relative·max(|y_i|, |y₊,i|)))²), is at most 1. The size of the next step is
///
///     h₊ = h·min(10, max(⅕, 0.95·norm^−α·norm_before^β)),   β = 0.02, α = 1/5 − ¾β
///
/// after an accepted step, where norm_before is the norm of the accepted step before it, and h·max(⅕, 0.95·norm^−α) after a rejected one. The accepted step that follows a rejected one does not let the size
/// grow. The first step size of a layer is found by the algorithm in II.4.
///
/// Source: Hairer, Nørsett & Wanner 1993, "Solving ordinary differential equations I", II.4, eqs. (4.11)–(4.14); Hairer & Wanner 1996, "… II", IV.2, eq. (2.43c), the controller with a
/// proportional part (Gustafsson 1991). The code DOPRI5 has β = 0.04 and a safety factor of 0.9. With half this β and a factor nearer to 1, neural equations were measured to need fewer steps.
package struct AdaptiveControl: Sendable {
  package var relativeTolerance = 1e-6
  package var absoluteTolerance = 1e-6
  /// The step size that is tried first; 0: estimated from the field.
  package var firstStep = 0.0
  /// The largest number of steps of a sample in a layer, accepted and rejected ones together.
  package var maximumSteps = 10_000
  /// The number of accepted steps of a layer that a record holds at least. If a layer takes no more, its derivatives solve no step again.
  package var recordedSteps = 32

  package init() {}

  static let options = [
    OptionDescription(
      "relative_tolerance", .real(1e-13...1), default: .real(1e-6), "error that one step may make, relative to the state; in float32 at least 1e-6"),
    OptionDescription("absolute_tolerance", .real(1e-30...1e6), default: .real(1e-6), unit: "state", "error that one step may make in addition to the relative one"),
    OptionDescription("first_step", .real(0...1e9), default: .real(0), unit: "time", "step size that is tried first in each layer; 0: it is estimated from the field"),
    OptionDescription("max_steps", .integer(1...1_000_000), default: .integer(10_000), unit: "steps", "most steps of a sample in one layer, rejected steps included; a sample that needs more ends in an error"),
    OptionDescription(
      "recorded_steps", .integer(1...10_000), default: .integer(32), unit: "steps",
      "steps of a layer that are kept for the gradient; earlier ones are computed again. At least √(2·max_steps) are kept in any case, so that no step is computed more than twice"),
  ]

  init(_ options: OptionValues) throws(Failure) {
    relativeTolerance = try options.real("relative_tolerance")
    absoluteTolerance = try options.real("absolute_tolerance")
    firstStep = try options.real("first_step")
    maximumSteps = try options.integer("max_steps")
    recordedSteps = try options.integer("recorded_steps")
  }

  /// Refuses a tolerance that rounding would hide: the error estimate of a step itself has an error of a few units in the last place of the state.
  func check(_ precision: Precision) throws(Failure) {
    let least = precision == .float32 ? 1e-6 : 1e-13
    guard relativeTolerance >= least else {
      throw Failure(
        .outOfRange, "relative_tolerance is \(relativeTolerance); in \(precision.name) it must be >= \(least), below which rounding hides the error of a step")
    }
  }

  private static let beta = 0.02
  private static let alpha = 0.2 - 0.75 * beta

  /// Decides from the error norm of a step of size h whether the step is accepted, and which size is tried next.
  ///
  /// - Parameters:
  ///   - logOfLast: log₂ of the error norm of the last accepted step. If this step is accepted, it becomes that of this step.
  ///   - wasRejected: whether the step before this one was rejected.
  func judge(_ norm: Double, h: Double, logOfLast: inout Double, wasRejected: Bool) -> (accepted: Bool, next: Double) {
    guard norm.isFinite else { return (false, 0.1 * h) }
    let log = log2(max(norm, 1e-10))
    guard norm <= 1 else { return (false, h * max(0.2, 0.95 * exp2(-Self.alpha * log))) }
    let growth = min(10, max(0.2, 0.95 * exp2(Self.beta * logOfLast - Self.alpha * log)))
    // A step with a tiny error says little about the next one, so its norm counts as at least 10⁻⁴.
    logOfLast = max(log, -13.287712379549449)
    return (true, h * (wasRejected ? min(growth, 1) : growth))
  }

  /// The size of the Euler step by which the second derivative is estimated, from the norms of y and of f(y).
  func trialStep(state: Double, slope: Double, length: Double) -> Double {
    let h = state < 1e-5 || slope < 1e-5 ? 1e-6 : 0.01 * state / slope
    return min(h.isFinite ? max(h, 1e-12 * length) : 1e-6 * length, length)
  }

  /// The first step size from the norm of f(y) and that of f(y + h₀f(y)) − f(y), for a method of this order.
  func startingStep(trial: Double, slope: Double, change: Double, order: Int) -> Double {
    let largest = max(slope, change / trial)
    guard largest.isFinite else { return trial }
    let h = largest <= 1e-15 ? max(1e-6, trial * 1e-3) : exp2(log2(0.01 / largest) / Double(order))
    return min(100 * trial, h)
  }
}

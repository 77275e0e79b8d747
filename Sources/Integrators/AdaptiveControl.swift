import Glibc
import LinearAlgebra
import Settings

/// The step size control of an adaptive method, made from its block options.
///
/// A step is accepted when its error norm, √(1/n Σ_i (error_i / (absolute + relative·max(|y_i|, |y₊,i|)))²), is at most 1. The next step size is
///
///     h₊ = h·min(10, max(⅕, 0.95·norm^−α·norm_before^β)),   β = 0.02, α = 1/5 − ¾β
///
/// after an accepted step, and h·max(⅕, 0.95·norm^−α) after a rejected one, after which the step size does not grow at once. The first step size of a layer is found by the algorithm of II.4.
///
/// Source: Hairer, Nørsett & Wanner 1993, "Solving ordinary differential equations I", II.4, eqs. (4.11)–(4.14); Hairer & Wanner 1996, "… II", IV.2, eq. (2.43c), the controller with a
/// proportional part (Gustafsson 1991). DOPRI5 has β = 0.04 for stiff problems; half of it, and a safety factor nearer to 1 than its 0.9, cost fewer steps on neural equations by measurement.
package struct AdaptiveControl: Sendable {
  package var relativeTolerance = 1e-6
  package var absoluteTolerance = 1e-6
  /// 0: automatic.
  package var firstStep = 0.0
  /// The most accepted and rejected steps of a sample in a layer.
  package var maximumSteps = 10_000
  /// Accepted steps of a layer whose derivatives need no step solved again, at least.
  package var recordedSteps = 32

  package init() {}

  static let options = [
    OptionDescription(
      "relative_tolerance", .real(1e-13...1), default: .real(1e-6), "error of a step allowed, relative to the state; float32 allows >= 1e-6"),
    OptionDescription("absolute_tolerance", .real(1e-30...1e6), default: .real(1e-6), unit: "state", "error of a step allowed besides the relative one"),
    OptionDescription("first_step", .real(0...1e9), default: .real(0), unit: "time", "first step size tried in each layer; 0 = chosen from the field"),
    OptionDescription("max_steps", .integer(1...1_000_000), default: .integer(10_000), unit: "steps", "the most steps of a sample in a layer, rejected ones among them"),
    OptionDescription(
      "recorded_steps", .integer(1...10_000), default: .integer(32), unit: "steps",
      "accepted steps of a layer that are kept for its gradient; never fewer than √(2·max_steps), with which no step is solved more than twice"),
  ]

  init(_ options: OptionValues) throws(Failure) {
    relativeTolerance = try options.real("relative_tolerance")
    absoluteTolerance = try options.real("absolute_tolerance")
    firstStep = try options.real("first_step")
    maximumSteps = try options.integer("max_steps")
    recordedSteps = try options.integer("recorded_steps")
  }

  /// Refuses a tolerance below the rounding error: the error estimate of a step carries a few units in the last place of the state.
  func check(_ precision: Precision) throws(Failure) {
    let least = precision == .float32 ? 1e-6 : 1e-13
    guard relativeTolerance >= least else {
      throw Failure(
        .outOfRange, "relative_tolerance is \(relativeTolerance); in \(precision.name) it must be >= \(least), below which rounding hides the error of a step")
    }
  }

  private static let beta = 0.02
  private static let alpha = 0.2 - 0.75 * beta

  /// Decides from the error norm of a step of size h whether the step is accepted, and which size to try next.
  ///
  /// - Parameters:
  ///   - logOfLast: log₂ of the norm of the last accepted step; becomes this one's.
  ///   - wasRejected: whether the step before was.
  func judge(_ norm: Double, h: Double, logOfLast: inout Double, wasRejected: Bool) -> (accepted: Bool, next: Double) {
    guard norm.isFinite else { return (false, 0.1 * h) }
    let log = log2(max(norm, 1e-10))
    guard norm <= 1 else { return (false, h * max(0.2, 0.95 * exp2(-Self.alpha * log))) }
    let growth = min(10, max(0.2, 0.95 * exp2(Self.beta * logOfLast - Self.alpha * log)))
    // A step with a tiny error says little about the next one, so its norm counts as at least 10⁻⁴.
    logOfLast = max(log, -13.287712379549449)
    return (true, h * (wasRejected ? min(growth, 1) : growth))
  }

  /// The step size of an Euler step from which `firstStep` learns the second derivative: norms of y and of f(y).
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

import LinearAlgebra
import Settings

/// How a method that minimizes the same function step after step ends by itself.
package enum Ending: Sendable {
  /// The gradient is small.
  case converged
  /// No step that the method tried lowers the objective, although its gradient is not small.
  case noDescent

  var status: Status { self == .converged ? .converged : .noDescent }
}

/// The test by which every method that is made for one function says that it is done.
///
/// The gradient g of the objective φ is small when ‖g‖ ≤ τ‖g₀‖, where τ is the option `gradient_tolerance` and g₀ the gradient that training began with. Where no step lowers φ, rounding hides
/// how small the gradient is; there the test is that relative changes of the parameters change φ by less than √ε of itself, ‖g‖‖θ‖ ≤ √ε|φ| with ε of the parameters' precision. Both tests are free of units.
/// Source: Dennis & Schnabel 1983, "Numerical methods for unconstrained optimization", (7.2.5), for the second.
package struct Convergence: Sendable {
  /// Read by all methods that can tell when they are done.
  static let option = OptionDescription(
    "gradient_tolerance", .real(0...Double.greatestFiniteMagnitude), default: .real(1e-12), unit: "1",
    "training has converged when the norm of the gradient over all samples is at most this part of what it was at the first step")

  package let tolerance: Double

  package init(_ values: OptionValues) throws(Failure) { tolerance = try values.real(Self.option.key) }

  /// Begins a step: φ(θ), with ∇φ(θ) in the iterate's `gradient`. Where the gradient is small the iterate has its `ending`, and nothing is left to do.
  ///
  /// - Parameter point: θ, if it is not the iterate's `parameters`.
  /// - Throws: `notFinite` where φ is not finite; what the objective throws.
  package func begin(_ objective: any Objective, _ iterate: Iterate, at point: Vector? = nil) throws(Failure) -> Double {
    let value = try iterate.evaluate(objective, at: point)
    guard value.isFinite else { throw notFinite(value) }
    iterate.ending = nil
    guard objective.repeats else { return value }
    let norm = sumOfSquares(iterate.gradient).squareRoot()
    if iterate.firstGradient == 0 { iterate.firstGradient = norm }
    if norm <= tolerance * iterate.firstGradient {
      iterate.ending = .converged
      iterate.known = value
    }
    return value
  }

  /// Ends a step that found nothing lower than `value`, the objective at the iterate, whose `gradient` is there.
  /// - Parameter isLast: whether the next step could find no more; false leaves the method its next try.
  package func stay(_ objective: any Objective, _ iterate: Iterate, value: Double, isLast: Bool = true) {
    guard objective.repeats else { return }
    iterate.known = value
    guard isLast else { return }
    let (gradient, parameters) = (sumOfSquares(iterate.gradient).squareRoot(), sumOfSquares(iterate.parameters).squareRoot())
    iterate.ending = gradient * parameters <= iterate.parameters.precision.epsilon.squareRoot() * abs(value) ? .converged : .noDescent
  }
}

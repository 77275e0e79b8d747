import LinearAlgebra
import Settings

/// How a method ends by itself if it minimizes the same function in every step.
package enum Ending: Sendable {
  /// The gradient is small.
  case converged
  /// No step that the method tried lowers the objective, although its gradient is not small.
  case noDescent

  var status: Status { self == .converged ? .converged : .noDescent }
}

/// The test by which every method that minimizes one fixed function decides that it is done.
///
/// The gradient g of the objective φ is small when ‖g‖ ≤ τ‖g₀‖, where τ is the option `gradient_tolerance` and g₀ is the gradient at the start of training. If no step lowers φ, rounding errors hide
/// how small the gradient is. The test is then that relative changes of the parameters change φ by less than √ε relative to φ: ‖g‖‖θ‖ ≤ √ε|φ|, where ε belongs to the parameters' precision.
/// Both tests are independent of units.
/// Source: Dennis & Schnabel 1983, "Numerical methods for unconstrained optimization", (7.2.5), for the second.
package struct Convergence: Sendable {
  /// The option that all methods with this test read.
  static let option = OptionDescription(
    "gradient_tolerance", .real(0...Double.greatestFiniteMagnitude), default: .real(1e-12), unit: "1",
    "training has converged when the norm of the gradient over all samples is at most this fraction of its norm at the first step")

  package let tolerance: Double

  package init(_ values: OptionValues) throws(Failure) { tolerance = try values.real(Self.option.key) }

  /// Begins a step: gives φ(θ), with ∇φ(θ) in the iterate's `gradient`. If the gradient is small, the iterate's `ending` is set and nothing is left to do.
  ///
  /// - Parameter point: θ, if it is not the iterate's `parameters`.
  /// - Throws: `notFinite` if φ is not finite; what the objective throws.
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

  /// Ends a step that found no value below `value`, the objective at the iterate; the iterate's `gradient` belongs to the same point.
  /// - Parameter isLast: true if the next step could not find more either; false allows the method another step.
  package func stay(_ objective: any Objective, _ iterate: Iterate, value: Double, isLast: Bool = true) {
    guard objective.repeats else { return }
    iterate.known = value
    guard isLast else { return }
    let (gradient, parameters) = (sumOfSquares(iterate.gradient).squareRoot(), sumOfSquares(iterate.parameters).squareRoot())
    iterate.ending = gradient * parameters <= iterate.parameters.precision.epsilon.squareRoot() * abs(value) ? .converged : .noDescent
  }
}

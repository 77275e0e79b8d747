import LinearAlgebra
import Settings

/// Backtracking until φ(μ) ≤ φ(0) + c·μ·φ'(0).
///
/// Source: Haber & Ruthotto 2017, section 4, with the factor μ that the condition needs (Nocedal & Wright 2006, 3.4).
package struct Armijo {
  /// c.
  package var decrease = 1e-4
  package var mostEvaluations = 20
  /// Whether a point of equal value will do, where rounding hides how far the objective falls: for Newton's last steps, which still shrink the gradient. A search that is repeated without a limit would find such points for ever.
  package var acceptsEqual = false

  package init() {}

  /// Searches along θ + μd, starting with μ = `first`, and leaves the point that it finds in `trial`.
  ///
  /// - Parameters:
  ///   - value: φ(0), finite.
  ///   - slope: φ'(0) < 0.
  ///   - evaluate: φ at given parameters.
  /// - Returns: the step and the objective there; nil if no step decreases the objective.
  package func search(
    from parameters: Vector, along direction: Vector, value: Double, slope: Double, first: Double = 1, trial: Vector, evaluate: (Vector) throws(Failure) -> Double
  ) throws(Failure) -> (step: Double, value: Double)? {
    var step = first
    for _ in 0..<mostEvaluations {
      copy(parameters, into: trial)
      axpy(step, direction, addingTo: trial)
      try Watch.check()
      let reached = try evaluate(trial)
      if acceptsEqual || reached < value, reached <= value + decrease * step * slope { return (step, reached) }
      // The minimizer of the parabola through the known values, kept between a tenth and a half of the step.
      let parabola = -slope * step / (2 * (reached - value - slope * step))
      step *= parabola.isFinite ? min(max(parabola, 0.1), 0.5) : 0.1
    }
    return nil
  }
}

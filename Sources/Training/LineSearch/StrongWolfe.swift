import LinearAlgebra
import Settings

/// A line search for the strong Wolfe conditions φ(μ) ≤ φ(0) + c₁μφ'(0) and |φ'(μ)| ≤ c₂|φ'(0)|: bracketing, then cubic interpolation within the bracket.
///
/// Source: Nocedal & Wright 2006, algorithms 3.5 and 3.6.
package struct StrongWolfe {
  /// c₁, for sufficient decrease.
  package var decrease = 1e-4
  /// c₂, for the slope: 0.9 for quasi-Newton steps, 0.1 for conjugate gradients.
  package let slopeFraction: Double
  /// The most gradients that one search may evaluate.
  package var mostEvaluations = 25

  package init(slopeFraction: Double) { self.slopeFraction = slopeFraction }

  /// A step μ ≥ 0 along the ray, with the value and slope of φ there.
  private struct Point {
    var step = 0.0
    var value: Double
    var slope: Double
    var isFinite: Bool { value.isFinite && slope.isFinite }
  }

  /// Searches along θ + μd and leaves the point that it finds in `trial`, with its gradient.
  ///
  /// - Parameters:
  ///   - value: φ(0), finite.
  ///   - slope: φ'(0) < 0.
  ///   - first: the first step to try, > 0.
  /// - Returns: the step and the objective there; if no step meets both conditions, the best one with sufficient decrease; nil if no step decreases the objective.
  package func search(
    _ objective: any Objective, from parameters: Vector, along direction: Vector, value: Double, slope: Double, first: Double, trial: Vector, trialGradient: Vector
  ) throws(Failure) -> (step: Double, value: Double)? {
    func evaluate(_ step: Double) throws(Failure) -> Point {
      copy(parameters, into: trial)
      axpy(step, direction, addingTo: trial)
      try Watch.check()
      let value = try objective.gradient(at: trial, into: trialGradient)
      return Point(step: step, value: value, slope: dot(trialGradient, direction))
    }
    var low = Point(value: value, slope: slope)
    var high: Point?
    var step = first
    for _ in 0..<mostEvaluations {
      let point = try evaluate(step)
      if !point.isFinite || point.value > value + decrease * step * slope || (low.step > 0 && point.value >= low.value) {
        high = point
      } else {
        if abs(point.slope) <= -slopeFraction * slope { return (step, point.value) }
        // The function must fall from `low` toward `high`.
        if point.slope * ((high?.step ?? .infinity) - low.step) >= 0 { high = low }
        low = point
      }
      guard let high else {
        step *= 4
        continue
      }
      step = interpolated(low, high)
      guard abs(high.step - low.step) > 1e-12 * max(high.step, low.step), step != low.step, step != high.step else { break }
    }
    guard low.step > 0 else { return nil }
    let best = try evaluate(low.step)
    return (best.step, best.value)
  }

  /// The minimizer of the cubic through both points, kept a tenth of the bracket away from its ends.
  private func interpolated(_ low: Point, _ high: Point) -> Double {
    let width = high.step - low.step
    guard high.isFinite else { return low.step + 0.2 * width }
    let first = low.slope + high.slope - 3 * (low.value - high.value) / (low.step - high.step)
    let root = first * first - low.slope * high.slope
    guard root >= 0 else { return low.step + 0.5 * width }
    let second = (width < 0 ? -1 : 1) * root.squareRoot()
    let fraction = 1 - (high.slope + second - first) / (high.slope - low.slope + 2 * second)
    return low.step + (fraction.isFinite ? min(max(fraction, 0.1), 0.9) : 0.5) * width
  }
}

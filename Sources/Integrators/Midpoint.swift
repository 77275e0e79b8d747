import LinearAlgebra
import Settings
import VectorFields

/// The two-step midpoint rule: y₊ = y₋ + 2h f(y), after a first step by Euler.
///
/// Source: Chang et al. 2017 (arXiv:1709.03698), §3. Order 2. Reversible: y₋ = y₊ − 2h f(y). Stable only on the imaginary axis, hL‖K‖ < 1 (theory §5, E3): a damped field grows, and is
/// refused. Unequal steps take y₊ = (1 − r²)y + r²y₋ + h_n(1 + r) f(y), r = h_n/h_{n−1}, which keeps the order.
///
/// All parts of a partitioned field are evaluated at y. The state is (y, y₋); at the first layer y₋ is not looked at.
package struct Midpoint: TwoStepIntegrator {
  package init() {}
  package var order: Int { 2 }

  package func check(_ field: any VectorField) throws(Failure) {
    guard !field.isDamped else {
      throw Failure(.incompatible, "integrator midpoint is stable only without damping (theory: hL‖K‖ < 1 and γ = 0); this field is damped: use euler or a Runge–Kutta method")
    }
  }

  package func component(_ field: any VectorField) -> Int? { nil }

  package func coefficients(_ step: Step) -> TwoStepCoefficients {
    let h = step.stepSize
    if step.index == 0 { return TwoStepCoefficients(current: 1, previous: 0, slope: h) }
    let ratio = h / step.previousStepSize
    return TwoStepCoefficients(current: 1 - ratio * ratio, previous: ratio * ratio, slope: h * (1 + ratio))
  }
}

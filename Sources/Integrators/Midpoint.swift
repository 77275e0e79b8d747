import LinearAlgebra
import Settings
import VectorFields

/// The two-step midpoint rule: y₊ = y₋ + 2h f(y), after a first step by Euler.
///
/// Source: Chang et al. 2017 (arXiv:1709.03698), §3. Order 2. Reversible: y₋ = y₊ − 2h f(y). Stable only on the imaginary axis, hL‖K‖ < 1 (Theory.md §6.5): a damped field grows, and is
/// refused. Unequal steps take y₊ = y₋ + (h_n + h_{n−1}) f(y), which is bounded on any grid and of order 2 where neighboring steps differ by O(h²).
///
/// All parts of a partitioned field are evaluated at y. The state is (y, y₋); the first layer does not read y₋.
package struct Midpoint: TwoStepIntegrator {
  package init() {}
  package var order: Int { 2 }

  package func check(_ field: any VectorField) throws(Failure) {
    guard !field.isDamped else {
      throw Failure(.incompatible, "integrator midpoint is stable only without damping (hL‖K‖ < 1 and γ = 0); this field is damped: use euler or a Runge–Kutta method")
    }
  }

  /// Stable on the imaginary axis for hs < 1 (Chang et al. 2017; Theory.md §6.5).
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    stableSize(of: "midpoint", dynamics.kind) { kind in
      switch kind {
      // The limit itself is not stable: two roots meet there.
      case .rotation(damping: 0), .dampedRotation(0): .atMost((1 / h) * (1 - 1e-6))
      default: nil
      }
    }
  }

  package func component(_ field: any VectorField) -> Int? { nil }

  package func coefficients(_ step: Step) -> TwoStepCoefficients {
    if step.index == 0 { return TwoStepCoefficients(current: 1, previous: 0, slope: step.stepSize) }
    // The formula of order 2 on any grid, (1 − r²)y + r²y₋ + h(1 + r)f with r = h_n/h_{n−1}, is not zero-stable: on steps that alternate its errors grow linearly.
    return TwoStepCoefficients(current: 0, previous: 1, slope: step.stepSize + step.previousStepSize)
  }
}

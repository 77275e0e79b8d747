import LinearAlgebra
import Settings

/// f(y) = −Kᵀσ(Ky + b): the parabolic network, which descends along the gradient of the energy E(y) = 1ᵀΦ(Ky + b) with Φ' = σ.
///
/// Source: Ruthotto & Haber 2018 (parabolic CNN); Sherry et al. (non-expansive networks). If the slopes lie in [0, L], E is convex and its gradient is cocoercive. Then the Euler step y + h f(y) is non-expansive in
/// ℓ₂ if h ≤ 2/(L‖K‖²), and a Runge–Kutta step is if h ≤ 2r/(L‖K‖²), where r is the method's radius of circle contractivity. This holds for each layer, whatever the weights of the others. It does not hold for
/// activations with negative slopes.
///
/// K is hidden × n. Cost: two products.
package final class GradientFlowField: MappedField {
  package let plan: LayerPlan
  package let map: ComposedMap
  package var isDamped: Bool { true }
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `hidden_width`, the rows of K.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: -1)
    self.plan = plan
    frozenDynamics = FrozenDynamics(.descent, configuration.activation, [.init(weights)], degree: 2)
  }
}

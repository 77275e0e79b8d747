import LinearAlgebra
import Settings

/// f(y) = −Kᵀσ(Ky + b): the parabolic network, descent of the energy E(y) = 1ᵀΦ(Ky + b) with Φ' = σ.
///
/// Source: Ruthotto & Haber 2018 (parabolic CNN); Sherry et al. (non-expansive networks). Where slopes lie in [0, L], E is convex and its gradient cocoercive: the step y + h f(y) of Euler is
/// non-expansive in ℓ₂ if h ≤ 2/(L‖K‖²), and so is a Runge–Kutta step for h ≤ 2r/(L‖K‖²) with r the method's circle-contractivity radius, whatever the weights do from layer to
/// layer. An activation with negative slopes voids it.
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
    let weights = plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: -1)
    self.plan = plan
    frozenDynamics = FrozenDynamics(.descent, configuration.activation, [.init(weights)], degree: 2)
  }
}

import LinearAlgebra
import Settings

/// f(y) = σ(Sy + b) − γy with S = ½(K − Kᵀ): an antisymmetric layer whose damping is outside of the activation.
///
/// Source: beyond the papers (theory §1). With slopes in [0, L], the flow is a contraction for every input and any change of weights from layer to layer if γ > ½L‖S‖₂: for a
/// diagonal D of slopes, the symmetric part of DS − γI is at most ½L‖S‖ − γ. With γ ≤ ½L‖S‖ nothing is claimed. A forward Euler step has the Lipschitz constant
/// √(1 − 2h(γ − ½L‖S‖) + h²(γ + L‖S‖)²) at most (theory §5, E6).
///
/// S is prepared once per batch; its gradient becomes dK = ½(G − Gᵀ). Cost: one product and one pass over the state.
package final class DampedAntisymmetricField: MappedField {
  package let plan: LayerPlan
  package let map: SumMap<AffineMap, ScalingMap>
  package let isDamped: Bool
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `gamma`, γ ≥ 0.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let gamma = try configuration.options.real("gamma")
    var plan = LayerPlan(configuration)
    let weights = plan.weight("K", prepared: .antisymmetric(damping: 0))
    map = SumMap(
      AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation), ScalingMap(-gamma, rows: configuration.width))
    self.plan = plan
    isDamped = gamma > 0
    frozenDynamics = FrozenDynamics(.dampedRotation(gamma), configuration.activation, [.init(weights, isAntisymmetric: true)])
  }
}

import LinearAlgebra
import Settings

/// f(y) = σ(Sy + b) − γy with S = ½(K − Kᵀ): an antisymmetric field with its damping outside of the activation.
///
/// Source: none outside this library (Theory.md §2.3). If the slopes lie in [0, L] and γ > ½L‖S‖₂, the flow is a contraction, for every input and however the weights change from layer to layer: for a diagonal
/// matrix D of slopes, the symmetric part of DS − γI is at most ½L‖S‖ − γ. For γ ≤ ½L‖S‖ nothing is claimed. The Lipschitz constant of a forward Euler step is at most
/// √(1 − 2h(γ − ½L‖S‖) + h²(γ + L‖S‖)²) (Theory.md §6.3).
///
/// S is computed once per batch. Its gradient G becomes dK = ½(G − Gᵀ). Cost: one product and one pass over the state.
package final class DampedAntisymmetricField: MappedField {
  package let plan: LayerPlan
  package let map: SumMap<AffineMap, ScalingMap>
  package let isDamped: Bool
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `gamma`, γ ≥ 0.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let gamma = try configuration.options.real("gamma")
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K", prepared: .antisymmetric(damping: 0))
    map = SumMap(
      AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation), ScalingMap(-gamma, rows: configuration.rows))
    self.plan = plan
    isDamped = gamma > 0
    frozenDynamics = FrozenDynamics(.dampedRotation(gamma), configuration.activation, [.init(weights, isAntisymmetric: true)])
  }
}

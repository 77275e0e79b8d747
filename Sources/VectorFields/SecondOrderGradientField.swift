import LinearAlgebra
import Settings

/// ÿ = −Kᵀσ(Ky + b) as ẏ = v, v̇ = −Kᵀσ(Ky + b), v(0) = 0: motion in the potential E(y) = 1ᵀΦ(Ky + b), Φ' = σ.
///
/// Source: Ruthotto & Haber 2018 (hyperbolic CNN, second order). For constant weights the flow conserves ½|v|² + E(y). If Φ is bounded below (ReLU, softplus, tanh, sigmoid), |v| is bounded, and y grows at most
/// linearly in time: states oscillate and do not grow exponentially. For frozen weights and slopes the same holds for Verlet steps with h²L‖K‖² < 4 (Theory.md §6.6).
///
/// K is hidden × n. Cost: two products.
package final class SecondOrderGradientField: PartitionedMappedField {
  package let plan: LayerPlan
  package let positionMap: ScalingMap
  package let momentumMap: ComposedMap
  package var accelerationComponent: Int? { 1 }
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `hidden_width`, the rows of K.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient)
    positionMap = ScalingMap(1, rows: configuration.rows)
    momentumMap = ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: -1)
    self.plan = plan
    frozenDynamics = FrozenDynamics(.potential, configuration.activation, [.init(weights)], degree: 2)
  }
}

import LinearAlgebra
import Settings

/// f(y) = wy + b − γy³, the cube elementwise: polynomial in the state, without an activation.
///
/// Source: Ruseckas 2019, the equation proposed there. The adjoint equation is −ȧ = wᵀa − 3γy²⊙a. For γ > 0 and constant weights the flow stays bounded, because the cube outweighs every linear map at large |y|.
/// Explicit steps that are too large for |y| do not stay bounded. w is outputs × inputs. Nothing is recorded. Cost: one product and two passes over the state.
package final class LinearCubicField: SplitMappedField {
  package typealias Elementwise = CubicMap
  package let plan: LayerPlan
  package let map: SumMap<AffineMap, CubicMap>
  package let isDamped: Bool

  /// Takes the option `cubic_rate`, γ ≥ 0; the activation is not used.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let rate = try configuration.options.real("cubic_rate")
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("w")
    map = SumMap(AffineMap(weights, bias: plan.bias("b", of: weights), nil), CubicMap(-rate, rows: configuration.rows))
    self.plan = plan
    isDamped = rate > 0
  }
}

import LinearAlgebra
import Settings

/// f(y) = wy + b + κ(σ(y) − y), or f(y) = wy + b + κσ(y): an affine part plus the activation; [RU] reads feed-forward networks as this equation.
///
/// Source: Ruseckas 2019, the differential equation of a network whose layers are near the identity. Under `near_identity` a layer is 𝒉(Wy + B) with W = I + hw, B = hb and 𝒉(x) = x + hg(x); in the form
/// `relaxation` with κ = 1/h that is σ(Wy + B), the ordinary feed-forward layer. `relaxation` with an activation of slopes in [0, 1] makes g non-expansive for hκ ≤ 1; of the sum with w nothing is claimed.
/// w is outputs × inputs. Cost: one product and two or three passes over the state.
package final class LinearActivationField: SplitMappedField {
  package typealias Elementwise = ActivationMap
  package let plan: LayerPlan
  package let map: SumMap<AffineMap, ActivationMap>
  package let isDamped: Bool

  /// Takes the options `activation_rate`, κ > 0, and `activation_form`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = plan.weight("w")
    let rate = try configuration.options.real("activation_rate")
    let relaxes = try configuration.options.text("activation_form") == "relaxation"
    map = SumMap(
      AffineMap(weights, bias: plan.bias("b", of: weights), nil),
      ActivationMap(configuration.activation, factor: rate, linear: relaxes ? -rate : 0, rows: configuration.width))
    self.plan = plan
    isDamped = relaxes
  }
}

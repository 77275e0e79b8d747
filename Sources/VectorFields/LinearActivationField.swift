import LinearAlgebra
import Settings

/// f(y) = wy + b + κ(σ(y) − y), or f(y) = wy + b + κσ(y): the sum of an affine part and an elementwise part g.
///
/// Source: Ruseckas 2019, where it is the differential equation of a feed-forward network whose layers are near the identity. With the integrator `near_identity` a layer is 𝒉(Wy + B) with W = I + hw, B = hb and
/// 𝒉(x) = x + hg(x). In the form `relaxation` with κ = 1/h this is σ(Wy + B), the ordinary feed-forward layer. In the form `relaxation`, with slopes of the activation in [0, 1] and hκ ≤ 1, the map 𝒉 is
/// non-expansive; nothing is claimed about its composition with w. w is outputs × inputs. Cost: one product and two or three passes over the state.
package final class LinearActivationField: SplitMappedField {
  package typealias Elementwise = ActivationMap
  package let plan: LayerPlan
  package let map: SumMap<AffineMap, ActivationMap>
  package let isDamped: Bool

  /// Takes the options `activation_rate`, κ > 0, and `activation_form`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("w")
    let rate = try configuration.options.real("activation_rate")
    let relaxes = try configuration.options.text("activation_form") == "relaxation"
    map = SumMap(
      AffineMap(weights, bias: plan.bias("b", of: weights), nil),
      ActivationMap(configuration.activation, factor: rate, linear: relaxes ? -rate : 0, rows: configuration.rows))
    self.plan = plan
    isDamped = relaxes
  }
}

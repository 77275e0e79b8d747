import LinearAlgebra
import Settings

/// f(y) = K₂σ(K₁y + b₁) + b₂: a residual block of two layers, with no stability guarantee.
///
/// Source: Lu et al. 2018 (the residual block of ResNet). K₁ is hidden × n, K₂ n × hidden. Cost: two products.
package final class TwoLayerField: MappedField {
  package let plan: LayerPlan
  package let map: ComposedMap

  /// Takes the option `hidden_width`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let hidden = try configuration.hiddenWidth()
    var plan = LayerPlan(configuration)
    let inner = try plan.weight("K1", outputs: hidden)
    let innerBias = plan.bias("b1", of: inner)
    let outer = try plan.weight("K2", inputs: hidden)
    map = ComposedMap(AffineMap(inner, bias: innerBias, configuration.activation), then: AffineMap(outer, bias: plan.bias("b2", of: outer), nil))
    self.plan = plan
  }
}

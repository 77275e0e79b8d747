import LinearAlgebra
import Settings

/// f(y) = K₂σ(N₂(K₁σ(N₁(y)))): the residual block of ResNets with pre-activation, normalization and activation before each operator. No stability guarantee.
///
/// Source: He et al. 2016, "Identity mappings in deep residual networks", fig. 1b; Lu et al. 2018 (LM-ResNet; Theory.md §2.1). The normalizations N_i have trained scales and shifts, so that K₁ and K₂ need no bias; with a
/// bias other than none they have one each. K₁ leads to `hidden_width` features or channels. Cost: two products and four passes over the state.
package final class PreActivationField: MappedField {
  package let plan: LayerPlan
  package let map: ChainMap

  /// Takes the options `hidden_width` and those of normalizations.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let (options, hidden) = (configuration.options, try configuration.hiddenWidth())
    var plan = LayerPlan(configuration)
    let first = try plan.normalized("n1", options, configuration.shape(of: configuration.width), configuration.activation)
    let inner = try plan.weight("K1", outputs: hidden)
    let innerBias = plan.bias("b1", of: inner)
    let second = try plan.normalized("n2", options, configuration.shape(of: hidden), configuration.activation)
    let outer = try plan.weight("K2", inputs: hidden)
    map = ChainMap([first, AffineMap(inner, bias: innerBias, nil), second, AffineMap(outer, bias: plan.bias("b2", of: outer), nil)])
    self.plan = plan
  }
}

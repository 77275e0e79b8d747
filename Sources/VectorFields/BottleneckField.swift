import LinearAlgebra
import Settings

/// f(y) = K₃σ(N₃(K₂σ(N₂(K₁σ(N₁(y)))))): the bottleneck of ResNeXt with pre-activation, K₁ and K₃ of one pixel and K₂ in groups. No stability guarantee.
///
/// Source: Xie et al. 2017, "Aggregated residual transformations for deep neural networks"; Lu et al. 2018 (LM-ResNeXt). The block's options `kernel`, `padding`, `dilation` and `groups` are those of K₂, which leads from
/// `hidden_width` channels to as many. Operators have no bias, because the normalizations shift. Cost: three products and six passes over the state.
package final class BottleneckField: MappedField {
  package let plan: LayerPlan
  package let map: ChainMap

  /// Takes the options `hidden_width` and those of normalizations.
  /// - Throws: `.incompatible` for a scalar bias that was asked for.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    // `vector` is the default, which specifications hold when they are written out.
    guard configuration.bias != .scalar || !configuration.options.isSet("bias") else {
      throw Failure(.incompatible, "bias is scalar; field bottleneck has none, because its normalizations shift: leave it out or set it to none")
    }
    let (options, hidden, activation) = (configuration.options, try configuration.hiddenWidth(), configuration.activation)
    var plan = LayerPlan(configuration)
    let first = try plan.normalized("n1", options, configuration.shape(of: configuration.width), activation)
    let reduce = try plan.weight("K1", outputs: hidden, by: configuration.operators.ofPixels)
    let second = try plan.normalized("n2", options, configuration.shape(of: hidden), activation)
    let middle = try plan.weight("K2", inputs: hidden, outputs: hidden)
    let third = try plan.normalized("n3", options, configuration.shape(of: hidden), activation)
    let expand = try plan.weight("K3", inputs: hidden, by: configuration.operators.ofPixels)
    map = ChainMap([
      first, AffineMap(reduce, bias: .none, nil), second, AffineMap(middle, bias: .none, nil), third, AffineMap(expand, bias: .none, nil),
    ])
    self.plan = plan
  }
}

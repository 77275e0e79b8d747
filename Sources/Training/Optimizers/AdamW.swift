/// Adam with decoupled weight decay: θ ← (1 − ηλ)θ, then Adam's step.
///
/// Source: Loshchilov & Hutter 2019, algorithm 2, in the form of `torch.optim.AdamW`; λ is the option `weight_decay` and acts on weights, not on biases.
package struct AdamW: AdamMethod {
  package static let decouplesWeightDecay = true

  package let settings: AdamSettings

  package init(_ settings: AdamSettings) { self.settings = settings }
}

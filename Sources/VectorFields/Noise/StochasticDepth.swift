import LinearAlgebra
import Settings

/// Stochastic depth: each sample keeps the field of layer l of L with probability p_l and skips it otherwise. The factor is m = η/p_l, where η is 1 with probability p_l and 0 otherwise.
///
///     p_l = 1 − (l/L)(1 − p_L)   (decay linear: l = 1 … L counts the block's layers; decay network: those of all blocks, and residual connectors)   or   p_l = p_L   (decay none)
///
/// Sources: Huang et al. 2016 (arXiv:1603.09382), eq. 4; Lu et al. 2018, §3.2: it approximates dX = f dt + √((1−p)/p)·√h f dB. With scaling `none`, m = η in training and evaluation takes p_l f,
/// as Huang et al. do: dX = p f dt + √(p(1−p))·√h f dB, the network of `inverted` with h p in place of h where p is the same in all layers. The scaled numbers have mean 1 and second moment 1/p.
package struct StochasticDepth: LayerNoise {
  package enum Decay: String, CaseIterable, Sendable { case linear, network, none }
  package enum Scaling: String, CaseIterable, Sendable { case inverted, none }

  private let last: Double
  private let decay: Decay
  private let scaling: Scaling
  /// The layers that l counts before the block's first.
  private let before: Int
  private let layers: Int

  /// - Parameters:
  ///   - survival: p_L in (0, 1].
  ///   - depth: the block's layers among those of the network.
  package init(survival: Double, decay: Decay = .linear, scaling: Scaling = .inverted, depth: BlockDepth) {
    last = survival
    self.decay = decay
    self.scaling = scaling
    (before, layers) = decay == .network ? (depth.before, depth.network) : (0, depth.layers)
  }

  init(_ options: OptionValues, _ depth: BlockDepth) throws(Failure) {
    self.init(
      survival: try options.real("survival"), decay: Decay(rawValue: try options.text("survival_decay")) ?? .linear,
      scaling: Scaling(rawValue: try options.text("survival_scaling")) ?? .inverted, depth: depth)
  }

  static let options = [
    OptionDescription("survival", .real(0...1, openBelow: true), default: .real(0.5), unit: "1", "probability that a sample keeps the field of the last layer; a field that is not kept counts as 0"),
    OptionDescription(
      "survival_decay", .choice(Decay.allCases.map(\.rawValue)), default: .text(Decay.linear.rawValue),
      "how the probability depends on the layer. linear: it decreases linearly from 1 before the block's first layer to survival in its last; network: from 1 before the first layer of the network to survival in its last, where each residual connector, which is always kept, counts as a layer; none: it is survival in all layers"),
    OptionDescription(
      "survival_scaling", .choice(Scaling.allCases.map(\.rawValue)), default: .text(Scaling.inverted.rawValue),
      "how the mean is kept. inverted: training divides the field of a kept layer by its probability; none: evaluation multiplies the field of each layer by it"),
  ]

  package var action: NoiseAction { .scalesSamples }

  /// p of layer j, from 0.
  package func probability(_ j: Int) -> Double { decay == .none ? last : 1 - Double(before + j + 1) / Double(layers) * (1 - last) }

  package func mean(layer: Int) -> Double { scaling == .inverted ? 1 : probability(layer) }
  package func isSilent(layer: Int) -> Bool { probability(layer) == 1 }

  package func draw(_ draws: LayerDraws, into numbers: Block) {
    let p = probability(draws.layer)
    drawMask(draws, probability: p, value: scaling == .inverted ? 1 / p : 1, into: numbers)
  }
}

import Settings

/// The layers of a block, and where they are among those of the network.
package struct BlockDepth: Equatable, Sendable {
  package let layers: Int
  /// The layers of all blocks before this one, and the residual connectors before it.
  package let before: Int
  /// The layers of all blocks, and all residual connectors.
  package let network: Int

  /// - Parameter network: those of the block alone, if it is nil.
  package init(layers: Int, before: Int = 0, network: Int? = nil) { (self.layers, self.before, self.network) = (layers, before, network ?? layers) }
}

/// How a registered noise is made from its block options for the layers of a grid; nil for none.
package typealias LayerNoiseEntry = Factory<(options: OptionValues, grid: TimeGrid, depth: BlockDepth), (any LayerNoise)?>

/// The noises of layers by name.
package let layerNoises = Registry<LayerNoiseEntry>("noise", [
  ("none", "no noise", LayerNoiseEntry { _ in nil }),
  ("stochastic_depth", "each sample skips the fields of random layers, those of later ones more often [Huang et al. 2016; Lu et al. 2018]", LayerNoiseEntry(options: StochasticDepth.options) { (i) throws(Failure) in try StochasticDepth(i.options, i.depth) }),
  ("dropout", "some of the numbers that a layer adds to the state are dropped at random [Srivastava et al. 2014]", LayerNoiseEntry(options: Dropout.options) { (i) throws(Failure) in try Dropout(i.options, i.grid) }),
  ("gaussian", "normally distributed numbers are added to the state in every layer [Lu et al. 2018]", LayerNoiseEntry(options: AdditiveNoise.options) { (i) throws(Failure) in try AdditiveNoise(.gaussian, i.options, i.grid) }),
  ("uniform", "uniformly distributed numbers of the same variance are added to the state in every layer [Lu et al. 2018]", LayerNoiseEntry(options: AdditiveNoise.options) { (i) throws(Failure) in try AdditiveNoise(.uniform, i.options, i.grid) }),
])

import Settings

/// A registered noise: the block options it takes, and how it is made from their values for the layers of a grid; nil for none.
package struct LayerNoiseEntry: Sendable {
  package let options: [OptionDescription]
  package let make: @Sendable (OptionValues, TimeGrid) throws(Failure) -> (any LayerNoise)?

  init(options: [OptionDescription] = [], _ make: @escaping @Sendable (OptionValues, TimeGrid) throws(Failure) -> (any LayerNoise)?) {
    self.options = options
    self.make = make
  }
}

/// The noises of layers by name.
package let layerNoises = Registry<LayerNoiseEntry>("noise", [
  ("none", "no noise", LayerNoiseEntry { _, _ in nil }),
  ("stochastic_depth", "each sample skips the fields of random layers, later ones more often [Huang et al. 2016; Lu et al. 2018]", LayerNoiseEntry(options: StochasticDepth.options) { (o, g) throws(Failure) in try StochasticDepth(o, g) }),
  ("dropout", "random numbers of what a layer adds are dropped [Srivastava et al. 2014]", LayerNoiseEntry(options: Dropout.options) { (o, g) throws(Failure) in try Dropout(o, g) }),
  ("gaussian", "normal numbers are added to the state of every layer [Lu et al. 2018]", LayerNoiseEntry(options: AdditiveNoise.options) { (o, g) throws(Failure) in try AdditiveNoise(.gaussian, o, g) }),
  ("uniform", "uniform numbers of the same variance are added to the state of every layer [Lu et al. 2018]", LayerNoiseEntry(options: AdditiveNoise.options) { (o, g) throws(Failure) in try AdditiveNoise(.uniform, o, g) }),
])

/// The options that single noises take, each once.
package let layerNoiseOptions: [OptionDescription] = distinctOptions(layerNoises.entries.map(\.entry.options))

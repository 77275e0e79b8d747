import Settings

/// A registered basis: the block options it takes, and how it is made from their values.
package struct TimeBasisEntry: Sendable {
  package let options: [OptionDescription]
  package let make: @Sendable (OptionValues) throws(Failure) -> any TimeBasis

  init(options: [OptionDescription] = [], _ make: @escaping @Sendable (OptionValues) throws(Failure) -> any TimeBasis) {
    self.options = options
    self.make = make
  }
}

/// The bases of time-varying weights by name (option `weights_in_time`).
package let timeBases = Registry<TimeBasisEntry>("time basis", [
  ("layers", "each layer has weights of its own", TimeBasisEntry { _ in LayerwiseBasis() }),
  ("shared", "all layers share one set of weights: the autonomous equation", TimeBasisEntry { _ in SharedBasis() }),
])

/// The options that single bases take, each once.
package let timeBasisOptions: [OptionDescription] = distinctOptions(timeBases.entries.map(\.entry.options))

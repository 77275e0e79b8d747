/// A registered way of making something from options: the options that it takes beyond the common ones, and the function that makes it.
///
/// `Input` is what the function reads: the values of the options, or a configuration that holds them.
package struct Factory<Input, Product>: Sendable {
  package let options: [OptionDescription]
  /// - Throws: for values that contradict each other, with the reason.
  package let make: @Sendable (Input) throws(Failure) -> Product

  package init(options: [OptionDescription] = [], _ make: @escaping @Sendable (Input) throws(Failure) -> Product) {
    self.options = options
    self.make = make
  }
}

/// What a registry of factories has in common, whatever they read and make.
package protocol FactoryEntry: Sendable {
  associatedtype Input
  associatedtype Product
  var options: [OptionDescription] { get }
  var make: @Sendable (Input) throws(Failure) -> Product { get }
}

extension Factory: FactoryEntry {}

extension Registry where Entry: FactoryEntry {
  /// The options that the entries take, each once.
  package var options: [OptionDescription] { distinctOptions(entries.map(\.entry.options)) }
}

extension Registry where Entry: FactoryEntry, Entry.Input == OptionValues {
  /// What is registered under this name, made with all its options at their defaults.
  /// - Throws: for a name that is not registered, naming the nearest one.
  package func standard(_ name: String) throws(Failure) -> Entry.Product { try self(name).make(OptionValues(scope: "block", options)) }
}

/// An option whose choices take further options, such as "optimizer" or "field".
package struct OptionChooser: Sendable {
  /// The key of the option.
  package let option: String
  package let choices: [(name: String, options: [OptionDescription])]

  package init(_ option: String, choices: [(name: String, options: [OptionDescription])]) {
    self.option = option
    self.choices = choices
  }

  package init<Entry: FactoryEntry>(_ option: String, _ registry: Registry<Entry>) {
    self.init(option, choices: registry.entries.map { ($0.name, $0.entry.options) })
  }

  /// The choices that take the option `key`.
  package func takers(of key: String) -> [String] { choices.filter { $0.options.contains { $0.key == key } }.map(\.name) }
}

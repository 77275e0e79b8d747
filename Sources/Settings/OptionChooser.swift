/// An option whose choices take further options, such as "optimizer" or "field".
package struct OptionChooser: Sendable {
  /// The key of the option.
  package let option: String
  /// What several of its choices are called in messages.
  package let plural: String
  package let choices: [(name: String, options: [OptionDescription])]

  /// - Parameter plural: nil for the key with an s: "fields".
  package init(_ option: String, plural: String? = nil, choices: [(name: String, options: [OptionDescription])]) {
    self.option = option
    self.plural = plural ?? option + "s"
    self.choices = choices
  }

  package init<Entry: FactoryEntry>(_ option: String, plural: String? = nil, _ registry: Registry<Entry>) {
    self.init(option, plural: plural, choices: registry.entries.map { ($0.name, $0.entry.options) })
  }

  /// The choices that take the option `key`.
  package func takers(of key: String) -> [String] { choices.filter { $0.options.contains { $0.key == key } }.map(\.name) }
}

/// One axis of the library (fields, integrators, losses …): entries by their `snake_case` name, the same in C, Python, files and tests.
///
/// Tests sweep registries, so that what is registered is tested. Lookup of an unknown name fails with the nearest one.
package struct Registry<Entry: Sendable>: Sendable {
  /// What an entry is called in messages, in the singular ("field").
  package let noun: String
  package let entries: [(name: String, help: String, entry: Entry)]

  package init(_ noun: String, _ entries: [(name: String, help: String, entry: Entry)]) {
    self.noun = noun
    self.entries = entries
  }

  package var names: [String] { entries.map(\.name) }

  package func callAsFunction(_ name: String) throws(Failure) -> Entry {
    guard let found = entries.first(where: { $0.name == name }) else { throw unknownName(name, what: noun, allowed: names) }
    return found.entry
  }
}

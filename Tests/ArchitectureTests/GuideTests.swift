import Foundation
import Integrators
import LinearAlgebra
import Settings
import Testing
import VectorFields

/// The guide pages of everything registered agree with the code.
struct GuideTests {
  static func page(_ module: String, _ name: String) throws -> String { try Repository.text("Sources/\(module)/\(module).docc/\(name).md") }

  @Test func everyIntegratorAndFieldHasItsPage() throws {
    for name in fields.names { #expect(try Self.page("VectorFields", name).hasPrefix("# \(name)\n")) }
    for name in integrators.names { #expect(try Self.page("Integrators", name).hasPrefix("# \(name)\n")) }
  }

  /// The page of an entry names all its options.
  @Test func pagesNameTheOptions() throws {
    for field in fields.entries {
      let page = try Self.page("VectorFields", field.name)
      for option in field.entry.options { #expect(page.contains("`\(option.key)`"), "\(field.name): \(option.key)") }
    }
    for integrator in integrators.entries {
      let page = try Self.page("Integrators", integrator.name)
      for option in integrator.entry.options { #expect(page.contains("`\(option.key)`"), "\(integrator.name): \(option.key)") }
    }
  }

  /// "Tensors: `K` hidden × n, `b` hidden per layer." on the page of a field is what the field declares: names, shapes and order.
  @Test(arguments: fields.names) func pagesNameTheTensors(_ name: String) throws {
    let line = try #require(try Self.page("VectorFields", name).split(separator: "\n").first { $0.hasPrefix("Tensors") })
    let sizes = ["4": 4, "n": 6, "½n": 3, "hidden": 9, "C": 4, "nC": 24]
    let listed = try line.matches(of: Regex(#"`(\w+)` ((?:4|n|½n|hidden|C|nC)(?: × (?:n|½n|hidden|C|nC))?)(?=,| per)"#)).map { match in
      let shape = (match[2].substring ?? "").components(separatedBy: " × ").map { sizes[$0] ?? -1 }
      return "\(match[1].substring ?? "") \(shape)"
    }
    var configuration = FieldConfiguration(width: 6)
    configuration.drive = DriveConfiguration(channels: 4)
    let takesHidden = try fields(name).options.contains { $0.key == "hidden_width" } && line.contains("hidden")
    if takesHidden { try configuration.options.set("hidden_width", .integer(9)) }
    #expect(listed == (try fields(name).make(configuration).parameters.map { "\($0.name) \($0.shape)" }))
  }
}

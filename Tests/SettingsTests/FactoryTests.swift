import Settings
import Testing

@Suite struct FactoryTests {
  private static let width = OptionDescription("width", .integer(1...9), default: .integer(3), "rows")
  private static let depth = OptionDescription("depth", .integer(1...9), default: .integer(2), "layers")
  private let shapes = Registry<Factory<OptionValues, [Int]>>("shape", [
    (name: "row", help: "", entry: Factory(options: [width]) { (o) throws(Failure) in [try o.integer("width")] }),
    (name: "box", help: "", entry: Factory(options: [depth, width]) { (o) throws(Failure) in [try o.integer("width"), try o.integer("depth")] }),
    (name: "point", help: "", entry: Factory { _ in [] }),
  ])

  @Test func optionsOfAllEntriesAreListedOnce() { #expect(shapes.options.map(\.key) == ["width", "depth"]) }

  @Test func standardTakesTheDefaultsAndRefusesUnknownNames() throws {
    #expect(try shapes.standard("box") == [3, 2] && shapes.standard("point") == [])
    #expect(throws: Failure(.unknownName, "unknown shape 'rov'; did you mean 'row'? allowed: row, box, point")) { try shapes.standard("rov") }
  }
}

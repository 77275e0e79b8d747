import Settings
import Testing

@Suite struct OptionChooserTests {
  private static let width = OptionDescription("width", .integer(1...9), default: .integer(3), "rows")
  private static let depth = OptionDescription("depth", .integer(1...9), default: .integer(2), "layers")

  @Test func takersAreTheChoicesThatListAnOption() {
    let chooser = OptionChooser("shape", choices: [("row", [Self.width]), ("box", [Self.depth, Self.width]), ("point", [])])
    #expect(chooser.option == "shape")
    #expect(chooser.takers(of: "width") == ["row", "box"] && chooser.takers(of: "depth") == ["box"] && chooser.takers(of: "height") == [])
  }

  @Test func aRegistrysEntriesAreChoices() {
    let shapes = Registry<Factory<OptionValues, Int>>("shape", [
      (name: "row", help: "", entry: Factory(options: [Self.width]) { _ in 1 }),
      (name: "point", help: "", entry: Factory { _ in 0 }),
    ])
    let chooser = OptionChooser("shape", shapes)
    #expect(chooser.choices.map(\.name) == ["row", "point"] && chooser.takers(of: "width") == ["row"])
  }
}

import Settings
import Testing

@Suite struct JSONTests {
  private let value = JSON.object([
    ("flag", .bool(true)), ("layers", .integer(64)), ("horizon", .real(5.5)), ("name", .text("euler")), ("shape", .array([.integer(2)])), ("none", .null),
  ])

  @Test func membersAreFoundByKeyAndKind() {
    #expect(value["flag"]?.bool == true)
    #expect(value["layers"]?.integer == 64)
    #expect(value["horizon"]?.real == 5.5)
    #expect(value["name"]?.text == "euler")
    #expect(value["shape"]?.elements == [.integer(2)])
    #expect(value["none"] == .null)
    #expect(value["absent"] == nil)
    #expect(value["name"]?["layers"] == nil)
  }

  @Test func anIntegerIsARealButNotTheOtherWayRound() {
    #expect(value["layers"]?.real == 64)
    #expect(value["horizon"]?.integer == nil)
    #expect(value["name"]?.real == nil)
  }

  @Test func equalityLooksAtKindsAndAtTheOrderOfMembers() {
    #expect(JSON.integer(1) != .real(1))
    #expect(JSON.object([("a", .null), ("b", .null)]) != .object([("b", .null), ("a", .null)]))
    #expect(JSON.array([.integer(1), .text("x")]) == .array([.integer(1), .text("x")]))
    #expect(JSON.array([.integer(1)]) != .array([.integer(1), .null]))
  }

  @Test func kindsHaveNamesForMessages() {
    #expect(value.members?.map(\.value.kindName) == ["true or false", "an integer", "a real number", "a text", "an array", "null"])
    #expect(value.kindName == "an object")
  }
}

import Settings
import Testing

@Suite struct RegistryTests {
  private let losses = Registry("loss", [(name: "softmax_cross_entropy", help: "classes", entry: 1), (name: "least_squares", help: "values", entry: 2)])

  @Test func entriesAreFoundByName() throws {
    #expect(try losses("least_squares") == 2)
    #expect(losses.names == ["softmax_cross_entropy", "least_squares"])
  }

  @Test func anUnknownNameIsRefusedWithTheNearest() {
    #expect(throws: Failure(.unknownName, "unknown loss 'least_square'; did you mean 'least_squares'? allowed: softmax_cross_entropy, least_squares")) {
      try losses("least_square")
    }
  }
}

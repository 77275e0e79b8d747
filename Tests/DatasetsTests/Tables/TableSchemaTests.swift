import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct TableSchemaTests {
  private func schema(_ names: [String]) throws -> TableSchema { try TableSchema(names.map { TableSchema.Column(name: $0, type: .bool, isDictionary: $0 == "b") }) }

  @Test func columnsAreFoundByName() throws {
    let schema = try schema(["a", "b", ""])
    #expect(schema.place(of: "b") == 1 && schema.place(of: "") == 2 && schema.place(of: "c") == nil)
    #expect(schema.names == ["a", "b", ""] && schema.isDictionary == [false, true, false] && String(cString: schema.texts[1]) == "b")
  }

  @Test func namesAreDifferent() {
    #expect(throws: Failure(.invalidData, "two columns of the table are called 'a'")) { try schema(["a", "b", "a"]) }
    #expect(throws: Failure(.invalidData, "the table has no columns")) { try schema([]) }
  }
}

import Settings
import Testing
import VectorFields

@Suite struct FieldRegistryTests {
  @Test func aMisspeltFieldIsAnsweredWithTheNearestName() {
    #expect { try fields("antisymetric") } throws: { error in
      (error as? Failure)?.status == .unknownName && "\(error)".contains("did you mean 'antisymmetric'?")
    }
  }

  @Test(arguments: fields.names) func everyFieldDeclaresItsTensorsInItsWidth(_ name: String) throws {
    let field = try fields(name).make(FieldConfiguration(width: 3))
    #expect(field.width == 3)
    #expect(field.parameters.map(\.name) == ["K", "b"])
    #expect(field.parameters.map(\.count) == [9, 3])
  }

  @Test func onlyTheAntisymmetricFieldTakesADamping() {
    #expect(fields.entries.filter { $0.entry.options.contains { $0.key == "gamma" } }.map(\.name) == ["antisymmetric"])
  }
}

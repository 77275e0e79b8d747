import LinearAlgebra
import Networks
import Settings
import Testing
import VectorFields

@Suite struct SpecificationOptionsTests {
  /// A key has one meaning: its name alone tells `set` whether it is an option of the network or of the block.
  @Test func keysAreUnique() {
    let keys = (networkOptions + blockOptions).map(\.key)
    #expect(Set(keys).count == keys.count)
  }

  @Test func everyDefaultIsAllowedAndEveryOptionExplained() throws {
    for option in networkOptions + blockOptions {
      #expect(try option.checked(option.standard) == option.standard, "\(option.key)")
      #expect(!option.help.isEmpty, "\(option.key)")
    }
  }

  @Test func everyFieldsOptionIsABlockOption() {
    for option in fields.entries.flatMap(\.entry.options) { #expect(blockOptions.contains { $0.key == option.key }, "\(option.key)") }
  }

  @Test func biasRegistryHoldsEveryKindByItsName() throws {
    #expect(try biases.names.map { try biases($0).rawValue } == BiasKind.allCases.map(\.rawValue))
    #expect(biases.names == BiasKind.allCases.map(\.rawValue))
  }
}

import Settings
import Testing
import VectorFields

@Suite struct TimeBasisRegistryTests {
  /// Every basis is a partition of unity or says by its pieces which coefficient a layer uses.
  @Test(arguments: timeBases.names) func everyBasisServesManyLayers(_ name: String) throws {
    let basis = try timeBases(name).make(OptionValues(scope: "block", timeBasisOptions))
    for layers in [8, 33] {
      let count = try basis.count(layers: layers)
      #expect(count >= 1 && count <= layers)
      #expect((0..<layers).allSatisfy { (basis.piece(of: $0, layers: layers) ?? 0) < count })
    }
  }
}

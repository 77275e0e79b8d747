import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct NormalizationRegistryTests {
  private func form(_ name: String, _ set: [(String, OptionValue)] = []) throws -> NormalizationForm {
    var values = OptionValues(scope: "block", normalizations.options)
    for (key, value) in set { try values.set(key, value) }
    return try normalizations(name).make((values, Shape(channels: 6, height: 2, width: 2)))
  }

  @Test func entriesSayWhatIsNormalizedTogether() throws {
    #expect(try form("instance").kind == .groups(6) && form("layer").kind == .groups(1) && form("tv").kind == .pixels)
    #expect(try form("group", [("normalization_groups", .integer(3))]).kind == .groups(3))
    #expect(try form("batch", [("normalization_momentum", .real(0.25))]).acrossSamples == AcrossSamples(momentum: 0.25, pixels: 4))
    for name in normalizations.names where name != "batch" { #expect(try form(name).acrossSamples == nil) }
  }
}

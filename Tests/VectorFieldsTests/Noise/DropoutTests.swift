import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct DropoutTests {
  @Test func numbersAreZeroOrScaled() {
    let rows = Block.zeros(3, 16, .float64)
    Dropout(rate: 0.75).draw(LayerDraws(key: 2, sample: 0), into: rows)
    #expect(Set(rows.values) == [0, 4])
    // Each row has its own mask.
    #expect(rows.rows(0..<1).values != rows.rows(1..<2).values)
    #expect(Dropout(rate: 0).isSilent(layer: 0))
  }

  @Test func refusesToDropEverything() throws {
    var options = OptionValues(scope: "block", layerNoises.options)
    try options.set("dropout_rate", .real(1))
    let failure = refusal { _ = try layerNoises("dropout").make((options, TimeGrid(layers: 1, horizon: 1), BlockDepth(layers: 1))) }
    #expect(failure?.status == .outOfRange && failure?.message.contains("dropout_rate is 1.0") == true)
  }
}

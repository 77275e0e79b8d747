import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// The contracts that every map must keep.
@Suite struct LayerMapTests {
  /// Without a tangent and a direction, out = base or zero.
  private func expectStillness(_ map: some LayerMap, inputs: Int) throws {
    let example = try MapCase()
    let x = try Numbers.normal(inputs * 16, .float64, seed: 3)
    let base = try Numbers.normal(map.outputs * 16, .float64, seed: 4)
    let (record, scratch) = (Block.zeros(map.recordWidth, 16, .float64), Block.zeros(map.scratchWidth, 16, .float64))
    map.evaluate(example.layer, at: MapCase.block(x), scale: 1, addingTo: nil, into: .zeros(map.outputs, 16, .float64), record: record, scratch: scratch)
    let (out, alone) = (try Numbers(base.count, .float64), try Numbers(base.values, .float64))
    map.pushforward(
      example.layer, direction: nil, at: MapCase.block(x), record: record, tangent: nil, scale: 1, addingTo: MapCase.block(base), into: MapCase.block(out),
      scratch: scratch)
    map.pushforward(
      example.layer, direction: nil, at: MapCase.block(x), record: record, tangent: nil, scale: 1, addingTo: nil, into: MapCase.block(alone), scratch: scratch)
    #expect(out.values == base.values)
    #expect(alone.values.allSatisfy { $0 == 0 })
  }

  @Test func withoutTangentAndDirectionNothingMoves() throws {
    try expectStillness(AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh), inputs: 3)
    try expectStillness(AffineMap(MapCase.kernel, bias: MapCase.bias, nil), inputs: 3)
    try expectStillness(ComposedMap(gradientOf: MapCase.kernel, bias: MapCase.bias, .tanh, factor: 1), inputs: 3)
    try expectStillness(CanonicalMap(ComposedMap(gradientOf: MapCase.back, bias: MapCase.backBias, .tanh, factor: 1)), inputs: 4)
    try expectStillness(SumMap(ScalingMap(2, rows: 3), CubicMap(1, rows: 3)), inputs: 3)
  }

  @Test func onlyAffineMapsHaveAnAffineForm() throws {
    let layer = try MapCase().layer
    #expect(ScalingMap(1, rows: 3).affineForm(layer).map { _ in 1 } == nil)
    #expect(ComposedMap(gradientOf: MapCase.kernel, bias: MapCase.bias, .tanh, factor: 1).affineForm(layer).map { _ in 1 } == nil)
  }
}

import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ChainedMapTests {
  /// σ(L·(Kᵀσ(Kx + b) − 0.3x) twisted by K): maps of maps, one tensor used by both.
  private static let map = ChainedMap(
    SumMap(ComposedMap(gradientOf: MapCase.kernel, bias: MapCase.bias, .tanh, factor: 1), ScalingMap(-0.3, rows: 3)),
    then: ComposedMap(AffineMap(MapCase.kernel, bias: MapCase.bias, .sin), then: AffineMap(MapCase.back, bias: MapCase.backBias, .sin)))

  @Test func evaluatesOneAfterTheOther() throws {
    let example = try MapCase()
    let defect = try example.evaluationDefect(Self.map, inputs: 3) { x in
      let gradient = plainProduct(plainTranspose(example.k), plainLayer(.tanh, example.k, example.b, x).value)
      return plainLayer(.sin, example.l, example.c, plainLayer(.sin, example.k, example.b, x.indices.map { gradient[$0] - 0.3 * x[$0] }).value).value
    }
    #expect(defect < 1e-13)
  }

  @Test func derivativesAgree() throws {
    let defects = try MapCase().derivativeDefects(Self.map, inputs: 3)
    #expect(defects.difference < 1e-7 && defects.transpose < 1e-13, "\(defects)")
  }

  /// The cotangent in place gives the same result as in two blocks.
  @Test func cotangentMayBeWhereTheResultGoes() throws {
    let example = try MapCase()
    let (x, p) = (try Numbers.normal(48, .float64, seed: 3), try Numbers.normal(48, .float64, seed: 4))
    let (record, scratch) = (Block.zeros(Self.map.recordWidth, 16, .float64), Block.zeros(Self.map.scratchWidth, 16, .float64))
    Self.map.evaluate(example.layer, at: MapCase.block(x), scale: 1, addingTo: nil, into: .zeros(3, 16, .float64), record: record, scratch: scratch)
    let (apart, inPlace) = (try Numbers(p.values, .float64), try Numbers(p.values, .float64))
    for (cotangent, q) in [(p, apart), (inPlace, inPlace)] {
      Self.map.pullback(
        example.layer, at: MapCase.block(x), record: record, scale: 0.5, cotangent: MapCase.block(cotangent), addingTo: MapCase.block(q),
        into: MapCase.block(q),
        gradient: nil, scratch: scratch)
    }
    #expect(apart.bits == inPlace.bits)
  }
}

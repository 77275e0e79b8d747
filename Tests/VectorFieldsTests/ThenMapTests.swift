import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ThenMapTests {
  private let inner = AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh)
  private let outer = AffineMap(MapCase.back, bias: MapCase.backBias, nil)

  /// L tanh(Kx + b) + c.
  @Test func oneMapFollowsTheOther() throws {
    let example = try MapCase()
    let map = ThenMap(inner, then: outer)
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      plainLayer(.identity, example.l, example.c, plainLayer(.tanh, example.k, example.b, x).value).value
    }
    #expect(map.outputs == 3 && defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }

  /// Values and pullbacks have the bits of a chain of the same maps, also where the cotangent lies where the result goes.
  @Test func bitsAreThoseOfAChain() throws {
    let example = try MapCase()
    let sum = SumMap(ComposedMap(gradientOf: MapCase.kernel, bias: MapCase.bias, .tanh, factor: 1), ScalingMap(-0.3, rows: 3))
    func results(_ map: some LayerMap) throws -> [[UInt64]] {
      let (x, p, out) = (try Numbers.normal(48, .float64, seed: 3), try Numbers.normal(48, .float64, seed: 4), try Numbers(64, .float64))
      let (record, scratch) = (Block.zeros(map.recordWidth, 16, .float64), Block.zeros(map.scratchWidth, 16, .float64))
      map.evaluate(example.layer, at: MapCase.block(x), scale: 0.7, addingTo: nil, into: MapCase.block(out), record: record, scratch: scratch)
      let cotangents = try Numbers(p.values + [Double](repeating: 1, count: 16), .float64)
      map.pullback(
        example.layer, at: MapCase.block(x), record: record, scale: 0.5, cotangent: MapCase.block(cotangents), addingTo: MapCase.block(p), into: MapCase.block(p), gradient: nil,
        scratch: scratch)
      return [out.bits, p.bits]
    }
    #expect(try results(ThenMap(sum, then: inner)) == results(ChainMap([sum, inner])))
  }
}

import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ChainMapTests {
  private let inner = AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh)
  private let outer = AffineMap(MapCase.back, bias: MapCase.backBias, nil)

  /// tanh(Kx + b), then L(·) + c, then the cube, then K again: four maps, one of them without weights.
  @Test func mapsFollowOneAnother() throws {
    let example = try MapCase()
    let map = ChainMap([inner, outer, CubicMap(0.5, rows: 3), inner])
    #expect(map.outputs == 4 && map.recordWidth == 4 + 3 + 3 + 4 + 4)
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      let middle = plainLayer(.identity, example.l, example.c, plainLayer(.tanh, example.k, example.b, x).value).value.map { 0.5 * $0 * $0 * $0 }
      return plainLayer(.tanh, example.k, example.b, middle).value
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-7 && defects.transpose < 1e-14, "\(defects)")
  }

  /// The cotangent in place gives the same result as in two blocks.
  @Test func cotangentMayBeWhereTheResultGoes() throws {
    let example = try MapCase()
    let map = ChainMap([SumMap(ComposedMap(gradientOf: MapCase.kernel, bias: MapCase.bias, .tanh, factor: 1), ScalingMap(-0.3, rows: 3)), inner, outer])
    let (x, p) = (try Numbers.normal(48, .float64, seed: 3), try Numbers.normal(48, .float64, seed: 4))
    let (record, scratch) = (Block.zeros(map.recordWidth, 16, .float64), Block.zeros(map.scratchWidth, 16, .float64))
    map.evaluate(example.layer, at: MapCase.block(x), scale: 1, addingTo: nil, into: .zeros(3, 16, .float64), record: record, scratch: scratch)
    let (apart, inPlace) = (try Numbers(p.values, .float64), try Numbers(p.values, .float64))
    for (cotangent, q) in [(p, apart), (inPlace, inPlace)] {
      map.pullback(
        example.layer, at: MapCase.block(x), record: record, scale: 0.5, cotangent: MapCase.block(cotangent), addingTo: MapCase.block(q), into: MapCase.block(q),
        gradient: nil, scratch: scratch)
    }
    #expect(apart.bits == inPlace.bits)
  }

  /// A value that is computed again is not kept.
  @Test func cheapValuesAreNotKept() throws {
    let normal = NormalizationMap(
      try NormalizationGeometry(channels: 3, pixels: 1, .pixels), NormalizationPlace(tensor: 2, channels: 3, isAcrossSamples: false, precision: .float64), .tanh, epsilon: 1e-3)
    let map = ChainMap([normal, inner, outer, normal, inner])
    #expect(map.recordWidth == 4 + 3 + (1 + 4 + 0 + 1 + 4))
    let example = try MapCase()
    let factors = example.l.flatMap { $0 }
    func normalized(_ x: [Double]) -> [Double] {
      let size = (x.reduce(0) { $0 + $1 * $1 } + 1e-3).squareRoot()
      return x.enumerated().map { plainActivation(.tanh, factors[$0] * $1 / size + factors[3 + $0]).value }
    }
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      let middle = plainLayer(.identity, example.l, example.c, plainLayer(.tanh, example.k, example.b, normalized(x)).value).value
      return plainLayer(.tanh, example.k, example.b, normalized(middle)).value
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-6 && defects.transpose < 1e-13, "\(defects)")
  }

  /// One map, or two, have the values and derivatives of these maps.
  @Test(arguments: [1, 2]) func shortChains(_ count: Int) throws {
    let example = try MapCase()
    let map = ChainMap(Array([inner, outer].prefix(count)))
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      let value = plainLayer(.tanh, example.k, example.b, x).value
      return count == 1 ? value : plainLayer(.identity, example.l, example.c, value).value
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }
}

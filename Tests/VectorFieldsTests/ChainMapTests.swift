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

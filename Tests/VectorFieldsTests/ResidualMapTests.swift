import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ResidualMapTests {
  /// S(x) + f(x) with S = Kx and f = tanh(K'x + b), and the same followed by S(x).
  @Test(arguments: [false, true]) func addsTheShortcut(_ remembers: Bool) throws {
    let example = try MapCase()
    let shortcut = AffineMap(MapCase.back.transposed, bias: .none, nil)
    let map = ResidualMap(shortcut, AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh), remembers: remembers)
    #expect(map.outputs == (remembers ? 8 : 4))
    let defect = try example.evaluationDefect(map, inputs: 3) { x in
      let s = plainProduct(plainTranspose(example.l), x)
      let sum = zip(s, plainLayer(.tanh, example.k, example.b, x).value).map { $0 + $1 }
      return remembers ? sum + s : sum
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }
}

import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ResidualMapTests {
  /// S(x) + f(x) with S = Kx and f = tanh(K'x + b), and the same followed by S(x).
  @Test(arguments: [false, true]) func addsTheShortcut(_ remembers: Bool) throws {
    let example = try MapCase()
    let shortcut = AffineMap(MapCase.back.transposed, bias: .none, nil)
    let map = ResidualMap(shortcut, AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh), inputs: 3, remembers: remembers)
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

  /// The gradient without the cotangent of x is the same.
  @Test func theGradientAlone() throws {
    let example = try MapCase()
    let map = ResidualMap(AffineMap(MapCase.back.transposed, bias: .none, nil), AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh), inputs: 3, remembers: true)
    let x = try Numbers.normal(48, .float64, seed: 1), p = try Numbers.normal(128, .float64, seed: 2), out = try Numbers(128, .float64), q = try Numbers(48, .float64)
    let (record, scratch) = (Block.zeros(map.recordWidth, 16, .float64), Block.zeros(map.scratchWidth, 16, .float64))
    map.evaluate(example.layer, at: MapCase.block(x), scale: 1, addingTo: nil, into: MapCase.block(out), record: record, scratch: scratch)
    let (whole, alone) = (try MapCase(deviation: 0), try MapCase(deviation: 0))
    map.pullback(example.layer, at: MapCase.block(x), record: record, scale: 1, cotangent: MapCase.block(p), addingTo: nil, into: MapCase.block(q), gradient: whole.layer, scratch: scratch)
    map.accumulateGradient(example.layer, at: MapCase.block(x), record: record, cotangent: MapCase.block(p), gradient: alone.layer, scratch: scratch)
    for (a, b) in zip(whole.tensors, alone.tensors) { #expect(a.bits == b.bits) }
  }
}

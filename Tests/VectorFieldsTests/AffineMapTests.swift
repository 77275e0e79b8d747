import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// c·σ(Wx + b) with 3 inputs and 4 outputs, and of the transpose: different sizes reveal a confusion of the two.
@Suite struct AffineMapTests {
  @Test(arguments: Activation.allCases) func evaluatesItsFormula(_ activation: Activation) throws {
    let example = try MapCase()
    let map = AffineMap(MapCase.kernel, bias: MapCase.bias, activation, factor: -2)
    let defect = try example.evaluationDefect(map, inputs: 3) { x in plainLayer(activation, example.k, example.b, x).value.map { -2 * $0 } }
    #expect(defect < 1e-13)
    let transposed = AffineMap(MapCase.kernel.transposed, bias: MapCase.backBias, activation)
    #expect(try example.evaluationDefect(transposed, inputs: 4) { x in plainLayer(activation, plainTranspose(example.k), example.c, x).value } < 1e-13)
  }

  @Test func withoutActivationItIsLinearAndRecordsNothing() throws {
    let example = try MapCase()
    let map = AffineMap(MapCase.kernel, bias: MapCase.bias, nil, factor: 3)
    #expect(map.recordWidth == 0)
    #expect(try example.evaluationDefect(map, inputs: 3) { x in plainLayer(.identity, example.k, example.b, x).value.map { 3 * $0 } } < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14)
  }

  @Test(arguments: Activation.allCases) func recordHoldsTheSlopes(_ activation: Activation) throws {
    let example = try MapCase()
    let map = AffineMap(MapCase.kernel, bias: MapCase.bias, activation, factor: -2)
    let (x, record) = (try Numbers.normal(48, .float64, seed: 3), try Numbers(64, .float64))
    map.evaluate(
      example.layer, at: MapCase.block(x), scale: 1, addingTo: nil, into: .zeros(4, 16, .float64), record: MapCase.block(record), scratch: .zeros(4, 16, .float64))
    for sample in 0..<16 {
      #expect(largestDifference(record.column(sample, of: 16), plainLayer(activation, example.k, example.b, x.column(sample, of: 16)).slope) < 1e-13)
    }
  }

  @Test(arguments: Activation.allCases, [false, true]) func derivativesAgree(_ activation: Activation, _ transposed: Bool) throws {
    let map =
      transposed
      ? AffineMap(MapCase.kernel.transposed, bias: MapCase.backBias, activation, factor: -2)
      : AffineMap(MapCase.kernel, bias: MapCase.bias, activation, factor: -2)
    let defects = try MapCase().derivativeDefects(map, inputs: transposed ? 4 : 3)
    // A kink between the two points of a difference costs up to |σ'(0+) − σ'(0−)|·ε of a sample; none lies there with these numbers.
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }

  /// g = c·s·D·p: q = base + Wᵀg, dW += Σ g·xᵀ, db += Σ g; all accumulate.
  @Test func pullbackAccumulatesTheTranspose() throws {
    let (example, gradient) = (try MapCase(), try MapCase(seed: 40))
    let start = (w: gradient.tensors[0].values, b: gradient.tensors[1].values)
    let map = AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh, factor: -2)
    let (x, p) = (try Numbers.normal(48, .float64, seed: 3), try Numbers.normal(64, .float64, seed: 8))
    let q0 = try Numbers.normal(48, .float64, seed: 9)
    let q = try Numbers(q0.values, .float64)
    let (record, scratch) = (Block.zeros(4, 16, .float64), Block.zeros(4, 16, .float64))
    map.evaluate(example.layer, at: MapCase.block(x), scale: 1, addingTo: nil, into: .zeros(4, 16, .float64), record: record, scratch: scratch)
    map.pullback(
      example.layer, at: MapCase.block(x), record: record, scale: 0.5, cotangent: MapCase.block(p), addingTo: MapCase.block(q), into: MapCase.block(q),
      gradient: gradient.layer, scratch: scratch)
    var (expectedW, expectedB) = start
    for sample in 0..<16 {
      let input = x.column(sample, of: 16)
      let g = zip(plainLayer(.tanh, example.k, example.b, input).slope, p.column(sample, of: 16)).map { -2 * 0.5 * $0 * $1 }
      let expected = zip(q0.column(sample, of: 16), plainTranspose(example.k)).map { $0 + inner($1, g) }
      #expect(largestDifference(q.column(sample, of: 16), expected) < 1e-13)
      for i in 0..<4 {
        expectedB[i] += g[i]
        for k in 0..<3 { expectedW[3 * i + k] += g[i] * input[k] }
      }
    }
    #expect(largestDifference(gradient.tensors[0].values, expectedW) < 1e-13)
    #expect(largestDifference(gradient.tensors[1].values, expectedB) < 1e-13)
  }

  @Test func affineFormIsTheMap() throws {
    let example = try MapCase()
    let form = try #require(AffineMap(MapCase.kernel, bias: MapCase.bias, .tanh, factor: -1).affineForm(example.layer))
    #expect(form.sign == -1 && form.activation == .tanh)
    #expect(form.weights.rows == 4 && form.weights.columns == 3 && form.weights.base == example.tensors[0].vector.base)
    #expect(form.bias?.base == example.tensors[1].vector.base)
  }
}

import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// x ↦ σ(Wx + b) with 4 outputs of 3 inputs, so that a mix-up of the two shows.
@Suite struct AffineActivationTests {
  private static let (outputs, inputs, columns) = (4, 3, 16)

  private struct Example {
    let map: AffineActivation
    let w, b, x, record: Numbers
    var weights: Matrix { w.matrix(rows: outputs, columns: inputs) }
    var bias: Bias { Bias(b.vector.base, stride: 1) }
    var input: Block { x.block(rows: inputs, columns: columns) }
    var slopes: Block { record.block(rows: outputs, columns: columns) }
  }

  private func example(_ activation: Activation) throws -> Example {
    let example = Example(
      map: AffineActivation(activation), w: try .normal(12, .float64, seed: 1), b: try .normal(4, .float64, seed: 2), x: try .normal(48, .float64, seed: 3),
      record: try Numbers(64, .float64))
    let out = try Numbers(64, .float64)
    example.map.evaluate(
      example.weights, example.bias, at: example.input, scale: 1, addingTo: nil, into: out.block(rows: 4, columns: 16), record: example.slopes)
    return example
  }

  @Test(arguments: Activation.allCases) func pushforwardIsTheDerivative(_ activation: Activation) throws {
    let example = try example(activation)
    let (dw, db, dx) = (try Numbers.normal(12, .float64, seed: 4), try Numbers.normal(4, .float64, seed: 5), try Numbers.normal(48, .float64, seed: 6))
    let base = try Numbers.normal(64, .float64, seed: 7)
    for (withDirection, withTangent) in [(true, true), (true, false), (false, true), (false, false)] {
      // In place: `out` may be `base`.
      let out = try Numbers(base.values, .float64)
      let scratch = try Numbers(64, .float64)
      example.map.pushforward(
        example.weights, direction: withDirection ? (dw.matrix(rows: 4, columns: 3), Bias(db.vector.base, stride: 1)) : nil, at: example.input,
        record: example.slopes, tangent: withTangent ? dx.block(rows: 3, columns: 16) : nil, scale: 0.5,
        addingTo: out.block(rows: 4, columns: 16), into: out.block(rows: 4, columns: 16), scratch: scratch.block(rows: 4, columns: 16))
      for sample in 0..<16 {
        let x = example.x.column(sample, of: 16)
        let slope = plainLayer(activation, example.w.rows(of: 3), example.b.values, x).slope
        let expected = (0..<4).map { row in
          let moved = (withDirection ? inner(dw.rows(of: 3)[row], x) + db[row] : 0) + (withTangent ? inner(example.w.rows(of: 3)[row], dx.column(sample, of: 16)) : 0)
          return base.column(sample, of: 16)[row] + 0.5 * slope[row] * moved
        }
        #expect(largestDifference(out.column(sample, of: 16), expected) < 1e-13)
      }
    }
  }

  /// g = s·D·p: q += Wᵀg, dW += Σ g·xᵀ, db += Σ g; all accumulate.
  @Test(arguments: Activation.allCases) func pullbackAccumulatesTheTranspose(_ activation: Activation) throws {
    let example = try example(activation)
    let p = try Numbers.normal(64, .float64, seed: 8)
    let (q0, dw0, db0) = (try Numbers.normal(48, .float64, seed: 9), try Numbers.normal(12, .float64, seed: 10), try Numbers.normal(4, .float64, seed: 11))
    let (q, dw, db) = (try Numbers(q0.values, .float64), try Numbers(dw0.values, .float64), try Numbers(db0.values, .float64))
    let scratch = try Numbers(64, .float64)
    example.map.pullback(
      example.weights, at: example.input, record: example.slopes, scale: 0.5, cotangent: p.block(rows: 4, columns: 16),
      addingTo: q.block(rows: 3, columns: 16), gradient: (dw.matrix(rows: 4, columns: 3), Bias(db.vector.base, stride: 1)),
      scratch: scratch.block(rows: 4, columns: 16))
    var (expectedW, expectedB) = (dw0.values, db0.values)
    for sample in 0..<16 {
      let x = example.x.column(sample, of: 16)
      let slope = plainLayer(activation, example.w.rows(of: 3), example.b.values, x).slope
      let g = zip(slope, p.column(sample, of: 16)).map { 0.5 * $0 * $1 }
      let expected = zip(q0.column(sample, of: 16), plainTranspose(example.w.rows(of: 3))).map { $0 + inner($1, g) }
      #expect(largestDifference(q.column(sample, of: 16), expected) < 1e-13)
      for i in 0..<4 {
        expectedB[i] += g[i]
        for k in 0..<3 { expectedW[3 * i + k] += g[i] * x[k] }
      }
    }
    #expect(largestDifference(dw.values, expectedW) < 1e-13)
    #expect(largestDifference(db.values, expectedB) < 1e-13)
  }
}

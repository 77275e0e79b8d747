import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ActivationMapTests {
  private static let (rows, columns) = (5, 16)

  private func numbers(_ precision: Precision, _ seed: UInt64) throws -> Numbers { try Numbers.normal(Self.rows * Self.columns, precision, seed: seed) }
  private func block(_ numbers: Numbers) -> Block { numbers.block(rows: Self.rows, columns: Self.columns) }

  /// out = base + s·(c·σ(x) + d·x), its slopes, tangent and cotangent, also in place.
  @Test(arguments: Activation.allCases, [0, -0.6]) func isItsFormula(_ activation: Activation, _ linear: Double) throws {
    for precision in Precision.allCases {
      let map = ActivationMap(activation, factor: 1.5, linear: linear, rows: Self.rows)
      let (x, base, v, out, record, scratch) = (
        try numbers(precision, 1), try numbers(precision, 2), try numbers(precision, 3), try numbers(precision, 4), try numbers(precision, 5), try numbers(precision, 6)
      )
      map.evaluate(Layer(), at: block(x), scale: 0.7, addingTo: block(base), into: block(out), record: block(record), scratch: block(scratch))
      let plain = x.values.map { plainActivation(activation, $0) }
      let value = zip(zip(base.values, x.values), plain).map { $0.0 + 0.7 * (1.5 * $1.value + linear * $0.1) }
      // A few ulps of the activation and three rounding errors.
      #expect(largestDifference(out.values, value) < 20 * precision.epsilon)
      #expect(largestDifference(record.values, plain.map(\.slope)) < 20 * precision.epsilon)
      let moved = zip(zip(base.values, v.values), record.values).map { $0.0 + 0.7 * (1.5 * $1 + linear) * $0.1 }
      map.pushforward(
        Layer(), direction: nil, at: block(x), record: block(record), tangent: block(v), scale: 0.7, addingTo: block(base), into: block(out), scratch: block(scratch))
      #expect(largestDifference(out.values, moved) < 10 * precision.epsilon)
      // The derivative is diagonal, so it is its own transpose. Here q = base = p.
      let owed = zip(v.values, record.values).map { $0 + 0.7 * (1.5 * $1 + linear) * $0 }
      map.pullback(
        Layer(), at: block(x), record: block(record), scale: 0.7, cotangent: block(v), addingTo: block(v), into: block(v), gradient: nil, scratch: block(scratch))
      #expect(largestDifference(v.values, owed) < 10 * precision.epsilon)
    }
  }

  @Test func withoutATangentTheBaseStays() throws {
    let map = ActivationMap(.tanh, factor: 1, linear: -1, rows: Self.rows)
    let (x, base, out) = (try numbers(.float32, 1), try numbers(.float32, 2), try numbers(.float32, 3))
    map.pushforward(
      Layer(), direction: nil, at: block(x), record: block(x), tangent: nil, scale: 1, addingTo: block(base), into: block(out), scratch: block(x))
    #expect(out.bits == base.bits)
  }

  /// x + (σ(x) − x) is σ(x), with the same bits as the activation alone. So a relaxed layer equals the feed-forward one.
  @Test(arguments: Activation.allCases) func aWholeRelaxationLeavesTheActivation(_ activation: Activation) throws {
    for precision in Precision.allCases {
      let map = ActivationMap(activation, factor: 4, linear: -4, rows: Self.rows)
      let (x, out, plain) = (try numbers(precision, 1), try numbers(precision, 2), try numbers(precision, 3))
      map.evaluate(Layer(), at: block(x), scale: 0.25, addingTo: block(x), into: block(out), record: nil, scratch: block(plain))
      apply(activation, to: x.vector, into: plain.vector)
      #expect(out.values == plain.values)
    }
  }
}

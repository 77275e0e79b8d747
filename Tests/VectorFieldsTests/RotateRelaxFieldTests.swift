import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct RotateRelaxFieldTests {
  private func rotation(_ a: [[Double]]) -> [[Double]] { a.indices.map { i in a.indices.map { j in a[i][j] - a[j][i] } } }

  /// Theory.md §2.9: ẏ=(A−Aᵀ)y − Kᵀσ(Ky+b).
  @Test(arguments: Activation.allCases, [0, 7]) func evaluatesItsFormula(_ activation: Activation, _ hidden: Int) throws {
    let defect = try FieldVariant("rotate_relax", [("hidden_width", .integer(Int64(hidden)))]).largestDefect(activation) { tensors, y in
      zip(plainProduct(rotation(tensors("A")), y), tensors.gradient("K", "b", y)).map { $0 - $1 }
    }
    #expect(defect < 400, "\(defect) ε")
  }

  /// For slopes ≥ 0 the flow never increases the distance of two states: ⟨d, f(x) − f(y)⟩ ≤ 0.
  @Test(arguments: [Activation.tanh, .relu, .identity]) func isMonotone(_ activation: Activation) throws {
    let example = try FieldVariant("rotate_relax").example(activation: activation)
    for pair in 0..<100 {
      let (x, d) = (try normalVector(6, seed: UInt64(pair), deviation: 2), try normalVector(6, seed: UInt64(500 + pair)))
      let change = zip(try example.value(at: zip(x, d).map { $0 + $1 }), try example.value(at: x)).map { $0 - $1 }
      #expect(inner(d, change) <= 1e-14 * norm(d) * norm(change))
    }
  }

  @Test func isDamped() throws { #expect(try FieldVariant("rotate_relax").example().field.isDamped) }
}

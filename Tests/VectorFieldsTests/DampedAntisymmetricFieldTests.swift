import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct DampedAntisymmetricFieldTests {
  private func antisymmetricPart(_ k: [[Double]]) -> [[Double]] { k.indices.map { i in k.indices.map { j in 0.5 * (k[i][j] - k[j][i]) } } }

  /// Theory.md §2.3: σ(½(K−Kᵀ)y+b) − γy.
  @Test(arguments: Activation.allCases) func evaluatesItsFormula(_ activation: Activation) throws {
    let defect = try FieldVariant("antisymmetric_damped", [("gamma", .real(0.3))]).largestDefect(activation) { tensors, y in
      zip(tensors.layer(antisymmetricPart(tensors("K")), "b", y), y).map { $0 - 0.3 * $1 }
    }
    #expect(defect < 200, "\(defect) ε")
  }

  /// Theory.md §2.3: a contraction iff γ > ½L‖S‖. Pairs of states d apart: ⟨d, f(x) − f(y)⟩ ≤ (½L‖S‖ − γ)|d|² for slopes in [0, L]; some pair is close to this bound.
  @Test(arguments: [Activation.tanh, .relu, .sigmoid, .softplus]) func contractsBeyondHalfTheNorm(_ activation: Activation) throws {
    let undamped = try FieldVariant("antisymmetric_damped").example(activation: activation)
    let bound = 0.5 * activation.slopeRange.upperBound * plainNorm(antisymmetricPart(PlainTensors(undamped)("K")))
    let damped = try FieldVariant("antisymmetric_damped", [("gamma", .real(1.01 * bound))]).example(activation: activation)
    var (largest, undampedLargest) = (-Double.infinity, -Double.infinity)
    for pair in 0..<400 {
      let x = try normalVector(6, seed: UInt64(1000 + pair), deviation: 2)
      let d = try normalVector(6, seed: UInt64(2000 + pair), deviation: 0.5)
      func rate(_ example: FieldCase) throws -> Double {
        let change = zip(try example.value(at: zip(x, d).map { $0 + $1 }), try example.value(at: x)).map { $0 - $1 }
        return inner(d, change) / inner(d, d)
      }
      largest = max(largest, try rate(damped))
      undampedLargest = max(undampedLargest, try rate(undamped))
    }
    #expect(largest < 0)
    #expect(undampedLargest <= bound && undampedLargest > 0, "antisymmetric alone does not contract")
  }

  @Test func isDampedByGamma() throws {
    #expect(try FieldVariant("antisymmetric_damped", [("gamma", .real(0.1))]).example().field.isDamped)
    #expect(try !FieldVariant("antisymmetric_damped").example().field.isDamped)
  }
}

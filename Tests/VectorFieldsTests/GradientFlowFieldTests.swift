import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct GradientFlowFieldTests {
  /// Theory.md §2.7: −Kᵀσ(Ky+b).
  @Test(arguments: Activation.allCases, [0, 3, 40]) func evaluatesItsFormula(_ activation: Activation, _ hidden: Int) throws {
    let defect = try FieldVariant("gradient_flow", [("hidden_width", .integer(Int64(hidden)))]).largestDefect(activation) { tensors, y in
      tensors.gradient("K", "b", y).map { -$0 }
    }
    #expect(defect < 400, "\(defect) ε")
  }

  /// Theory.md §6.4: |x₊ − y₊| ≤ |x − y| for Euler with h = 2/(L‖K‖²), over layers with different weights. With three times this step some pair moves apart.
  @Test(arguments: [Activation.tanh, .relu, .sigmoid, .identity, .softplus], [3, 6, 9])
  func eulerIsNonExpansiveUpToTheLimit(_ activation: Activation, _ hidden: Int) throws {
    var grown = 0
    let layers = try (0..<6).map { layer in
      let example = try FieldVariant("gradient_flow", [("hidden_width", .integer(Int64(hidden)))]).example(activation: activation, seed: UInt64(50 * layer + 1))
      return (example: example, size: plainNorm(PlainTensors(example)("K")))
    }
    for pair in 0..<40 {
      var x = try normalVector(6, seed: UInt64(300 + pair), deviation: 0.3)
      var y = try normalVector(6, seed: UInt64(400 + pair), deviation: 0.3)
      for (example, size) in layers {
        let h = 2 / (activation.slopeRange.upperBound * size * size)
        let (fx, fy) = (try example.value(at: x), try example.value(at: y))
        let (apart, change) = (zip(x, y).map { $0 - $1 }, zip(fx, fy).map { $0 - $1 })
        func distance(_ h: Double) -> Double { norm(zip(apart, change).map { $0 + h * $1 }) }
        let before = norm(apart)
        #expect(distance(h) <= before * (1 + 1e-9))
        if distance(3 * h) > before { grown += 1 }
        (x, y) = (zip(x, fx).map { $0 + h * $1 }, zip(y, fy).map { $0 + h * $1 })
      }
    }
    #expect(grown > 0)
  }

  @Test func isDamped() throws { #expect(try FieldVariant("gradient_flow").example().field.isDamped) }
}

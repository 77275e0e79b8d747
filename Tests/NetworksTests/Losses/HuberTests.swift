import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct HuberTests {
  /// With δ = 2: ½r² at r = 1, 2|r| − 2 at r = ±5.
  @Test(arguments: Precision.allCases) func isTheFormula(_ precision: Precision) throws {
    let result = try LossCase(Huber(delta: 2), precision, scores: [[1], [5], [-5]], values: [[0], [0], [0]], scale: 0.5)
    #expect(result.loss == 0.5 + 8 + 8)
    #expect(result.gradient == [[0.5], [1], [-1]])
    #expect(result.correct == 0)
  }

  @Test func deltaIsPositive() throws {
    for value in [#"0"#, "-1"] {
      #expect(refusal { _ = try NetworkPlan(try specification(#"{"inputs": 2, "outputs": 1, "loss": "huber", "huber_delta": \#(value)}"#)) }?.status == .outOfRange)
    }
    let plan = try NetworkPlan(try specification(#"{"inputs": 2, "outputs": 1, "loss": "huber", "huber_delta": 0.3}"#))
    #expect((plan.loss as? Huber)?.delta == 0.3)
  }
}

import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct QuantileTests {
  /// Level 0.9: 0.9 per unit below the target, 0.1 above it. Two outputs share a target where there are two levels.
  @Test(arguments: Precision.allCases) func isTheFormula(_ precision: Precision) throws {
    let result = try LossCase(Quantile(levels: [0.75]), precision, scores: [[-2], [4], [1]], values: [[0], [0], [1]])
    #expect(result.loss == 1.5 + 1 && result.gradient == [[-0.75], [0.25], [0]])
    let loss = Quantile(levels: [0.25, 0.75])
    #expect(loss.targets(outputs: 4) == 2)
    let two = try LossCase(loss, precision, scores: [[1, 1, 1, 1]], values: [[0, 2, 99, 99]])
    // Targets 0 and 2: above the first, below the second.
    #expect(two.loss == 0.75 + 0.25 + 0.25 + 0.75 && two.gradient == [[0.75, 0.25, -0.25, -0.75]])
  }

  private func plan(_ options: String) throws -> NetworkPlan { try NetworkPlan(try specification(#"{"inputs": 2, "loss": "quantile", \#(options)}"#)) }

  @Test func levelsAreChecked() throws {
    #expect(try plan(#""outputs": 6, "quantiles": [0.1, 0.5, 0.9]"#).targetCount == 2)
    #expect(try plan(#""outputs": 2"#).targetCount == 2)
    #expect(refusal { _ = try plan(#""outputs": 4, "quantiles": [0.1, 0.5, 0.9]"#) }?.message.contains("outputs is 4") == true)
    for levels in ["[0]", "[0.5, 1]", "[-0.5]", "[]"] { #expect(refusal { _ = try plan(#""outputs": 2, "quantiles": \#(levels)"#) }?.status == .outOfRange, "\(levels)") }
  }

  /// Training, prediction and derivatives with fewer targets than outputs.
  @Test func sweepsShareTargets() throws {
    let network = try network(#"{"inputs": 2, "outputs": 4, "readout": "dense", "loss": "quantile", "quantiles": [0.2, 0.8], "precision": "float64", "field": "dense"}"#)
    let batch = try BatchCase(network, samples: 70)
    let scores = try batch.predict().rows(of: 4)
    let targets = batch.values.rows(of: 2)
    var expected = 0.0
    for (score, target) in zip(scores, targets) {
      for output in 0..<4 {
        let (r, q) = (target[output / 2] - score[output], output % 2 == 0 ? 0.2 : 0.8)
        expected += max(q * r, (q - 1) * r)
      }
    }
    #expect(abs(try batch.lossGradient().result.lossSum - expected) < 1e-12 * expected)
    let case_ = try DerivativeCase(network.plan.specification)
    #expect(try case_.taylorOrder() > 1.9)
  }

  @Test func hasNoCurvature() throws { #expect(Quantile(levels: [0.5]).reasonWithoutCurvature != nil && Huber(delta: 1).reasonWithoutCurvature == nil) }
}

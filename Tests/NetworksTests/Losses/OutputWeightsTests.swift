import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct OutputWeightsTests {
  static let weighted = losses.entries.filter { $0.entry.options.contains { $0.key == "output_weights" } }.map(\.name)

  private func plan(_ loss: String, _ weights: String) throws -> NetworkPlan {
    try NetworkPlan(try specification(#"{"inputs": 3, "outputs": 3, "loss": "\#(loss)", "precision": "float64", "output_weights": \#(weights)}"#))
  }

  /// Weights 2, 0, 1 give twice the loss of the first output, nothing of the second, and the loss of the third.
  @Test(arguments: weighted, Precision.allCases) func multiplyTheOutputs(_ name: String, _ precision: Precision) throws {
    let (plain, weighted) = (try losses.standard(name), try plan(name, "[2, 0, 1]").loss)
    let (scores, values) = ([[0.5, -1, 2], [1, 1, -0.5]], [[1.0, 0, 0.5], [0, 1, 1]])
    func alone(_ output: Int) throws -> LossCase { try LossCase(plain, precision, scores: scores.map { [$0[output]] }, values: values.map { [$0[output]] }) }
    let (first, third) = (try alone(0), try alone(2))
    let result = try LossCase(weighted, precision, scores: scores, values: values)
    #expect(abs(result.loss - (2 * first.loss + third.loss)) < 10 * precision.epsilon)
    for sample in 0..<2 { #expect(largestDifference(result.gradient[sample], [2 * first.gradient[sample][0], 0, third.gradient[sample][0]]) < 4 * precision.epsilon) }
  }

  /// The Taylor contract with weights, which go into value and gradient alike.
  @Test(arguments: weighted) func keepTheContracts(_ name: String) throws {
    let order = try DerivativeCase(try plan(name, "[2, 0, 0.5]").specification).taylorOrder()
    #expect(order > 1.9, "order \(order)")
  }

  @Test func areChecked() throws {
    #expect(refusal { _ = try plan("huber", "[1, -1, 1]") }?.message == "output_weights: entry 1 is -1.0; it must be >= 0")
    #expect(refusal { _ = try plan("huber", "[0, 0, 0]") }?.status == .incompatible)
    #expect(refusal { _ = try plan("huber", "[1, 1]") }?.message.contains("each of the 3 outputs") == true)
    #expect(refusal { _ = try plan("softmax_cross_entropy", "[1, 1, 1]") }?.status == .incompatible)
    #expect(refusal { _ = try plan("huber", "[]") } == nil)
  }
}

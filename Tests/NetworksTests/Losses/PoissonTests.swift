import Foundation
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct PoissonTests {
  /// e^s − ts + t log t − t, with 0 log 0 = 0.
  @Test(arguments: Precision.allCases) func isTheFormula(_ precision: Precision) throws {
    let result = try LossCase("poisson", precision, scores: [[0.5, -1]], values: [[3, 0]], scale: 2)
    let expected = exp(0.5) - 1.5 + 3 * log(3) - 3 + exp(-1)
    #expect(abs(result.loss - expected) < 10 * precision.epsilon)
    #expect(largestDifference(result.gradient[0], [2 * (exp(0.5) - 3), 2 * exp(-1)]) < 20 * precision.epsilon)
  }

  @Test func isInfiniteOnlyWhereTheMeanIs() throws {
    #expect(try LossCase("poisson", .float64, scores: [[700]], values: [[1]]).loss.isFinite)
    #expect(try LossCase("poisson", .float64, scores: [[710]], values: [[1]]).loss == .infinity)
    #expect(try LossCase("poisson", .float64, scores: [[-1e300]], values: [[0]]).loss == 0)
  }

  /// A mean that the precision or the caller's array cannot hold is an error that names the row, though its score is finite.
  @Test func meansThatAreTooLargeAreErrors() throws {
    let network = try network(#"{"inputs": 1, "outputs": 1, "width": 1, "readout": "identity", "loss": "poisson", "precision": "float64", "field": "dense", "layers": 1}"#)
    let zeros = try Numbers(network.plan.parameterCount, .float64)
    try network.replaceParameters(with: zeros.vector)
    let (features, out, small) = (try Numbers([1, 100, 800], .float64), try Numbers([7, 7, 7], .float64), try Numbers([7, 7, 7], .float32))
    let predictor = try Predictor(network, maximumBatch: 3, threads: 1)
    func failure(_ rows: Int, _ out: Numbers, isPartial: Bool = false) -> Failure? {
      refusal { try predictor.run(features.view(rows: rows, columns: 1), .probabilities, into: out.target(rows: rows, columns: 1), isPartial: isPartial, pool: nil) }
    }
    #expect(failure(3, out)?.message.hasPrefix("row 2") == true && out.values == [7, 7, 7])
    #expect(failure(2, small)?.message.hasPrefix("row 1") == true)
    #expect(failure(2, out) == nil && abs(out[1] - exp(100)) < 1e-13 * exp(100))
    #expect(failure(3, out, isPartial: true) == nil && out[2].isNaN && out[0] > 2.7)
  }
}

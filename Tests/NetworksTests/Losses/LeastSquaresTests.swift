import LinearAlgebra
import Networks
import TestSupport
import Testing

@Suite struct LeastSquaresTests {
  @Test(arguments: Precision.allCases) func isTheFormula(_ precision: Precision) throws {
    let scores = try Numbers.normal(3 * 20, precision, seed: 3).rows(of: 3)
    let targets = try Numbers.normal(3 * 20, precision, seed: 4).rows(of: 3)
    let result = try LossCase("least_squares", precision, scores: scores, values: targets, scale: 0.25)
    let differences = zip(scores, targets).map { zip($0, $1).map { $0 - $1 } }
    let loss = differences.reduce(0) { $0 + 0.5 * inner($1, $1) }
    #expect(abs(result.loss - loss) < 100 * precision.epsilon * loss)
    for (gradient, difference) in zip(result.gradient, differences) {
      #expect(largestDifference(gradient, difference.map { 0.25 * $0 }) < 4 * precision.epsilon)
    }
    #expect(result.correct == 0)
  }

  /// In every batch each sample is compared with its own row of the caller's targets.
  @Test func everySampleMeetsItsOwnTargets() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "readout": "identity", "loss": "least_squares", "precision": "float64", "field": "dense"}"#)
    let batch = try BatchCase(network, samples: 70)
    let scores = try batch.predict().rows(of: 2)
    let expected = zip(scores, batch.values.rows(of: 2)).reduce(0) { sum, pair in sum + zip(pair.0, pair.1).reduce(0) { $0 + 0.5 * ($1.0 - $1.1) * ($1.0 - $1.1) } }
    let result = try batch.lossGradient().result
    #expect(abs(result.lossSum - expected) < 1e-13 * expected)
    #expect(network.plan.classes == 0)
  }
}

import LinearAlgebra
import Networks
import Testing
import Training

struct EvaluatedScoresTests {
  /// For more float32 samples than one evaluation batch, the scores equal those of prediction, number for number.
  @Test func holdsTheScoresOfPrediction() throws {
    let data = try ellipses()
    let network = try smallNetwork(precision: .float32)
    let evaluated = try evaluateScores(network, on: data.training, threads: 2)
    let predicted = try Numbers(Array(repeating: 0.0, count: 2 * data.training.count))
    let predictor = try Predictor(network, maximumBatch: data.training.count, threads: 1)
    try predictor.run(
      data.training.features, .scores, into: MutableTensorView(predicted.vector.base, type: .float64, rows: data.training.count, columns: 2), pool: nil)
    let scores = evaluated.scores
    for row in 0..<data.training.count {
      for output in 0..<2 {
        #expect(Vector(scores.rows(output..<output + 1).base, count: scores.columns, precision: .float64).load(row) == predicted.vector.load(2 * row + output))
      }
    }
  }

  /// A single sample uses a block of one column.
  @Test func aSingleSample() throws {
    let network = try scoreNetwork(2, loss: "least_squares")
    let data = try scoreData([[1, 5]], values: [[2, 3]])
    #expect(try evaluate(network, on: data, metrics: ["mean_absolute_error"], threads: 1) == [1.5])
  }

  @Test func valuesComeAsOutputsBySamples() throws {
    let data = try scoreData([[1, 5], [0, 0], [0, 0]], values: [[2, 3], [4, 5], [6, 7]])
    let evaluated = try evaluateScores(try scoreNetwork(2, loss: "least_squares"), on: data, threads: 1)
    let values = try evaluated.values()
    #expect((0..<3).map { Vector(values.rows(1..<2).base, count: 3, precision: .float64).load($0) } == [3, 5, 7])
  }
}

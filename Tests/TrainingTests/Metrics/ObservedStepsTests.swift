import Datasets
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

@Suite struct ObservedStepsTests {
  /// A network whose scores at each step are the first numbers of a state that sums up the observations with σ = identity: σ(Vu)·h.
  private func network(_ outputs: Int, _ loss: String) throws -> Network {
    try TestSupport.network(
      #"{"opening": "sequence", "inputs": \#(3 * 2), "channels": 2, "outputs": \#(outputs), "width": 4, "layers": 3, "field": "antisymmetric_rnn", "outputs_at": "steps", "loss": "\#(loss)", "precision": "float64", "seed": 6}"#)
  }

  private func features(_ samples: Int) throws -> TensorView { try TestSupport.Numbers.normal(samples * 6, .float64, seed: 4).view(rows: samples, columns: 6) }

  private func scores(_ network: Network, _ features: TensorView) throws -> [Double] {
    let out = try TestSupport.Numbers(features.rows * network.plan.scoreCount, .float64)
    try Predictor(network, maximumBatch: features.rows, threads: 1).run(features, .scores, into: out.target(rows: features.rows, columns: network.plan.scoreCount), pool: nil)
    return out.values
  }

  @Test func metricsOfClassesCountObservedSteps() throws {
    let (own, view) = (try network(3, "softmax_cross_entropy"), try features(5))
    let labels: [Double] = (0..<15).map { [0, -1, 2, 1][$0 % 4] }
    let data = try Dataset(copying: view, values: try TestSupport.Numbers(labels, .float64).view(rows: 5, columns: 3))
    let all = try scores(own, view)
    var (right, found, loss) = (0, 0, 0.0)
    for place in 0..<15 where labels[place] >= 0 {
      let step = Array(all[3 * place..<3 * place + 3])
      if step.firstIndex(of: step.max() ?? 0) == Int(labels[place]) { right += 1 }
      let row = try losses.standard("softmax_cross_entropy")
      let numbers = try TestSupport.Numbers(step, .float64)
      var (label, correct) = (Int32(labels[place]), 0)
      loss += withUnsafeMutablePointer(to: &label) {
        row.evaluate(scores: numbers.block(rows: 3, columns: 1), targets: TileTargets(labels: $0, values: numbers.block(rows: 0, columns: 1)), count: 1, scale: 0, gradient: nil, correct: &correct)
      }
      found += 1
    }
    let evaluation = try evaluate(own, on: data, threads: 1)
    #expect(evaluation.samples == 5 && evaluation.accuracy == Double(right) / Double(found) && abs(evaluation.loss - loss / Double(found)) < 1e-14)
    let figures = try evaluate(own, on: data, metrics: ["accuracy", "log_loss", "balanced_accuracy", "brier_score", "auc"], threads: 1)
    #expect(figures[0] == evaluation.accuracy && abs(figures[1] - evaluation.loss) < 1e-14 && figures.allSatisfy { $0.isFinite })
  }

  @Test func metricsOfValuesCountObservedNumbers() throws {
    let (own, view) = (try network(2, "least_squares"), try features(7))
    var values = try TestSupport.Numbers.normal(7 * 6, .float64, seed: 9).values
    for place in values.indices where place % 5 == 1 || place / 2 % 4 == 3 { values[place] = .nan }
    let data = try Dataset(copying: view, values: try TestSupport.Numbers(values, .float64).view(rows: 7, columns: 6))
    let all = try scores(own, view)
    var (squares, absolute, counts) = ([0.0, 0], [0.0, 0], [0.0, 0])
    for place in values.indices where !values[place].isNaN {
      let difference = all[place] - values[place]
      squares[place % 2] += difference * difference
      absolute[place % 2] += abs(difference)
      counts[place % 2] += 1
    }
    let names = ["mean_squared_error", "mean_absolute_error", "root_mean_squared_error", "r2", "median_absolute_error", "huber_loss", "pinball_loss"]
    let figures = try evaluate(own, on: data, metrics: names, threads: 1)
    #expect(abs(figures[0] - (squares[0] / counts[0] + squares[1] / counts[1]) / 2) < 1e-14)
    #expect(abs(figures[1] - (absolute[0] / counts[0] + absolute[1] / counts[1]) / 2) < 1e-14)
    #expect(abs(figures[6] - 0.5 * (absolute[0] + absolute[1]) / (counts[0] + counts[1])) < 1e-14)
    #expect(figures.allSatisfy { $0.isFinite })
    let observed = (0..<21).filter { !values[2 * $0].isNaN || !values[2 * $0 + 1].isNaN }.count
    let loss = try evaluate(own, on: data, threads: 1).loss
    #expect(abs(loss - 0.5 * (squares[0] + squares[1]) / Double(observed)) < 1e-14)
  }

  /// Data without any observed step are refused, and so is NaN for a network with outputs at the end.
  @Test func refusesWhatIsNotObserved() throws {
    let view = try features(2)
    let none = try Dataset(copying: view, values: try TestSupport.Numbers([Double](repeating: .nan, count: 12), .float64).view(rows: 2, columns: 6))
    #expect(throws: Failure(.invalidData, "the data has no observed step: every target is NaN")) { _ = try evaluate(try network(2, "least_squares"), on: none, threads: 1) }
    let blank = try Dataset(copying: view, values: try TestSupport.Numbers([Double](repeating: -1, count: 6), .float64).view(rows: 2, columns: 3))
    #expect(throws: Failure(.invalidData, "the data has no observed step: every target is -1")) { _ = try evaluate(try network(3, "softmax_cross_entropy"), on: blank, threads: 1) }
  }
}

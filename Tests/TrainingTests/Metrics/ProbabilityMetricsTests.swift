import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import Training

struct ProbabilityMetricsTests {
  private func rows(_ probabilities: [[Double]]) -> [[Double]] { probabilities.map { $0.map { Foundation.log($0) } } }

  /// −(log 0.9 + log 0.9 + log 0.8 + log 0.65)/4 = 0.21616187468057912, the example of scikit-learn's log_loss.
  @Test func logLossOfASmallCase() throws {
    let data = try scoreData(rows([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]]), labels: [1, 0, 0, 1])
    let value = try evaluate(try scoreNetwork(2), on: data, metrics: ["log_loss"], threads: 1)[0]
    #expect(abs(value - 0.21616187468057912) < 1e-14)
  }

  /// (0.01 + 0.01 + 0.04 + 0.09)/4, the example of scikit-learn's brier_score_loss, with one score and with two.
  @Test func brierScoreOfTwoClasses() throws {
    let p = [0.1, 0.9, 0.8, 0.3]
    let one = try scoreData(p.map { [Foundation.log($0 / (1 - $0))] }, labels: [0, 1, 1, 0])
    #expect(abs(try evaluate(try scoreNetwork(1, loss: "logistic"), on: one, metrics: ["brier_score"], threads: 1)[0] - 0.0375) < 1e-15)
    let two = try scoreData(rows(p.map { [1 - $0, $0] }), labels: [0, 1, 1, 0])
    #expect(abs(try evaluate(try scoreNetwork(2), on: two, metrics: ["brier_score"], threads: 1)[0] - 0.0375) < 1e-15)
  }

  /// Computed by hand: 0.3² + 0.2² + 0.1² for one sample, 0.2² + 0.8² + 1² … for others. For three classes the sum is not halved.
  @Test func brierScoreOfThreeClasses() throws {
    let data = try scoreData(rows([[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]]), labels: [0, 2])
    let value = try evaluate(try scoreNetwork(3), on: data, metrics: ["brier_score"], threads: 1)[0]
    #expect(abs(value - ((0.09 + 0.04 + 0.01) + (0.0625 + 0.25 + 0.5625)) / 2) < 1e-15)
  }

  /// 3 of 4 pairs are in the right order, the example of scikit-learn's roc_auc_score.
  @Test func areaOfTwoClasses() throws {
    let data = try scoreData([[0.1], [0.4], [0.35], [0.8]], labels: [0, 0, 1, 1])
    #expect(try evaluate(try scoreNetwork(1, loss: "logistic"), on: data, metrics: ["auc"], threads: 1) == [0.75])
    let two = try scoreData([[0, 0.1], [0, 0.4], [0, 0.35], [0, 0.8]], labels: [0, 0, 1, 1])
    #expect(try evaluate(try scoreNetwork(2), on: two, metrics: ["auc"], threads: 1) == [0.75])
  }

  /// Each class is compared with the rest. Class 0: 0.6 and 0.3 against 0.5 and 0.2, so 3 of 4 pairs are in order.
  @Test func areaOfThreeClassesIsTheMean() throws {
    let small = 1e-9
    let data = try scoreData(
      rows([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.5 - small, 0.5, small], [0.2, 0.5 - small, 0.3 + small]]), labels: [0, 0, 1, 2])
    let value = try evaluate(try scoreNetwork(3), on: data, metrics: ["auc"], threads: 1)[0]
    // Class 1 at 0.5 against 0.3, 0.4 and 0.5 − 1e-9: 1. Class 2 at 0.3 + 1e-9 against 0.1, 0.3, 1e-9: 1.
    #expect(abs(value - (0.75 + 1 + 1) / 3) < 1e-15)
  }

  @Test func oneClassAloneHasNoArea() throws {
    let data = try scoreData([[0.1], [0.4]], labels: [1, 1])
    #expect(try evaluate(try scoreNetwork(1, loss: "logistic"), on: data, metrics: ["auc"], threads: 1)[0].isNaN)
  }

  /// Scores 50, 60, 70, 80 are in the order of their labels although all probabilities round to 1.
  @Test(arguments: Precision.allCases) func saturatedProbabilitiesAreNoTies(_ precision: Precision) throws {
    let scores = [50.0, 60, 70, 80]
    let one = try scoreData(scores.map { [$0] }, labels: [0, 0, 1, 1])
    #expect(try evaluate(try scoreNetwork(1, loss: "logistic", precision: precision), on: one, metrics: ["auc"], threads: 1) == [1])
    let two = try scoreData(scores.map { [0, $0] }, labels: [0, 0, 1, 1])
    #expect(try evaluate(try scoreNetwork(2, precision: precision), on: two, metrics: ["auc"], threads: 1) == [1])
    let three = try scoreData(scores.map { [0, $0, 0] }, labels: [0, 0, 1, 1])
    // Class 1 is in the right order and class 0 in the opposite order, because its odds fall as its labels rise.
    #expect(try evaluate(try scoreNetwork(3, precision: precision), on: three, metrics: ["auc"], threads: 1) == [1])
  }

  /// Numbers that float32 cannot hold, and scores that overflow, give an error that names the row.
  @Test func scoresThatAreNotFiniteHaveNoFigure() throws {
    for metric in ["auc", "accuracy", "log_loss", "brier_score", "macro_f1"] {
      let huge = try scoreData([[0, 1], [1e39, 1], [2, 0]], labels: [0, 1, 1])
      let failure = refusal { _ = try evaluate(try scoreNetwork(2, precision: .float32), on: huge, metrics: [metric], threads: 1) }
      #expect(failure?.status == .invalidData && failure?.message.contains("row 1, column 0") == true)
      #expect(refusal { _ = try evaluate(try scoreNetwork(2), on: huge, metrics: [metric], threads: 1) } == nil)
    }
  }

  /// The metric is that of the scores: a loss with margins has the value of the plain cross-entropy.
  @Test(arguments: ["emma", "margin_cross_entropy"]) func logLossHasNoMargins(_ loss: String) throws {
    let network = try smallNetwork(
      classes: 2, precision: .float64,
      extra: ["width": .integer(2), "readout": .text("identity"), "loss": .text(loss), "field": .text("gradient_flow"), "steps": .text("tight"), "layers": .integer(1)])
    try network.replaceParameters(with: try Numbers(Array(repeating: 0, count: network.plan.parameterCount)).vector)
    let data = try scoreData(rows([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]]), labels: [1, 0, 0, 1])
    let value = try evaluate(network, on: data, metrics: ["log_loss"], threads: 1)[0]
    #expect(abs(value - 0.21616187468057912) < 1e-14)
    #expect(try evaluate(network, on: data, threads: 1).loss > value + 0.05)
  }
}

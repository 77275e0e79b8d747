import Testing
import Training

/// Figures of several labels. bindings/python/tests/metric_references.py compares all metrics, with weights and without, with scikit-learn's.
struct LabelMetricsTests {
  /// Three samples with two labels. Label 0: one right, one missed, one false; label 1: two right, one false.
  @Test func figuresOfASmallCase() throws {
    let data = try scoreData([[1, 1], [-1, 2], [3, 0.5]], values: [[1, 1], [1, 1], [0, 0]])
    let network = try scoreNetwork(2, loss: "multilabel_logistic")
    let values = try evaluate(network, on: data, metrics: ["macro_f1", "micro_f1", "weighted_f1", "subset_accuracy", "hamming_loss"], threads: 1)
    #expect(abs(values[0] - (0.5 + 0.8) / 2) < 1e-15 && abs(values[1] - 6.0 / 9) < 1e-15 && abs(values[2] - (2 * 0.5 + 2 * 0.8) / 4) < 1e-15)
    #expect(values[3] == 1.0 / 3 && values[4] == 0.5)
  }

  /// A label that no sample has does not enter means; without any label there is nothing to average.
  @Test func absentLabelsAreLeftOut() throws {
    let network = try scoreNetwork(2, loss: "multilabel_logistic")
    let some = try scoreData([[1, -1], [-1, -2]], values: [[1, 0], [0, 0]])
    #expect(try evaluate(network, on: some, metrics: ["macro_f1", "weighted_f1", "auc", "average_precision"], threads: 1) == [1, 1, 1, 1])
    let none = try scoreData([[-1, -1], [-1, -2]], values: [[0, 0], [0, 0]])
    #expect(try evaluate(network, on: none, metrics: ["macro_f1", "micro_f1", "weighted_f1", "auc", "average_precision"], threads: 1).allSatisfy(\.isNaN))
    #expect(try evaluate(network, on: none, metrics: ["subset_accuracy", "hamming_loss"], threads: 1) == [1, 0])
  }

  /// Targets outside of 0 … 1 and negative counts are refused with their place.
  @Test func targetsOutOfBoundsAreNamed() throws {
    let labels = try scoreData([[1, -1], [-1, -2]], values: [[1, 0], [0, 2]])
    let first = failure { _ = try evaluate(try scoreNetwork(2, loss: "multilabel_logistic"), on: labels, threads: 1) }
    #expect(first?.status == .invalidData && first?.message == "targets hold 2.0 at row 1, column 1; this network's loss needs values between 0.0 and 1.0")
    let counts = try scoreData([[1, -1], [-1, -2]], values: [[1, -0.5], [0, 2]])
    let second = failure { _ = try evaluate(try scoreNetwork(2, loss: "poisson"), on: counts, threads: 1) }
    #expect(second?.message == "targets hold -0.5 at row 0, column 1; this network's loss needs values >= 0.0")
  }
}

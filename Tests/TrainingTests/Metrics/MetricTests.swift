import LinearAlgebra
import Settings
import Testing
import Training

/// Each metric of the registry gives its best value for perfect scores, and declares whether larger is better.
@Test func metricsKnowWhatIsPerfect() throws {
  let perfect: [String: Double] = [
    "accuracy": 1, "balanced_accuracy": 1, "macro_f1": 1, "micro_f1": 1, "weighted_f1": 1, "subset_accuracy": 1, "hamming_loss": 0, "log_loss": 0, "brier_score": 0, "auc": 1,
    "average_precision": 1, "mean_squared_error": 0, "root_mean_squared_error": 0, "mean_absolute_error": 0, "median_absolute_error": 0, "r2": 1, "explained_variance": 1,
    "huber_loss": 0, "pinball_loss": 0, "poisson_deviance": 0,
  ]
  let classes = try scoreData([[900, 0, 0], [0, 900, 0], [0, 0, 900], [0, 900, 0]], labels: [0, 1, 2, 1])
  let values = try scoreData([[1, 2], [3, 5]], values: [[1, 2], [3, 5]])
  let labels = try scoreData([[900, -900], [-900, 900]], values: [[1, 0], [0, 1]])
  // exp(0) = 1 is exact, and no other mean need be.
  let counts = try scoreData([[0, 0], [0, 0]], values: [[1, 1], [1, 1]])
  #expect(Set(metrics.names) == Set(perfect.keys))
  for (name, _, metric) in metrics.entries {
    for kind in metric.kinds {
      let (network, data) =
        switch kind {
        case .classes: (try scoreNetwork(3), classes)
        case .labels: (try scoreNetwork(2, loss: "multilabel_logistic"), labels)
        case .values: (try scoreNetwork(2, loss: "least_squares"), values)
        case .counts: (try scoreNetwork(2, loss: "poisson"), counts)
        }
      let value = try #require(try evaluate(network, on: data, metrics: [name], threads: 1).first)
      #expect(value == perfect[name], "\(name) \(kind)")
      // Weights that are all the same change nothing.
      let weights = try Numbers(Array(repeating: 2, count: data.count))
      let weighted = try data.weighted(by: TensorView(weights.vector.base, type: .float64, rows: data.count, columns: 1))
      #expect(try evaluate(network, on: weighted, metrics: [name], isWeighted: true, threads: 1) == [value], "\(name) \(kind)")
    }
    #expect(metric.isLargerBetter == (perfect[name] == 1))
  }
}

@Test func metricsKeepTheOrderOfTheirNamesAndTheBitsOfAnyThreads() throws {
  let data = try ellipses()
  let network = try smallNetwork()
  let names = ["auc", "accuracy", "log_loss"]
  let together = try evaluate(network, on: data.training, metrics: names, threads: 1)
  #expect(together == (try evaluate(network, on: data.training, metrics: names, threads: 2)))
  #expect(together == (try names.map { try evaluate(network, on: data.training, metrics: [$0], threads: 0)[0] }))
  let plain = try evaluate(network, on: data.training, threads: 1)
  #expect(together[1] == plain.accuracy)
  // The metric evaluates the float32 scores in float64, so the losses of 200 samples differ by the float32 rounding of exp.
  #expect(abs(together[2] - plain.loss) < 1e-6)
}

@Test func metricsOfAnotherKindOfTargetsAreRefused() throws {
  let data = try scoreData([[1, 2], [3, 5]], labels: [0, 1])
  let network = try scoreNetwork(2)
  #expect(failure { _ = try evaluate(network, on: data, metrics: ["r2"], threads: 1) }?.status == .incompatible)
  let regression = try scoreNetwork(2, loss: "least_squares")
  let values = try scoreData([[1, 2], [3, 5]], values: [[1, 2], [3, 5]])
  let found = failure { _ = try evaluate(regression, on: values, metrics: ["auc"], threads: 1) }
  #expect(found?.message.contains("metric is 'auc', which needs classes or several labels, but the network's loss has target values; use 'loss' or one of mean_squared_error") == true)
  let misspelt = failure { _ = try evaluate(network, on: data, metrics: ["macrof1"], threads: 1) }
  #expect(misspelt?.status == .unknownName && misspelt?.message.contains("macro_f1") == true)
}

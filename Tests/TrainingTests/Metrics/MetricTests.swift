import Settings
import Testing
import Training

/// Each metric of the registry gives its best value for perfect scores, and declares whether larger is better.
@Test func metricsKnowWhatIsPerfect() throws {
  let perfect: [String: Double] = [
    "accuracy": 1, "balanced_accuracy": 1, "macro_f1": 1, "log_loss": 0, "brier_score": 0, "auc": 1, "r2": 1, "mean_absolute_error": 0,
  ]
  let classes = try scoreData([[900, 0, 0], [0, 900, 0], [0, 0, 900], [0, 900, 0]], labels: [0, 1, 2, 1])
  let values = try scoreData([[1, 2], [3, 5]], values: [[1, 2], [3, 5]])
  #expect(Set(metrics.names) == Set(perfect.keys))
  for (name, _, metric) in metrics.entries {
    let isClass = metric.targetKind == .labels
    let network = try isClass ? scoreNetwork(3) : scoreNetwork(2, loss: "least_squares")
    let value = try #require(try evaluate(network, on: isClass ? classes : values, metrics: [name], threads: 1).first)
    #expect(value == perfect[name], "\(name)")
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
  #expect(found?.message.contains("metric is 'auc', which needs classes") == true)
  let misspelt = failure { _ = try evaluate(network, on: data, metrics: ["macrof1"], threads: 1) }
  #expect(misspelt?.status == .unknownName && misspelt?.message.contains("macro_f1") == true)
}

import Datasets
import Networks
import Settings

/// A figure of a network's scores on a data set. Besides the loss, it can choose the iterate to keep and appears in reports.
///
/// Every sample counts once, whatever weights the data set gives it in the training loss.
package protocol Metric: Sendable {
  /// Whether larger values are better.
  var isLargerBetter: Bool { get }
  /// The kind of targets that it compares scores with.
  var targetKind: TargetKind { get }
  /// The figure; NaN if it is not defined for these data (such as the area under a curve for one class).
  /// - Throws: `memory`.
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double
}

/// The metrics by name. Adding one is one file or one type in a family's file, one line here and one test.
package let metrics = Registry<any Metric>(
  "metric",
  [
    ("accuracy", "fraction of the samples whose largest score is that of their class", Accuracy()),
    ("balanced_accuracy", "fraction of correctly classified samples in each class, averaged over the classes", BalancedAccuracy()),
    ("macro_f1", "F1 score 2TP/(2TP + FP + FN) of each class, averaged over the classes", MacroF1()),
    ("log_loss", "mean of -log p, where p is the probability that the network gives to the sample's class", LogLoss()),
    ("brier_score", "mean of sum_c (p_c - y_c)^2, where y_c is 1 for the sample's class and 0 for others; for two classes (p_1 - y_1)^2", BrierScore()),
    ("auc", "area under the ROC curve, where ties count one half; for more than two classes the mean over each class against all others", AreaUnderROC()),
    ("r2", "coefficient of determination 1 - sum (s - t)^2 / sum (t - mean t)^2 of scores s and targets t, averaged over the outputs", CoefficientOfDetermination()),
    ("mean_absolute_error", "mean of |s - t| over all samples and outputs, for scores s and targets t", MeanAbsoluteError()),
  ])

extension Metric {
  /// Refuses a network with the other kind of targets.
  /// - Throws: `incompatible`.
  package func check(_ plan: NetworkPlan, called name: String) throws(Failure) {
    guard targetKind == plan.loss.targetKind else {
      throw Failure(
        .incompatible,
        targetKind == .labels
          ? "metric is '\(name)', which needs classes, but the network's loss has target values; use 'loss' or one of values (r2, mean_absolute_error)"
          : "metric is '\(name)', which needs target values, but the network's loss has classes; use 'loss' or one of classes (accuracy, auc …)")
    }
  }
}

/// Metrics of a network's present parameters on a data set, in the order of their names, from one pass.
///
/// - Parameter threads: 0 = as many as the affinity mask has processors. The results have the same bits for any number.
/// - Throws: `unknownName`; `incompatible`; `notFinite` if a figure is too large for float64; what `evaluateScores` throws.
package func evaluate(_ network: Network, on dataset: Dataset, metrics names: [String], threads: Int) throws(Failure) -> [Double] {
  var chosen: [any Metric] = []
  for name in names {
    let metric = try metrics(name)
    try metric.check(network.plan, called: name)
    chosen.append(metric)
  }
  let evaluated = try evaluateScores(network, on: dataset, threads: threads)
  var values: [Double] = []
  for (name, metric) in zip(names, chosen) {
    let value = try metric.value(evaluated)
    // A figure of classes is NaN if it is undefined for the data; a figure of values is always defined.
    guard value.isFinite || (value.isNaN && metric.targetKind == .labels) else { throw Failure(.notFinite, "the metric \(name) is not finite: its sums overflow") }
    values.append(value)
  }
  return values
}

import Datasets
import Networks
import Settings

/// A figure of a network's predictions on a data set. Besides the loss, it can choose the iterate to keep and appears in reports.
///
/// Every sample counts once, unless weights are asked for (`EvaluatedScores.weights`): then each counts by its weight.
package protocol Metric: Sendable {
  /// Whether larger values are better.
  var isLargerBetter: Bool { get }
  /// The kinds of outputs for which it is defined.
  var kinds: Set<OutputKind> { get }
  /// The figure; NaN if it is not defined for these data (such as the area under a curve for one class).
  /// - Throws: `memory`; why the work must end.
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double
}

/// The metrics by name. Adding one is one file or one type in a family's file, one line here and one test.
package let metrics = Registry<any Metric>(
  "metric",
  [
    ("accuracy", "fraction of the samples whose largest score is that of their class", Accuracy()),
    ("balanced_accuracy", "fraction of correctly classified samples in each class, averaged over the classes", BalancedAccuracy()),
    ("macro_f1", "F1 score 2TP/(2TP + FP + FN) of each class or label, averaged over those that are present or predicted", MacroF1()),
    ("micro_f1", "F1 score of the counts TP, FP and FN summed over all classes or labels; for classes the accuracy", MicroF1()),
    ("weighted_f1", "F1 score of each class or label, averaged with the number of its samples as weight", WeightedF1()),
    ("subset_accuracy", "fraction of the samples all of whose labels are predicted correctly", SubsetAccuracy()),
    ("hamming_loss", "fraction of all labels of all samples that are predicted wrongly", HammingLoss()),
    ("log_loss", "mean of -log p, where p is the probability that the network gives to the sample's class, or to what each label is", LogLoss()),
    ("brier_score", "mean of sum_c (p_c - y_c)^2, where y_c is 1 for the sample's class and 0 for others; for two classes (p_1 - y_1)^2; for labels its mean over the labels", BrierScore()),
    ("auc", "area under the ROC curve, where ties count one half; for more than two classes the mean over each class against all others, for labels the mean over the labels", AreaUnderROC()),
    ("average_precision", "sum of precisions weighted by the growth of recall, over falling thresholds of the score; mean over classes or labels as for auc", AveragePrecision()),
    ("mean_squared_error", "mean of (y - t)^2 over all samples and outputs, for predictions y and targets t", MeanSquaredError()),
    ("root_mean_squared_error", "square root of the mean of (y - t)^2 of each output, averaged over the outputs", RootMeanSquaredError()),
    ("mean_absolute_error", "mean of |y - t| over all samples and outputs, for predictions y and targets t", MeanAbsoluteError()),
    ("median_absolute_error", "median of |y - t| of each output, averaged over the outputs", MedianAbsoluteError()),
    ("r2", "coefficient of determination 1 - sum (y - t)^2 / sum (t - mean t)^2 of predictions y and targets t, averaged over the outputs", CoefficientOfDetermination()),
    ("explained_variance", "1 - variance of (y - t) / variance of t, averaged over the outputs: r2 without regard to a constant error", ExplainedVariance()),
    ("huber_loss", "mean of the Huber loss of y - t over all samples and outputs, with the network's huber_delta, or 1 for other losses", HuberLoss()),
    ("pinball_loss", "mean of the quantile loss of y and t over all samples and outputs, with the network's quantiles, or 0.5 for other losses", PinballLoss()),
    ("poisson_deviance", "mean of 2(t log(t/y) - t + y) over all samples and outputs, for predicted means y", PoissonDeviance()),
  ])

extension Metric {
  /// Refuses a network with other outputs.
  /// - Throws: `incompatible`.
  package func check(_ plan: NetworkPlan, called name: String) throws(Failure) {
    let kind = plan.loss.outputKind
    guard !kinds.contains(kind) else { return }
    let needs = OutputKind.allCases.filter(kinds.contains).map(\.noun)
    let fitting = metrics.entries.filter { $0.entry.kinds.contains(kind) }.map(\.name)
    throw Failure(.incompatible, "metric is '\(name)', which needs \(needs.joined(separator: " or ")), but the network's loss has \(kind.noun); use 'loss' or one of \(fitting.joined(separator: ", "))")
  }
}

extension OutputKind {
  /// What the kind is called in messages.
  var noun: String {
    switch self {
    case .classes: "classes"
    case .labels: "several labels"
    case .values: "target values"
    case .counts: "target counts"
    }
  }
}

/// Metrics of a network's present parameters on a data set, in the order of their names, from one pass.
///
/// - Parameters:
///   - isWeighted: whether each sample counts by its weight in the data set.
///   - threads: 0 = as many as the affinity mask has processors. The results have the same bits for any number.
/// - Throws: `unknownName`; `incompatible`; `notFinite` if a figure is too large for float64; what `evaluateScores` throws.
package func evaluate(_ network: Network, on dataset: Dataset, metrics names: [String], isWeighted: Bool = false, threads: Int) throws(Failure) -> [Double] {
  var chosen: [any Metric] = []
  for name in names {
    let metric = try metrics(name)
    try metric.check(network.plan, called: name)
    chosen.append(metric)
  }
  let evaluated = try evaluateScores(network, on: dataset, isWeighted: isWeighted, threads: threads)
  var values: [Double] = []
  for (name, metric) in zip(names, chosen) {
    let value = try metric.value(evaluated)
    // A figure of classes or labels is NaN if it is undefined for the data; a figure of values is always defined.
    guard value.isFinite || (value.isNaN && metric.kinds.isDisjoint(with: [.values, .counts])) else { throw Failure(.notFinite, "the metric \(name) is not finite: its sums overflow") }
    values.append(value)
  }
  return values
}

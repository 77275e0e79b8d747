import Networks
import Settings

/// The validation figure that chooses the iterate to keep.
enum ValidationFigure {
  case loss
  /// Accuracy, which is counted together with the loss without keeping scores.
  case accuracy
  case metric(String, any Metric)

  /// - Parameters:
  ///   - name: the option `metric`.
  ///   - own: a metric of the caller's, which replaces the option.
  ///   - isWeighted: whether the samples of the validation data count by their weights.
  /// - Throws: `incompatible` if the metric needs another kind of targets than the network's.
  init(_ name: String, own: (any Metric)?, isWeighted: Bool = false, _ plan: NetworkPlan) throws(Failure) {
    if let own {
      self = .metric("the caller's", own)
      return
    }
    switch name {
    case "loss": self = .loss
    case "automatic": self = plan.loss.targetKind != .labels ? .loss : isWeighted ? .metric("accuracy", Accuracy()) : .accuracy
    default:
      let metric = try metrics(name)
      try metric.check(plan, called: name)
      self = name == "accuracy" && !isWeighted ? .accuracy : .metric(name, metric)
    }
  }

  var isMetric: Bool { if case .loss = self { false } else { true } }
  var needsScores: Bool { if case .metric = self { true } else { false } }

  var isLargerBetter: Bool {
    switch self {
    case .loss: false
    case .accuracy: true
    case .metric(_, let metric): metric.isLargerBetter
    }
  }

  /// The figure of one validation.
  /// - Throws: `notFinite` if it is not defined for these data; the failure of a metric of the caller's.
  func value(loss: Double, accuracy: Double, _ evaluated: EvaluatedScores?) throws(Failure) -> Double {
    switch self {
    case .loss: return loss
    case .accuracy: return accuracy
    case .metric(let name, let metric):
      guard let evaluated else { preconditionFailure("metric without scores") }
      let value = try metric.value(evaluated)
      guard value.isFinite else { throw Failure(.notFinite, "the metric \(name) is \(value.isNaN ? "NaN" : "\(value)") on the validation data; no iterate can be chosen by it") }
      return value
    }
  }
}

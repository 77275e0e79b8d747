import LinearAlgebra
import Networks
import Settings

/// A metric of the probabilities of classes or labels.
protocol ProbabilityMetric: Metric {}

extension ProbabilityMetric {
  var kinds: Set<OutputKind> { [.classes, .labels] }
}

/// The mean of −log p(class): the network's loss without weights, smoothing or regularizers, computed from the scores in float64 by log-sum-exp. For labels the mean over the labels too.
struct LogLoss: ProbabilityMetric {
  var isLargerBetter: Bool { false }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    if evaluated.plan.loss.outputKind == .labels { return try evaluated.mean(of: MultilabelLogistic(), at: evaluated.scores) }
    return try evaluated.sum(of: evaluated.plan.stepLoss, at: evaluated.scores, values: nil) / evaluated.totalWeight
  }
}

/// The mean of Σ_c (p_c − [c = class])²; for two classes the mean of (p₁ − class)², which is half of that; for labels the mean of (p − t)² over samples and labels.
///
/// Source: Brier 1950, eq. 2, with half of it for two classes, as is usual today.
struct BrierScore: ProbabilityMetric {
  var isLargerBetter: Bool { false }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let probabilities = try evaluated.predictions()
    if evaluated.plan.loss.outputKind == .labels {
      // (p − t)² is twice its half.
      return 2 * (try evaluated.mean(of: LeastSquares(), at: probabilities))
    }
    let sum = squaredProbabilityErrors(probabilities, labels: evaluated.labels, count: evaluated.count, weights: evaluated.weights)
    return (probabilities.rows == 2 ? 0.5 : 1) * sum / evaluated.totalWeight
  }
}

/// The area under the receiver operating characteristic, in which ties count one half. For more than two classes it is the plain mean of the areas of each class against the rest, over the
/// classes that have samples; for labels the plain mean over the labels that some samples have and others have not. NaN if no area is defined, such as for samples of one class.
///
/// Samples are ranked by the log-odds of their scores. This is the order of the probabilities, but without the ties that arise when probabilities round to 0 and 1.
/// Source: Hanley & McNeil 1982; Provost & Domingos 2001 for one against the rest, here unweighted.
struct AreaUnderROC: ProbabilityMetric {
  var isLargerBetter: Bool { true }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    try evaluated.meanOfRankings { (ranks, weights, order, isPositive) throws(Failure) in
      try areaUnderCurve(ranks, weights: weights, order: order, isPositive: isPositive)
    }
  }
}

/// Average precision, the area under the precision–recall curve as a sum of rectangles, with ranks and means as for `AreaUnderROC`. Classes and labels without samples are left out.
///
/// Source: Zhu 2004, eq. 3.
struct AveragePrecision: ProbabilityMetric {
  var isLargerBetter: Bool { true }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    try evaluated.meanOfRankings { (ranks, weights, order, isPositive) throws(Failure) in
      try averagePrecision(ranks, weights: weights, order: order, isPositive: isPositive)
    }
  }
}

extension EvaluatedScores {
  /// The mean of a figure of rankings: of two classes that of class 1, of more that of each class against the rest, of labels that of each label. nil leaves a class or label out; NaN if all are.
  fileprivate func meanOfRankings(
    _ figure: (_ ranks: Vector, _ weights: Vector?, _ order: UnsafeMutablePointer<Int64>, _ isPositive: (Int) -> Bool) throws(Failure) -> Double?
  ) throws(Failure) -> Double {
    let orderMemory = try Buffer(count: count, precision: .float64)
    defer { withExtendedLifetime(orderMemory) {} }
    let order = orderMemory.rowNumbers(count: count)
    var (sum, found) = (0.0, 0)
    if plan.loss.outputKind == .labels {
      for label in 0..<scores.rows {
        guard let (numbers, targets, weights) = try observedRow(label, of: scores) else { continue }
        if let value = try figure(numbers, weights, order, { targets.load($0) > 0.5 }) { (sum, found) = (sum + value, found + 1) }
      }
      return sum / Double(found)
    }
    let (classes, labels) = (scores.rows, labels)
    if classes == 1 { return try figure(row(0, of: scores), weights, order, { labels[$0] == 1 }) ?? .nan }
    let rankMemory = try Buffer(count: count, precision: .float64)
    defer { withExtendedLifetime(rankMemory) {} }
    let ranks = rankMemory.vector(count: count, precision: .float64)
    let odds = try LogOdds(scores, count: count)
    for label in classes == 2 ? 1..<2 : 0..<classes {
      try odds.fill(label, into: ranks)
      if let value = try figure(ranks, weights, order, { labels[$0] == Int32(label) }) { (sum, found) = (sum + value, found + 1) }
    }
    return sum / Double(found)
  }
}

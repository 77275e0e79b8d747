import LinearAlgebra
import Networks
import Settings

/// The mean of −log p(class): the network's loss without weights, smoothing or regularizers, computed from the scores in float64 by log-sum-exp.
struct LogLoss: Metric {
  var isLargerBetter: Bool { false }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let targets = TileTargets(labels: UnsafeMutablePointer(mutating: evaluated.labels), values: evaluated.scores.rows(0..<0))
    var correct = 0
    let sum = evaluated.plan.loss.evaluate(
      scores: evaluated.scores, targets: targets, count: evaluated.count, scale: 0, gradient: nil, correct: &correct)
    return sum / Double(evaluated.count)
  }
}

/// The mean of Σ_c (p_c − [c = class])²; for two classes the mean of (p₁ − class)², which is half of that.
///
/// Source: Brier 1950, eq. 2, with half of it for two classes, as is usual today.
struct BrierScore: Metric {
  var isLargerBetter: Bool { false }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let probabilities = try evaluated.probabilities()
    let sum = squaredProbabilityErrors(probabilities, labels: evaluated.labels, count: evaluated.count)
    return (probabilities.rows == 2 ? 0.5 : 1) * sum / Double(evaluated.count)
  }
}

/// The area under the receiver operating characteristic, in which ties count one half. For more than two classes it is the plain mean of the areas of each class against the rest, over the
/// classes that have samples. NaN if all samples are of one class.
///
/// Samples are ranked by the log-odds of their scores. This is the order of the probabilities, but without the ties that arise when probabilities round to 0 and 1.
/// Source: Hanley & McNeil 1982; Provost & Domingos 2001 for one against the rest, here unweighted.
struct AreaUnderROC: Metric {
  var isLargerBetter: Bool { true }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let (orderMemory, rankMemory) = (try Buffer(count: evaluated.count, precision: .float64), try Buffer(count: evaluated.count, precision: .float64))
    defer { withExtendedLifetime((orderMemory, rankMemory)) {} }
    let (order, ranks) = (orderMemory.rowNumbers(count: evaluated.count), rankMemory.vector(count: evaluated.count, precision: .float64))
    func area(_ ranks: Vector, positive: Int) throws(Failure) -> Double? { try areaUnderCurve(ranks, labels: evaluated.labels, positive: Int32(positive), order: order) }
    let classes = evaluated.scores.rows
    if classes == 1 { return try area(evaluated.row(0, of: evaluated.scores), positive: 1) ?? .nan }
    let odds = try LogOdds(evaluated.scores, count: evaluated.count)
    var (sum, count) = (0.0, 0)
    for label in classes == 2 ? 1..<2 : 0..<classes {
      odds.fill(label, into: ranks)
      if let found = try area(ranks, positive: label) { (sum, count) = (sum + found, count + 1) }
    }
    return sum / Double(count)
  }
}

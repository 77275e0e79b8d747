import LinearAlgebra
import Networks
import Settings

/// The mean of −log p(class): the plain loss of the network, without weights, smoothing or regularizers; evaluated in float64, by log-sum-exp, from the scores.
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

/// The mean of Σ_c (p_c − [c = class])²; of (p₁ − class)², half of that, for two classes.
///
/// Source: Brier 1950, eq. 2, with the halving for two classes that is usual since.
struct BrierScore: Metric {
  var isLargerBetter: Bool { false }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let probabilities = try evaluated.probabilities()
    let sum = squaredProbabilityErrors(probabilities, labels: evaluated.labels, count: evaluated.count)
    return (probabilities.rows == 2 ? 0.5 : 1) * sum / Double(evaluated.count)
  }
}

/// The area under the receiver operating characteristic of the probabilities, ties counting one half; for more than two classes the plain mean of the areas of each
/// class against the rest, over the classes that have samples and are not all. NaN when there is only one class.
///
/// Source: Hanley & McNeil 1982; Provost & Domingos 2001 for one against the rest, here unweighted.
struct AreaUnderROC: Metric {
  var isLargerBetter: Bool { true }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let probabilities = try evaluated.probabilities()
    let memory = try Buffer(count: evaluated.count, precision: .float64)
    defer { withExtendedLifetime(memory) {} }
    let order = memory.rowNumbers(count: evaluated.count)
    func area(row: Int, positive: Int) throws(Failure) -> Double? {
      try areaUnderCurve(evaluated.row(row, of: probabilities), labels: evaluated.labels, positive: Int32(positive), order: order)
    }
    if probabilities.rows <= 2 { return try area(row: probabilities.rows - 1, positive: 1) ?? .nan }
    var (sum, count) = (0.0, 0)
    for label in 0..<probabilities.rows {
      if let found = try area(row: label, positive: label) { (sum, count) = (sum + found, count + 1) }
    }
    return sum / Double(count)
  }
}

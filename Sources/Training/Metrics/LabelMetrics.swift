import LinearAlgebra
import Networks
import Settings

extension EvaluatedScores {
  /// How often each class or label was predicted rightly and wrongly.
  package func labelCounts() throws(Failure) -> [LabelCounts] {
    if plan.loss.outputKind == .classes { return try confusion().labelCounts }
    var counts: [LabelCounts] = []
    for label in 0..<scores.rows {
      try Watch.check()
      counts.append(try observedRow(label, of: scores).map { LabelCounts($0.numbers, $0.targets, weights: $0.weights) } ?? LabelCounts())
    }
    return counts
  }
}

/// The mean F1 over the classes or labels that are present or predicted; NaN if none is.
///
/// Source: Sokolova & Lapalme 2009, table 3, the F-scores averaged (not the F-score of averages).
struct MacroF1: Metric {
  var isLargerBetter: Bool { true }
  var kinds: Set<OutputKind> { [.classes, .labels] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    var (sum, count) = (0.0, 0)
    for f1 in try evaluated.labelCounts().map(\.f1) where !f1.isNaN { (sum, count) = (sum + f1, count + 1) }
    return sum / Double(count)
  }
}

/// The F1 of the counts summed over all classes or labels; NaN if no label is present or predicted. For classes it is the accuracy.
struct MicroF1: Metric {
  var isLargerBetter: Bool { true }
  var kinds: Set<OutputKind> { [.classes, .labels] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.labelCounts().reduce(LabelCounts(), +).f1 }
}

/// Σ n_c F1_c / Σ n_c, where n_c counts the samples of a class or label; NaN if no label is present.
struct WeightedF1: Metric {
  var isLargerBetter: Bool { true }
  var kinds: Set<OutputKind> { [.classes, .labels] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    var (sum, present) = (0.0, 0.0)
    for counts in try evaluated.labelCounts() where counts.present > 0 { (sum, present) = (sum + counts.present * counts.f1, present + counts.present) }
    return sum / present
  }
}

/// The fraction of the samples all of whose labels are predicted correctly.
///
/// Source: Zhang & Zhou 2014, §2.3, "subset accuracy".
struct SubsetAccuracy: Metric {
  var isLargerBetter: Bool { true }
  var kinds: Set<OutputKind> { [.labels] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    try weightOfExactLabels(evaluated.scores, try evaluated.values(), count: evaluated.count, weights: evaluated.weights) / evaluated.totalWeight
  }
}

/// The fraction of all labels of all samples that are predicted wrongly.
///
/// Source: Zhang & Zhou 2014, §2.3, "Hamming loss".
struct HammingLoss: Metric {
  var isLargerBetter: Bool { false }
  var kinds: Set<OutputKind> { [.labels] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let all = try evaluated.labelCounts().reduce(LabelCounts(), +)
    return (all.falsePositive + all.falseNegative) / (try evaluated.valueWeight())
  }
}

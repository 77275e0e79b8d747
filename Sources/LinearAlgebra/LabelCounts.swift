import Settings

/// How often one of a sample's labels was predicted rightly and wrongly, with the samples' weights. A label is predicted where its score is positive, and present where its target is above ½.
package struct LabelCounts: Equatable, Sendable {
  package var truePositive = 0.0
  package var falsePositive = 0.0
  package var falseNegative = 0.0

  package init(truePositive: Double = 0, falsePositive: Double = 0, falseNegative: Double = 0) {
    (self.truePositive, self.falsePositive, self.falseNegative) = (truePositive, falsePositive, falseNegative)
  }

  /// - Parameters:
  ///   - scores, targets: one output's, float64, as many numbers as samples.
  ///   - weights: float64; nil: all are 1.
  package init(_ scores: Vector, _ targets: Vector, weights: Vector? = nil) {
    for row in 0..<targets.count {
      let weight = weights?.load(row) ?? 1
      switch (scores.load(row) > 0, targets.load(row) > 0.5) {
      case (true, true): truePositive += weight
      case (true, false): falsePositive += weight
      case (false, true): falseNegative += weight
      case (false, false): break
      }
    }
  }

  /// Samples that have the label.
  package var present: Double { truePositive + falseNegative }
  /// TP/(TP + FP); NaN for a label that was never predicted.
  package var precision: Double { truePositive / (truePositive + falsePositive) }
  /// TP/(TP + FN); NaN for a label that no sample has.
  package var recall: Double { truePositive / present }
  /// 2TP/(2TP + FP + FN); NaN for a label neither present nor predicted.
  package var f1: Double { 2 * truePositive / ((truePositive + falsePositive) + present) }

  package static func + (a: LabelCounts, b: LabelCounts) -> LabelCounts {
    LabelCounts(truePositive: a.truePositive + b.truePositive, falsePositive: a.falsePositive + b.falsePositive, falseNegative: a.falseNegative + b.falseNegative)
  }
}

/// The weight of the samples all of whose labels are predicted rightly.
///
/// - Parameters:
///   - scores, targets: labels × samples, float64; the columns past `count` are padding.
/// - Throws: why the work must end.
package func weightOfExactLabels(_ scores: Block, _ targets: Block, count: Int, weights: Vector? = nil) throws(Failure) -> Double {
  precondition(scores.precision == .float64 && targets.precision == .float64 && scores.rows == targets.rows, "labels of float64")
  let score = UnsafeRawPointer(scores.base).assumingMemoryBound(to: Double.self)
  let target = UnsafeRawPointer(targets.base).assumingMemoryBound(to: Double.self)
  var sum = 0.0
  try Watch.pieces(count, work: scores.rows) { columns in
    for column in columns {
      var isExact = true
      for row in 0..<scores.rows where (score[row * scores.stride + column] > 0) != (target[row * targets.stride + column] > 0.5) && !target[row * targets.stride + column].isNaN { isExact = false }
      if isExact { sum += weights?.load(column) ?? 1 }
    }
  }
  return sum
}

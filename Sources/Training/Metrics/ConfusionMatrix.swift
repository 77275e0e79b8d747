import LinearAlgebra
import Networks
import Settings

/// Counts of samples by their class and their predicted class, and the figures that follow from them.
package final class ConfusionMatrix {
  package let classes: Int
  private let buffer: Buffer
  private let counts: UnsafeMutablePointer<Int64>

  /// A matrix of zeros.
  /// - Throws: `memory`.
  package init(classes: Int) throws(Failure) {
    self.classes = classes
    let (count, overflow) = classes.multipliedReportingOverflow(by: classes)
    buffer = try Buffer(count: overflow ? Int.max : count, precision: .float64)
    counts = buffer.rowNumbers(count: count)
  }

  /// Counts samples with their labels. The scores are classes × samples, or one row that is positive for class 1.
  func count(_ scores: Block, labels: UnsafePointer<Int32>, count: Int) {
    countClasses(scores, labels: labels, count: count, addingTo: counts)
  }

  /// The number of samples of class `label` that were predicted as `predicted`.
  package subscript(label: Int, predicted: Int) -> Int { Int(counts[label * classes + predicted]) }

  /// The counts as int64, with a row for each class and a column for each predicted class.
  package var view: TensorView { TensorView(UnsafeRawPointer(counts), type: .int64, rows: classes, columns: classes) }

  /// The figures of one class.
  package struct ClassFigures: Sendable, Equatable {
    /// TP/(TP + FP); NaN for a class that was never predicted.
    package let precision: Double
    /// TP/(TP + FN); NaN for a class without samples.
    package let recall: Double
    /// 2TP/(2TP + FP + FN); NaN for a class neither present nor predicted.
    package let f1: Double
    package let samples: Int
  }

  package func figures(of label: Int) -> ClassFigures {
    var (samples, predicted) = (0, 0)
    for other in 0..<classes {
      samples += self[label, other]
      predicted += self[other, label]
    }
    let right = Double(self[label, label])
    return ClassFigures(precision: right / Double(predicted), recall: right / Double(samples), f1: 2 * right / Double(predicted + samples), samples: samples)
  }

  /// Σ_c counts[c, c] / Σ counts.
  package var accuracy: Double {
    var (right, all) = (0, 0)
    for label in 0..<classes {
      right += self[label, label]
      for predicted in 0..<classes { all += self[label, predicted] }
    }
    return Double(right) / Double(all)
  }

  /// The mean of a figure over the classes for which it is defined.
  func mean(_ figure: (ClassFigures) -> Double) -> Double {
    var (sum, count) = (0.0, 0)
    for label in 0..<classes {
      let value = figure(figures(of: label))
      if !value.isNaN { (sum, count) = (sum + value, count + 1) }
    }
    return sum / Double(count)
  }
}

/// The fraction of samples that are classified correctly.
struct Accuracy: Metric {
  var isLargerBetter: Bool { true }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.confusion().accuracy }
}

/// The mean recall over the classes that have samples.
///
/// Source: Brodersen et al. 2010, eq. 1, for any number of classes.
struct BalancedAccuracy: Metric {
  var isLargerBetter: Bool { true }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.confusion().mean(\.recall) }
}

/// The mean F1 over the classes that are present or predicted.
///
/// Source: Sokolova & Lapalme 2009, table 3, the F-scores averaged (not the F-score of averages).
struct MacroF1: Metric {
  var isLargerBetter: Bool { true }
  var targetKind: TargetKind { .labels }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.confusion().mean(\.f1) }
}

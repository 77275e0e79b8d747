import LinearAlgebra
import Networks
import Settings

/// Counts of samples by their class and their predicted class, with their weights if they have some.
package final class ConfusionMatrix {
  package let classes: Int
  private let buffer: Buffer
  private let counts: UnsafeMutablePointer<Int64>
  /// Sums of the samples' weights in the same order, and their memory; nil if each sample counts 1.
  private let sums: (buffer: Buffer, numbers: Vector)?

  /// A matrix of zeros.
  /// - Parameter isWeighted: whether samples will be counted with weights.
  /// - Throws: `memory`.
  package init(classes: Int, isWeighted: Bool = false) throws(Failure) {
    self.classes = classes
    let (count, overflow) = classes.multipliedReportingOverflow(by: classes)
    buffer = try Buffer(count: overflow ? Int.max : count, precision: .float64)
    counts = buffer.rowNumbers(count: count)
    guard isWeighted else {
      sums = nil
      return
    }
    let memory = try Buffer(count: count, precision: .float64)
    sums = (memory, memory.vector(count: count, precision: .float64))
  }

  /// Counts samples with their labels. The scores are classes × samples, or one row that is positive for class 1.
  func count(_ scores: Block, labels: UnsafePointer<Int32>, weights: Vector? = nil, count: Int) {
    countClasses(scores, labels: labels, count: count, addingTo: counts)
    if let weights, let sums { countClasses(scores, labels: labels, weights: weights, count: count, addingTo: sums.numbers) }
  }

  /// The number of samples of class `label` that were predicted as `predicted`.
  package subscript(label: Int, predicted: Int) -> Int { Int(counts[label * classes + predicted]) }

  /// The weight of the samples of class `label` that were predicted as `predicted`: their number, if samples have no weights.
  private func weight(_ label: Int, _ predicted: Int) -> Double { sums.map { $0.numbers.load(label * classes + predicted) } ?? Double(self[label, predicted]) }

  /// For each class how often it was predicted rightly and wrongly, with the samples' weights.
  package var labelCounts: [LabelCounts] {
    (0..<classes).map { label in
      var (present, predicted) = (0.0, 0.0)
      for other in 0..<classes where other != label {
        present += weight(label, other)
        predicted += weight(other, label)
      }
      return LabelCounts(truePositive: weight(label, label), falsePositive: predicted, falseNegative: present)
    }
  }

  /// The counts as int64, with a row for each class and a column for each predicted class.
  package var view: TensorView { TensorView(UnsafeRawPointer(counts), type: .int64, rows: classes, columns: classes) }

  /// Σ_c counts[c, c] / Σ counts.
  package var accuracy: Double {
    var (right, all) = (0.0, 0.0)
    for label in 0..<classes {
      right += weight(label, label)
      for predicted in 0..<classes { all += weight(label, predicted) }
    }
    return right / all
  }
}

/// The fraction of samples that are classified correctly.
struct Accuracy: Metric {
  var isLargerBetter: Bool { true }
  var kinds: Set<OutputKind> { [.classes] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.confusion().accuracy }
}

/// The mean recall over the classes that have samples.
///
/// Source: Brodersen et al. 2010, eq. 1, for any number of classes.
struct BalancedAccuracy: Metric {
  var isLargerBetter: Bool { true }
  var kinds: Set<OutputKind> { [.classes] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    var (sum, count) = (0.0, 0)
    for recall in try evaluated.labelCounts().map(\.recall) where !recall.isNaN { (sum, count) = (sum + recall, count + 1) }
    return sum / Double(count)
  }
}

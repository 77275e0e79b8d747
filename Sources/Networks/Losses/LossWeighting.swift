import LinearAlgebra
import Settings

/// The weights w_i of the samples in a batch's mean loss Σ w_i l_i / Σ w_i, with w_i = samples[i]·classes[label of i], and the smoothing of labels.
///
/// Dividing by the sum of the weights is the convention of PyTorch's class weights; with equal weights it is the plain mean, and a common factor of all weights changes nothing.
/// Smoothing spreads the part ε of each label over all classes alike (Szegedy et al. 2016, §7). This is a view: its creator must keep the memory alive.
package struct LossWeighting {
  /// One weight per row of the data set, ≥ 0, float64; nil: all are 1.
  package var samples: Vector?
  /// One weight per class, ≥ 0, float64; nil: all are 1.
  package var classes: Vector?
  /// The share ε of label smoothing, in [0, 1).
  package var smoothing: Double
  /// The power of two in which the weights are measured. That of a batch (`inUnit`) keeps them in the range of float32.
  package private(set) var unit = 1.0

  package init(samples: Vector? = nil, classes: Vector? = nil, smoothing: Double = 0) {
    self.samples = samples
    self.classes = classes
    self.smoothing = smoothing
  }

  package var isWeighted: Bool { samples != nil || classes != nil }

  /// The sum of the weights of the `count` samples from `start` on in their unit, in the order of the data set or of the permutation `rows`; `count` if there are no weights.
  ///
  /// For targets at every step, each observed step has the weight of its sample, times that of its label.
  /// - Parameter countsSteps: false for a loss that is one number for a whole sample all the same (`Loss.countsSteps`).
  package func sum(_ targets: Targets, rows: UnsafePointer<Int64>?, start: Int = 0, count: Int, countsSteps: Bool = true) -> Double {
    guard countsSteps, let steps = targets.steps else {
      guard isWeighted else { return Double(count) }
      return weightSum(samples: samples, classes: targets.steps == nil ? classes : nil, labels: labels(of: targets), rows: rows, start: start, count: count, unit: unit)
    }
    switch targets {
    case .values(let values, _, _):
      if steps.isComplete { return Double(steps.count) * (isWeighted ? weightSum(samples: samples, classes: nil, labels: nil, rows: rows, start: start, count: count, unit: unit) : Double(count)) }
      return observedWeightSum(samples: samples, values: values, steps: steps.count, rows: rows, start: start, count: count, unit: unit)
    case .labels(let labels, _):
      if steps.isComplete, !isWeighted { return Double(steps.count) * Double(count) }
      return weightSum(samples: samples, classes: classes, labels: labels, steps: steps.count, rows: rows, start: start, count: count, unit: unit)
    }
  }

  /// The same weights in the unit of the largest of `count` samples.
  package func inUnit(of targets: Targets, rows: UnsafePointer<Int64>?, start: Int = 0, count: Int) -> LossWeighting {
    guard isWeighted else { return self }
    var own = self
    own.unit = weightUnit(largest: largestWeight(samples: samples, classes: classes, labels: labels(of: targets), steps: targets.steps?.count, rows: rows, start: start, count: count))
    return own
  }

  private func labels(of targets: Targets) -> UnsafePointer<Int32>? { if case .labels(let all, _) = targets { all } else { nil } }
}

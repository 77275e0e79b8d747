import LinearAlgebra
import Settings

/// What each sample counts in a batch's mean loss, Σ w_i l_i / Σ w_i with w_i = samples[i]·classes[label of i], and how labels are smoothed.
///
/// Dividing by the sum of the weights is the convention of PyTorch's class weights; with equal weights it is the plain mean, and a common factor of all weights changes nothing.
/// Smoothing spreads the part ε of each label over all classes alike (Szegedy et al. 2016, §7). Views: whoever makes one keeps the memory.
package struct LossWeighting {
  /// One number a row of the data set, ≥ 0, float64; nil: 1.
  package var samples: Vector?
  /// One number a class, ≥ 0, float64; nil: 1.
  package var classes: Vector?
  /// ε in [0, 1).
  package var smoothing: Double

  package init(samples: Vector? = nil, classes: Vector? = nil, smoothing: Double = 0) {
    self.samples = samples
    self.classes = classes
    self.smoothing = smoothing
  }

  package var isWeighted: Bool { samples != nil || classes != nil }

  /// Σ of the weights of `count` samples from `start`: rows of the data set, or of the permutation `rows`. Their number without weights.
  package func sum(_ targets: Targets, rows: UnsafePointer<Int64>?, start: Int = 0, count: Int) -> Double {
    guard isWeighted else { return Double(count) }
    var labels: UnsafePointer<Int32>?
    if case .labels(let all) = targets { labels = all }
    return weightSum(samples: samples, classes: classes, labels: labels, rows: rows, start: start, count: count)
  }
}

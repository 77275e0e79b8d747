import Glibc
import Settings

/// The log-odds of softmax probabilities, log p_k/(1 − p_k) = s_k − log Σ_{j≠k} exp s_j. They have the order of the p_k and still differ when p_k rounds to 0 or 1.
///
/// The sums that the classes of a sample share are computed once, so that all classes together cost two exponentials and one logarithm per score.
package final class LogOdds {
  private let scores: Block
  private let count: Int
  private let buffer: Buffer
  /// A sample's largest score m₁ and the next m₂; Σ exp(s_j − m₁), and Σ exp(s_j − m₂) without the largest.
  private let (largest, second, total, rest): (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>)
  /// The class of the largest, the first of equals.
  private let best: UnsafeMutablePointer<Int64>

  /// - Parameters:
  ///   - scores: classes × samples, float64, finite; at least two classes.
  ///   - count: the samples; the columns past it are padding.
  /// - Throws: `memory`; the reason why the work must end.
  package init(_ scores: Block, count: Int) throws(Failure) {
    precondition(scores.precision == .float64 && scores.rows >= 2, "float64 scores of classes")
    self.scores = scores
    self.count = count
    let (numbers, overflow) = count.multipliedReportingOverflow(by: 5)
    let buffer = try Buffer(count: overflow ? Int.max : numbers, precision: .float64)
    self.buffer = buffer
    func vector(_ index: Int) -> UnsafeMutablePointer<Double> { (buffer.base + 8 * index * count).bindMemory(to: Double.self, capacity: count) }
    (largest, second, total, rest) = (vector(0), vector(1), vector(2), vector(3))
    best = buffer.rowNumbers(count: count, offset: 32 * count)
    try Watch.pieces(count, work: 64 * scores.rows) { samples in for sample in samples { share(sample) } }
  }

  private func row(_ index: Int) -> UnsafePointer<Double> { UnsafeRawPointer(scores.base).assumingMemoryBound(to: Double.self) + index * scores.stride }

  private func share(_ sample: Int) {
    var (best, m1, m2) = (0, row(0)[sample], -Double.infinity)
    for label in 1..<scores.rows {
      let score = row(label)[sample]
      if score > m1 { (best, m1, m2) = (label, score, m1) } else { m2 = max(m2, score) }
    }
    var (total, rest) = (0.0, 0.0)
    for label in 0..<scores.rows {
      let score = row(label)[sample]
      total += exp(score - m1)
      if label != best { rest += exp(score - m2) }
    }
    (self.best[sample], largest[sample], second[sample], self.total[sample], self.rest[sample]) = (Int64(best), m1, m2, total, rest)
  }

  /// The log-odds of one class, one per sample. Of two classes they are the difference of the scores, rounded once.
  /// - Throws: the reason why the work must end.
  package func fill(_ label: Int, into out: Vector) throws(Failure) {
    try Watch.pieces(count, work: 64) { samples in fill(label, samples, into: out) }
  }

  private func fill(_ label: Int, _ samples: Range<Int>, into out: Vector) {
    let (score, odds) = (row(label), out.base.assumingMemoryBound(to: Double.self))
    if scores.rows == 2 {
      let other = row(1 - label)
      for sample in samples { odds[sample] = score[sample] - other[sample] }
      return
    }
    for sample in samples {
      if Int(best[sample]) == label {
        odds[sample] = score[sample] - second[sample] - log(rest[sample])
      } else {
        // The sum over the other classes contains 1, the term of the largest score, so that the subtraction loses no digits.
        odds[sample] = score[sample] - largest[sample] - log(total[sample] - exp(score[sample] - largest[sample]))
      }
    }
  }
}

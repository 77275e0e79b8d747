import LinearAlgebra
import Settings
import VectorFields

/// A normalization with statistics across samples, of one layer or connector: the place of its scales, shifts and running averages.
package struct BatchNormalization: Sendable {
  /// The name of its tensor.
  package let name: String
  /// Its entry in the parameters: scales, shifts, running means and running variances, `channels` numbers each.
  package let range: Range<Int>
  /// Its entry in a vector of the statistics of all normalizations, as long as that in the parameters.
  package let statistics: Range<Int>
  package let channels: Int
  package let form: AcrossSamples
}

extension NetworkPlan {
  /// The samples that all batch normalizations of a network take together; nil for all of a batch.
  /// - Throws: `.incompatible` for normalizations of different groups, which no division into tiles could serve.
  static func samplesTogether(_ all: [BatchNormalization]) throws(Failure) -> Int? {
    guard let first = all.first else { return nil }
    if let other = all.first(where: { $0.form.samples != first.form.samples }) {
      throw Failure(.incompatible, "normalization_batch is \(first.form.samples) for \(first.name) and \(other.form.samples) for \(other.name); all batch normalizations of a network take the same number")
    }
    return first.form.samples == 0 ? nil : first.form.samples
  }

  /// Refuses a training batch in which a single number would be normalized by itself, which would make it 0.
  ///
  /// - Parameter called: what the samples are called in messages.
  /// - Throws: `.incompatible` for one sample, or a last group of one sample, where a channel has one pixel.
  package func checkTrainingBatch(of count: Int, called name: String = "a training batch") throws(Failure) {
    let last = samplesTogether.map { (count - 1) % $0 + 1 } ?? count
    guard last == 1, let single = batchNormalizations.first(where: { $0.form.pixels == 1 }) else { return }
    let group = last == count ? "\(name) of 1 sample" : "\(name) of \(count) samples, whose last group for normalization_batch \(samplesTogether ?? 0) is 1 sample,"
    throw Failure(.incompatible, "\(group) has a single number for each channel of \(single.name); a batch normalization needs at least 2 for a mean and a variance")
  }

  /// Refuses parameters with a negative running variance, of which no batch can be the reason.
  ///
  /// - Parameter range: the parameters that may have changed; nil for all.
  /// - Throws: `.outOfRange` naming the tensor and the place of the number within it.
  package func checkVariances(_ parameters: Vector, within range: Range<Int>? = nil) throws(Failure) {
    for each in batchNormalizations where range.map({ $0.overlaps(each.range) }) ?? true {
      let variances = each.range.lowerBound + 3 * each.channels..<each.range.lowerBound + 4 * each.channels
      guard let negative = variances.first(where: { parameters.load($0) < 0 }) else { continue }
      throw Failure(.outOfRange, "the running variance of channel \(negative - variances.lowerBound) in \(each.name) is \(parameters.load(negative)); a variance is at least 0")
    }
  }
}

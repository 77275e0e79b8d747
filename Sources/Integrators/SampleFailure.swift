import Settings

/// Why one sample of a batch has no result.
package struct SampleFailure: Equatable, Sendable {
  /// The sample's number in the batch, from 0; −1 if the failure belongs to no single sample.
  package let sample: Int
  package let failure: Failure

  package init(sample: Int = -1, _ failure: Failure) {
    self.sample = sample
    self.failure = failure
  }

  /// The one of two failures whose sample comes first in the batch; nil if there is none.
  package static func first(_ one: SampleFailure?, _ other: SampleFailure?) -> SampleFailure? {
    guard let one, let other else { return one ?? other }
    return other.sample < one.sample ? other : one
  }
}

import Settings

/// Why one sample of a batch has no result.
package struct SampleFailure: Equatable, Sendable {
  /// The sample's number in the batch, from 0; −1 where no single one is meant.
  package let sample: Int
  package let failure: Failure

  package init(sample: Int = -1, _ failure: Failure) {
    self.sample = sample
    self.failure = failure
  }

  /// Of two failures that of the sample that comes first; nil when neither is there.
  package static func first(_ one: SampleFailure?, _ other: SampleFailure?) -> SampleFailure? {
    guard let one, let other else { return one ?? other }
    return other.sample < one.sample ? other : one
  }
}

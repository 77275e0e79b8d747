/// What a pass through a network is for, where that makes a difference to the result.
package enum SampleMode: Sendable {
  /// Batch normalization takes the statistics of the batch.
  case training
  /// Batch normalization takes its running averages, and each sample's result is its own.
  case evaluation
}

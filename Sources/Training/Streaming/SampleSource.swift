import Datasets
import Settings

/// What a trainer learns from: samples in memory, or a stream.
package enum TrainingSamples {
  case dataset(Dataset)
  case stream(SampleStream)
}

/// Gives the samples of an epoch batch by batch, in the same order in every pass.
package protocol SampleSource: AnyObject {
  /// Begins a pass with the first batch again. It is called before the first pass too.
  func reset() throws(Failure)
  /// The next batch, of any number of samples; nil at the end of the pass.
  func next() throws(Failure) -> Dataset?
}

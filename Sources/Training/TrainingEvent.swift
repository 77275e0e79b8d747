/// What a running training reports: at each epoch's end, and between epochs now and then.
package struct TrainingEvent: Sendable, Equatable {
  package enum Kind: Int32, Sendable {
    case epoch = 1
    case progress = 2
  }

  package let kind: Kind
  /// Epochs completed.
  package let epoch: Int
  /// Optimizer steps taken.
  package let step: Int
  /// How far the running epoch is, 0 … 1.
  package let epochFraction: Double
  /// Mean over the epoch so far, regularizers excluded.
  package let trainingLoss: Double
  /// Fraction over the epoch so far; NaN for least squares.
  package let trainingAccuracy: Double
  /// NaN without validation data, and between epochs.
  package let validationLoss: Double
  package let validationAccuracy: Double
  /// The figure that chooses the iterate to keep; NaN where there is no validation.
  package let validationMetric: Double
  /// The learning rate of the last step.
  package let learningRate: Double
  /// Seconds of training, over all runs.
  package let seconds: Double
  /// Gradients over the whole training set that the work so far is worth, over all runs; a forward pass counts a third.
  package let work: Double
  /// True when the iterate at this epoch's end is the best so far of its level.
  package let isBest: Bool
  /// How many times the network was refined before: epochs count from there.
  package let level: Int
}

/// How long one run may go on.
package struct TrainingLimits {
  /// At most so many more epochs, a begun one counting whole; 0: up to the option `epochs`.
  package var epochs: Int
  /// At most so many milliseconds; 0: no limit. At least one batch is worked on in any case.
  package var milliseconds: Int
  /// Asked after each batch and, on any thread, within it; true ends the run.
  package var isCancelled: () -> Bool

  package init(epochs: Int = 0, milliseconds: Int = 0, isCancelled: @escaping () -> Bool = { false }) {
    self.epochs = epochs
    self.milliseconds = milliseconds
    self.isCancelled = isCancelled
  }
}

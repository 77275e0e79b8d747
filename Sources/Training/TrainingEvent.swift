import LinearAlgebra
import Settings

/// A report of a training run, at the end of each epoch and from time to time in between.
package struct TrainingEvent: Sendable, Equatable {
  package enum Kind: Int32, Sendable {
    case epoch = 1
    case progress = 2
  }

  package let kind: Kind
  /// Epochs completed.
  package internal(set) var epoch: Int
  /// Optimizer steps taken.
  package internal(set) var step: Int
  /// The part of the running epoch that is done, 0 … 1.
  package internal(set) var epochFraction: Double
  /// The mean over the epoch so far, without regularizers.
  package internal(set) var trainingLoss: Double
  /// The objective that steps minimize, as a mean over the epoch so far: the training loss plus all regularizers, for each batch before its step. Decoupled weight decay is not part of it.
  package internal(set) var objective: Double
  /// The fraction over the epoch so far; NaN for losses without classes.
  package internal(set) var trainingAccuracy: Double
  /// NaN without validation data, and between epochs.
  package internal(set) var validationLoss: Double
  package internal(set) var validationAccuracy: Double
  /// The figure that chooses the iterate to keep; NaN if there is no validation.
  package internal(set) var validationMetric: Double
  /// The learning rate of the last step.
  package internal(set) var learningRate: Double
  /// Seconds of training, over all runs.
  package internal(set) var seconds: Double
  /// The work of all runs so far, in units of one gradient over the whole training set; a forward pass counts a third.
  package internal(set) var work: Double
  /// True if the iterate at the end of this epoch is the best so far at its level.
  package internal(set) var isBest: Bool
  /// The number of refinements so far; epochs count from the last one.
  package internal(set) var level: Int

  /// A report from before the first step.
  static func beginning(seconds: Double) -> TrainingEvent {
    TrainingEvent(
      kind: .progress, epoch: 0, step: 0, epochFraction: 0, trainingLoss: .nan, objective: .nan, trainingAccuracy: .nan, validationLoss: .nan, validationAccuracy: .nan, validationMetric: .nan, learningRate: 0,
      seconds: seconds, work: 0, isBest: false, level: 0)
  }
}

/// The limits of one run.
package struct TrainingLimits {
  /// At most this many more epochs, where an epoch that has begun counts as one; 0: up to the option `epochs`.
  package var epochs: Int
  /// Decides when the run must end, also within a step; such a step is repeated when training goes on. It must be created on the thread that trains.
  package var watch: Watch

  /// - Parameter watch: the watch of the run. If it has no limits, a new one replaces it, which receives the answers of callbacks.
  package init(epochs: Int = 0, watch: Watch = .none) {
    self.epochs = epochs
    self.watch = watch.isIdle ? Watch() : watch
  }

  /// Limits whose time begins now.
  /// - Parameters:
  ///   - milliseconds: the longest time; 0 for no limit.
  ///   - isCancelled: called on any thread; true ends the run.
  package init(epochs: Int = 0, milliseconds: Int, isCancelled: (() -> Bool)? = nil) {
    self.init(epochs: epochs, watch: Watch(milliseconds: Int64(milliseconds), isCancelled: isCancelled))
  }
  package init(epochs: Int = 0, isCancelled: @escaping () -> Bool) { self.init(epochs: epochs, milliseconds: 0, isCancelled: isCancelled) }
}

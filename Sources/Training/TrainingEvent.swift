import LinearAlgebra

/// What a running training reports: at each epoch's end, and between epochs now and then.
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
  /// How far the running epoch is, 0 … 1.
  package internal(set) var epochFraction: Double
  /// Mean over the epoch so far, regularizers excluded.
  package internal(set) var trainingLoss: Double
  /// The objective that steps minimize, mean over the epoch so far: the training loss and all regularizers, each batch before its step. Decoupled weight decay is no part of it.
  package internal(set) var objective: Double
  /// Fraction over the epoch so far; NaN for least squares.
  package internal(set) var trainingAccuracy: Double
  /// NaN without validation data, and between epochs.
  package internal(set) var validationLoss: Double
  package internal(set) var validationAccuracy: Double
  /// The figure that chooses the iterate to keep; NaN where there is no validation.
  package internal(set) var validationMetric: Double
  /// The learning rate of the last step.
  package internal(set) var learningRate: Double
  /// Seconds of training, over all runs.
  package internal(set) var seconds: Double
  /// Gradients over the whole training set that the work so far is worth, over all runs; a forward pass counts a third.
  package internal(set) var work: Double
  /// True when the iterate at this epoch's end is the best so far of its level.
  package internal(set) var isBest: Bool
  /// How many times the network was refined before: epochs count from there.
  package internal(set) var level: Int
}

/// How long one run may go on.
package struct TrainingLimits {
  /// At most so many more epochs, a begun one counting whole; 0: up to the option `epochs`.
  package var epochs: Int
  /// Says when the run must end, within a step too; such a step is taken anew when training goes on. Made on the thread that trains.
  package var watch: Watch

  /// - Parameter watch: in place of one that nobody limits, a new one tells of what callbacks answer.
  package init(epochs: Int = 0, watch: Watch = .none) {
    self.epochs = epochs
    self.watch = watch.isIdle ? Watch() : watch
  }

  /// Limits of time that begin now.
  /// - Parameters:
  ///   - milliseconds: 0: no limit.
  ///   - isCancelled: asked on any thread; true ends the run.
  package init(epochs: Int = 0, milliseconds: Int, isCancelled: (() -> Bool)? = nil) {
    self.init(epochs: epochs, watch: Watch(milliseconds: Int64(milliseconds), isCancelled: isCancelled))
  }
  package init(epochs: Int = 0, isCancelled: @escaping () -> Bool) { self.init(epochs: epochs, milliseconds: 0, isCancelled: isCancelled) }
}

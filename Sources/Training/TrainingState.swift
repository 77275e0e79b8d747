import Networks

/// The state of training between two batches. Together with the vectors of the trainer, it is all that is needed to go on bit for bit.
package struct TrainingState: Sendable {
  /// The number of refinements so far. Everything below counts from the last refinement, except steps, work and time.
  package var level = 0
  /// Epochs completed.
  package var epoch = 0
  /// The number of samples of the running epoch that steps have used, and of samples that its validation has evaluated.
  package var position = 0
  package var validated = 0
  /// The number of samples in an epoch.
  package var trainingCount = 0
  /// Optimizer steps taken.
  package var step = 0
  package var learningRate = 0.0
  /// The work done, in units of one gradient over the whole training set.
  package var work = 0.0
  /// The network's result when the gradient was last evaluated; it belongs to the present iterate while the iterate's gradient is known.
  package var known = BatchResult()
  /// Sums over the running epoch.
  package var lossSum = 0.0
  /// The sum of the objective with regularizers, in which each batch has the weight of its samples.
  package var objectiveSum = 0.0
  /// The sum of the samples' weights.
  package var weight = 0.0
  package var correct = 0
  /// The observed labels: of samples, or of their steps.
  package var labeled = 0
  package var validationLossSum = 0.0
  package var validationCorrect = 0
  package var validationLabeled = 0
  /// The time of the finished runs.
  package var milliseconds = 0.0

  package init() {}

  /// Begins the next epoch.
  package mutating func finishEpoch() {
    epoch += 1
    (position, validated) = (0, 0)
    (lossSum, objectiveSum, weight, correct, labeled) = (0, 0, 0, 0, 0)
    (validationLossSum, validationCorrect, validationLabeled) = (0, 0, 0)
  }

  /// Drops the results of the running epoch's validation.
  mutating func restartValidation() { (validated, validationLossSum, validationCorrect, validationLabeled) = (0, 0, 0, 0) }
}

import Networks

/// Where training stands between two batches: with the vectors of the trainer, all that is needed to go on bit for bit.
package struct TrainingState: Sendable {
  /// How many times the network was refined before; everything below counts from its refinement, but for steps, work and time.
  package var level = 0
  /// Epochs completed.
  package var epoch = 0
  /// Samples of the running epoch already stepped on, and those of its validation already evaluated.
  package var position = 0
  package var validated = 0
  /// Samples an epoch has.
  package var trainingCount = 0
  /// Optimizer steps taken.
  package var step = 0
  package var learningRate = 0.0
  /// Work done, in gradients over the whole training set.
  package var work = 0.0
  /// What the network gave when the gradient was last evaluated: of the present iterate, while that is known.
  package var known = BatchResult()
  /// Sums over the running epoch.
  package var lossSum = 0.0
  /// Of the objective, regularizers included, each batch counting by its samples' weights.
  package var objectiveSum = 0.0
  /// Of the samples' weights.
  package var weight = 0.0
  package var correct = 0
  package var validationLossSum = 0.0
  package var validationCorrect = 0
  /// Of the finished runs.
  package var milliseconds = 0.0

  package init() {}

  /// Turns to the next epoch.
  package mutating func finishEpoch() {
    epoch += 1
    (position, validated) = (0, 0)
    (lossSum, objectiveSum, weight, correct) = (0, 0, 0, 0)
    (validationLossSum, validationCorrect) = (0, 0)
  }

  /// Forgets what of the running epoch's validation was done.
  mutating func restartValidation() { (validated, validationLossSum, validationCorrect) = (0, 0, 0) }
}

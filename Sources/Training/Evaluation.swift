import Datasets
import LinearAlgebra
import Networks
import Settings

/// A network's figures on a data set.
package struct Evaluation: Equatable, Sendable {
  package let samples: Int
  /// The mean loss over the samples in the caller's units, without regularizers.
  package let loss: Double
  /// The fraction of samples that are classified correctly; NaN if targets are values.
  package let accuracy: Double

  package init(samples: Int, loss: Double, accuracy: Double) {
    self.samples = samples
    self.loss = loss
    self.accuracy = accuracy
  }
}

/// The number of samples that are evaluated at a time. It is fixed, because the order of summation depends on it.
package let evaluationBatch = 1024

/// Evaluates a network's present parameters on a data set.
///
/// - Parameters:
///   - scores: gets the scores, for metrics.
///   - isWeighted: whether each sample counts by its weight in the data set; a data set without weights counts each once.
///   - threads: 0 = as many as the affinity mask has processors. The result has the same bits for any number.
/// - Throws: `shapeMismatch`, `incompatible` or `invalidData` when the data do not suit the network; for the first row without a result, `notFinite` or the failure of its step; `memory`.
/// - Complexity: one forward pass; memory for one tile per thread.
package func evaluate(_ network: Network, on dataset: Dataset, scores: EvaluatedScores? = nil, isWeighted: Bool = false, threads: Int) throws(Failure) -> Evaluation {
  let snapshot = network.snapshot
  defer { withExtendedLifetime(snapshot) {} }
  try network.requireAgreement(with: dataset, called: "the data")
  let given = try suited(dataset, for: network.plan, snapshot.scaling, called: "the data")
  let dataset = isWeighted ? try given.withWeightsNearOne() : given
  let loss = network.plan.loss(snapshot.targetScaling, in: .caller)
  let sweep = try network.withoutIdlePredictor { () throws(Failure) in
    try Sweep(network.plan, batch: evaluationBatch, derivative: false, threads: threads == 0 ? availableProcessors() : threads)
  }
  let pool = try WorkerPool(threads: sweep.threads, requested: sweep.requestedThreads)
  let hasClasses = network.plan.loss.targetKind == .labels
  // The weight of correctly classified samples follows from the scores.
  let weighed = isWeighted && hasClasses && dataset.weights != nil ? try EvaluatedScores(network.plan, dataset, isWeighted: true) : nil
  var total = BatchResult()
  while total.count < dataset.count {
    let part = try sweep.evaluate(dataset, from: total.count, snapshot.parameters, scaling: snapshot.scaling, loss: loss, scores: scores ?? weighed, isWeighted: isWeighted, pool: pool)
    total.lossSum += part.lossSum
    total.correct += part.correct
    total.labeled += part.labeled
    total.count += part.count
    total.weight += part.weight
  }
  guard total.meanLoss.isFinite else { throw Failure(.notFinite, "the mean loss of the data is not finite") }
  let accuracy = hasClasses ? try weighed.map { (scores) throws(Failure) in try Accuracy().value(scores) } ?? total.accuracy : .nan
  return Evaluation(samples: total.count, loss: total.meanLoss, accuracy: accuracy)
}

extension Sweep {
  /// The next part of an evaluation: at most `evaluationBatch` samples from `start` on.
  /// - Parameters:
  ///   - rows: the rows of the data set that are evaluated; nil for all.
  ///   - loss: reads outputs and targets as they are scaled; nil for the network's.
  ///   - scores: gets the scores in the caller's units.
  func evaluate(
    _ dataset: Dataset, rows: RowList? = nil, from start: Int, _ parameters: Vector, scaling: DataScaling, loss: (any Loss)? = nil, scores: EvaluatedScores? = nil,
    isWeighted: Bool = false, pool: WorkerPool
  ) throws(Failure) -> BatchResult {
    let end = min(start + evaluationBatch, rows?.count ?? dataset.count)
    let source = if let rows {
      BatchSource(features: dataset.features, rows: rows.first + start, normalization: scaling.features)
    } else {
      BatchSource(features: dataset.features.rows(start..<end), firstRow: start, normalization: scaling.features)
    }
    let targets = dataset.targets(scaling.targets, for: plan, from: rows == nil ? start : 0)
    let weights = isWeighted ? dataset.weights : nil
    let weighting = LossWeighting(samples: rows == nil ? weights?[start..<end] : weights)
    let result = try lossGradient(parameters, source, targets, mode: .evaluation, loss: loss, weighting: weighting, count: end - start, gradient: nil, scores: scores?.target(from: start), pool: pool)
    if let scores, let scaling = scaling.targets { scaling.scaleBack(scores.target(from: start, count: end - start)) }
    return result
  }
}

extension Dataset {
  /// All targets, or those from sample `start` on, of which batches take theirs by row number.
  package func targets(_ scaling: TargetScaling?, for plan: NetworkPlan, from start: Int = 0) -> Targets {
    if let stepLabels { return .labels(stepLabels.labels + start * stepLabels.steps, steps: TargetSteps(stepLabels.steps, isComplete: stepLabels.isComplete)) }
    if let labels { return .labels(labels + start) }
    guard let values else { preconditionFailure("data set without targets") }
    return .values(start == 0 ? values : values.rows(start..<values.rows), scaling: scaling?.entering, steps: plan.steps.map { TargetSteps($0, isComplete: !mayMiss) })
  }
}

extension Dataset {
  /// The data with labels in the form that the network's loss reads: one for a sample, or one for each of its steps.
  /// - Throws: `invalidData` naming the row of another label; `shapeMismatch` and `incompatible` for targets of another kind.
  package func labeled(for plan: NetworkPlan) throws(Failure) -> Dataset {
    if let steps = plan.steps { return try labeled(steps: steps, below: plan.classes) }
    try requireLabels(below: plan.classes)
    return self
  }

  /// - Throws: `invalidData` for a network with outputs at every step, if no step of any sample has a target.
  fileprivate func requireObservedStep(of plan: NetworkPlan, called name: StaticString) throws(Failure) {
    guard let steps = plan.steps, !(try hasObservedStep(of: steps)) else { return }
    throw Failure(.invalidData, "\(name) has no observed step: every target is \(plan.loss.targetKind == .labels ? "-1" : "NaN")")
  }
}

extension Network {
  /// Refuses data whose features or classes were made by another record of columns than the network's: the same numbers would mean something else.
  /// - Throws: `incompatible`.
  func requireAgreement(with dataset: Dataset, called name: StaticString) throws(Failure) {
    guard let own = try columns(), let other = dataset.columns, !own.agrees(with: other) else { return }
    throw Failure(.incompatible, "\(name) was made with another record of columns than the network's: make it with the network's record")
  }
}

extension NetworkPlan {
  /// The features of a data set in the order of the network's inputs.
  ///
  /// The rows of a file of images with one channel have the length of any shape of as many numbers; such a network must take one channel and, unless it takes a signal of all pixels, the same height and width.
  /// - Throws: `.shapeMismatch` for samples of another shape.
  func arrange(_ dataset: Dataset, called name: String) throws(Failure) -> TensorView {
    if let pixels = dataset.pixels, inputShape.isImage, inputShape.features == pixels.height * pixels.width {
      guard inputShape.channels == 1, inputShape.height == 1 || (inputShape.height, inputShape.width) == (pixels.height, pixels.width) else {
        throw Failure(
          .shapeMismatch,
          "\(name) holds images of \(pixels.height) × \(pixels.width) pixels and one channel; the network's input_shape is \(inputShape.channels) channels of \(inputShape.height) × \(inputShape.width) pixels. Channels come first: [1, \(pixels.height), \(pixels.width)]"
        )
      }
    }
    return try arrange(dataset.features, called: name)
  }
}

/// A data set with its targets in the form that a network's loss reads. All numbers are checked to fit the network's precision. One target number per sample is a class label or a value.
/// - Parameters:
///   - scaling: the normalization of the features and the scaling of the targets.
///   - name: the data set's name in messages ("the training data").
///   - isPart: whether it is a part of other data, which need not have an observed step, and whose place the caller names in failures.
/// - Throws: `shapeMismatch` if the network takes other features or targets; `invalidData` for numbers that do not fit the precision, labels that are not a class, and data without an observed step; `incompatible`.
func suited(_ dataset: Dataset, for plan: NetworkPlan, _ scaling: DataScaling, called name: StaticString, isPart: Bool = false) throws(Failure) -> Dataset {
  let dataset = try dataset.replacing(features: plan.arrange(dataset, called: "\(name)"))
  if plan.sequence != nil, dataset.features.isMade { throw Failure(.incompatible, "\(name) is a table, but the network takes sequences: pass them as an array") }
  try plan.checkIntake(dataset.features, scaling.features, bound: dataset.featureBound, called: name)
  switch plan.loss.targetKind {
  case .labels:
    let labeled: Dataset
    do throws(Failure) {
      labeled = try dataset.labeled(for: plan)
    } catch {
      throw isPart ? error : Failure(error.status, "\(name): \(error.message)")
    }
    if !isPart { try labeled.requireObservedStep(of: plan, called: name) }
    return labeled
  case .values:
    let suited = dataset.readAsValues
    guard suited.targetCount == plan.targetCount else {
      // A data set of one value per sample does not say whether they were given as [samples] or as [samples, 1].
      let given = suited.targetCount == 1 ? "one target per sample" : "targets of shape [\(dataset.count), \(suited.targetCount)]"
      throw Failure(.shapeMismatch, "\(name) has \(given); the network's loss needs values of shape \(plan.targetShape(dataset.count))\(plan.targetNote)")
    }
    try suited.requireValues(
      heldBy: plan.precision, within: plan.loss.targetBounds, entering: scaling.targets.map { ($0.entering, $0.largest(suited.valueBound)) }, allowsMissing: plan.steps != nil)
    if !isPart { try suited.requireObservedStep(of: plan, called: name) }
    return suited
  }
}

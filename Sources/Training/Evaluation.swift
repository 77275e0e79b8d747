import Datasets
import LinearAlgebra
import Networks
import Settings

/// A network's figures on a data set.
package struct Evaluation: Equatable, Sendable {
  package let samples: Int
  /// Mean over the samples, regularizers excluded.
  package let loss: Double
  /// Fraction of the samples classified rightly; NaN when targets are values.
  package let accuracy: Double

  package init(samples: Int, loss: Double, accuracy: Double) {
    self.samples = samples
    self.loss = loss
    self.accuracy = accuracy
  }
}

/// Samples evaluated in one part; fixed, because the order of summation depends on it.
package let evaluationBatch = 1024

/// Evaluates a network's present parameters on a data set.
///
/// - Parameters:
///   - scores: takes the scores, for metrics.
///   - threads: 0 = the processors of the affinity mask. The result has the same bits for any number.
///   - watch: says when the work must end.
/// - Throws: `shapeMismatch`, `incompatible` or `invalidData` when the data do not suit the network; `memory`.
/// - Complexity: one forward pass; memory for one tile a thread.
package func evaluate(_ network: Network, on dataset: Dataset, scores: EvaluatedScores? = nil, threads: Int, watch: Watch = .none) throws(Failure) -> Evaluation {
  try requireSuitable(dataset, for: network.plan, called: "data")
  let snapshot = network.snapshot
  defer { withExtendedLifetime(snapshot) {} }
  let sweep = try Sweep(
    network.plan, batch: evaluationBatch, derivative: false, threads: threads == 0 ? availableProcessors() : threads)
  let pool = try WorkerPool(threads: sweep.threads, watch: watch)
  var total = BatchResult()
  while total.count < dataset.count {
    let part = try sweep.evaluate(dataset, from: total.count, snapshot.parameters, normalization: snapshot.normalization, scores: scores, pool: pool)
    total.lossSum += part.lossSum
    total.correct += part.correct
    total.count += part.count
    total.weight += part.weight
  }
  return Evaluation(
    samples: total.count, loss: total.meanLoss, accuracy: network.plan.loss.targetKind == .labels ? total.accuracy : .nan)
}

extension Sweep {
  /// The next part of an evaluation: at most `evaluationBatch` samples from `start` on.
  func evaluate(
    _ dataset: Dataset, from start: Int, _ parameters: Vector, normalization: Normalization?, loss: (any Loss)? = nil, scores: EvaluatedScores? = nil,
    pool: WorkerPool
  ) throws(Failure) -> BatchResult {
    let end = min(start + evaluationBatch, dataset.count)
    let source = BatchSource(features: dataset.features.rows(start..<end), normalization: normalization)
    let targets: Targets
    if let labels = dataset.labels {
      targets = .labels(labels + start)
    } else if let values = dataset.values {
      targets = .values(values.rows(start..<end))
    } else {
      preconditionFailure("data set without targets")
    }
    return try lossGradient(parameters, source, targets, loss: loss, count: end - start, gradient: nil, scores: scores?.target(from: start), pool: pool)
  }
}

extension Dataset {
  /// All targets, for batches by row number.
  var targets: Targets {
    if let labels { return .labels(labels) }
    guard let values else { preconditionFailure("data set without targets") }
    return .values(values)
  }
}

/// Checks that a data set has the features and targets a network takes.
/// - Parameter name: what the data set is called in messages ("training data").
func requireSuitable(_ dataset: Dataset, for plan: NetworkPlan, called name: String) throws(Failure) {
  guard dataset.featureCount == plan.inputs else {
    throw Failure(.shapeMismatch, "the \(name) has \(dataset.featureCount) features a sample; the network has inputs \(plan.inputs)")
  }
  try plan.checkSequences(dataset.features, called: "the \(name)")
  switch plan.loss.targetKind {
  case .labels:
    do throws(Failure) {
      try dataset.requireLabels(below: plan.classes)
    } catch {
      throw Failure(error.status, "the \(name): \(error.message)")
    }
  case .values:
    guard let values = dataset.values else {
      throw Failure(.incompatible, "the \(name) holds class labels; the network's loss needs target values")
    }
    guard values.columns == plan.outputs else {
      throw Failure(.shapeMismatch, "the \(name) has \(values.columns) target values a sample; the network has outputs \(plan.outputs)")
    }
  }
}

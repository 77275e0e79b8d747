import Datasets
import LinearAlgebra
import Networks
import Settings

/// The scores of a whole data set with its targets, from which metrics are computed.
///
/// Scores are float64, in the caller's units: exact copies of the network's unless targets are scaled; outputs × samples. Intermediate results that several metrics share are computed once, at the first use.
package final class EvaluatedScores {
  package let plan: NetworkPlan
  package let dataset: Dataset
  /// Outputs × samples, with zeros in the padding.
  package let scores: Block
  private let buffer: Buffer
  private var classCounts: ConfusionMatrix?
  private var linked: (buffer: Buffer, block: Block)?
  private var targets: (buffer: Buffer, block: Block)?

  package var count: Int { dataset.count }

  /// - Throws: `memory`.
  /// - Complexity: 8 bytes per score.
  package init(_ plan: NetworkPlan, _ dataset: Dataset) throws(Failure) {
    self.plan = plan
    self.dataset = dataset
    (buffer, scores) = try Self.memory(plan, dataset)
  }

  private static func memory(_ plan: NetworkPlan, _ dataset: Dataset) throws(Failure) -> (buffer: Buffer, block: Block) {
    let columns = Block.columns(forSamples: dataset.count)
    let (count, overflow) = plan.outputs.multipliedReportingOverflow(by: columns)
    let buffer = try Buffer(count: overflow ? Int.max : count, precision: .float64)
    return (buffer, Block(buffer.base, rows: plan.outputs, columns: columns, precision: .float64))
  }

  /// The memory for the scores of the samples that begin at `start`, samples × outputs. Results computed from the earlier scores are dropped.
  func target(from start: Int, count samples: Int? = nil) -> MutableTensorView {
    (classCounts, linked) = (nil, nil)
    return MutableTensorView(
      scores.base + start * scores.precision.byteCount, type: .float64, rows: samples ?? count - start, columns: scores.rows, rowStride: 1, columnStride: scores.stride)
  }

  /// The labels, for metrics of classes.
  package var labels: UnsafePointer<Int32> {
    guard let labels = dataset.labels else { preconditionFailure("metric of classes on target values") }
    return labels
  }

  /// How often each class was predicted as each class.
  package func confusion() throws(Failure) -> ConfusionMatrix {
    if let classCounts { return classCounts }
    let made = try ConfusionMatrix(classes: plan.classes)
    made.count(scores, labels: labels, count: count)
    classCounts = made
    return made
  }

  /// The probabilities, by the loss's link: classes × samples, or one row with the probability of class 1.
  package func probabilities() throws(Failure) -> Block {
    if let linked { return linked.block }
    let made = try Self.memory(plan, dataset)
    plan.loss.link(scores, into: made.block)
    linked = made
    return made.block
  }

  /// The target values, outputs × samples.
  package func values() throws(Failure) -> Block {
    if let targets { return targets.block }
    guard let values = dataset.values else { preconditionFailure("metric of values on class labels") }
    let made = try Self.memory(plan, dataset)
    gather(values, rows: nil, start: 0, count: count, into: made.block)
    targets = made
    return made.block
  }

  /// One row of a block without its padding.
  func row(_ index: Int, of block: Block) -> Vector {
    Vector(block.rows(index..<index + 1).base, count: count, precision: block.precision)
  }
}

/// The scores of a network's present parameters on a data set.
///
/// - Throws: `shapeMismatch`, `incompatible` or `invalidData` when the data do not suit the network; `memory`.
/// - Complexity: one forward pass; 8 bytes per score.
package func evaluateScores(_ network: Network, on dataset: Dataset, threads: Int) throws(Failure) -> EvaluatedScores {
  let dataset = try suited(dataset, for: network.plan, network.snapshot.scaling, called: "the data")
  let evaluated = try EvaluatedScores(network.plan, dataset)
  _ = try evaluate(network, on: dataset, scores: evaluated, threads: threads)
  return evaluated
}

import Datasets
import LinearAlgebra
import Networks
import Settings

/// The scores of a whole data set with its targets, from which metrics are computed.
///
/// Scores are float64, exact copies of the network's, outputs × samples. Intermediate results that several metrics share are computed once, at the first use.
package final class EvaluatedScores {
  package let plan: NetworkPlan
  package let dataset: Dataset
  /// Outputs × samples, with zeros in the padding.
  package let scores: Block
  /// The samples' weights, float64 and near 1; nil if each counts 1.
  package let weights: Vector?
  /// The sum of the weights.
  package let totalWeight: Double
  private let buffer: Buffer
  private var classCounts: ConfusionMatrix?
  private var linked: (buffer: Buffer, block: Block)?
  private var targets: (buffer: Buffer, block: Block)?

  package var count: Int { dataset.count }

  /// - Parameter isWeighted: whether the samples count by their weights in the data set; without such each counts 1.
  /// - Throws: `memory`; the reason why the work must end.
  /// - Complexity: 8 bytes per score.
  package init(_ plan: NetworkPlan, _ dataset: Dataset, isWeighted: Bool = false) throws(Failure) {
    self.plan = plan
    let dataset = isWeighted ? try dataset.withWeightsNearOne() : dataset
    self.dataset = dataset
    weights = isWeighted ? dataset.weights : nil
    totalWeight = LossWeighting(samples: weights).sum(dataset.targets(nil), rows: nil, count: dataset.count)
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
    let made = try ConfusionMatrix(classes: plan.classes, isWeighted: weights != nil)
    made.count(scores, labels: labels, weights: weights, count: count)
    classCounts = made
    return made
  }

  /// The predictions, by the loss's link, outputs × samples: values in the unit of the targets, or probabilities (one row of them is that of class 1).
  package func predictions() throws(Failure) -> Block {
    if plan.loss.outputKind == .values { return scores }
    if let linked { return linked.block }
    let made = try Self.memory(plan, dataset)
    plan.loss.link(scores, into: made.block)
    linked = made
    return made.block
  }

  /// The target values, outputs × samples. Outputs that share a target have the same row.
  package func values() throws(Failure) -> Block {
    if let targets { return targets.block }
    guard let values = dataset.values else { preconditionFailure("metric of values on class labels") }
    let made = try Self.memory(plan, dataset)
    let block = made.block
    gather(values, rows: nil, start: 0, count: count, into: block.rows(0..<plan.targetCount))
    let shared = plan.outputs / plan.targetCount
    // From the last row on, so that no target is overwritten before it has been copied.
    if shared > 1 { for output in (1..<plan.outputs).reversed() { copy(block.rows(output / shared..<output / shared + 1), into: block.rows(output..<output + 1)) } }
    targets = made
    return block
  }

  /// The samples in one call of a loss, a few milliseconds of work.
  private static let lossPiece = 4096

  /// The weighted sum of a loss over all samples.
  /// - Parameters:
  ///   - predictions: what the loss takes as scores.
  ///   - values: its targets in rows of the same length; nil for labels.
  /// - Throws: why the work must end.
  func sum(of loss: any Loss, at predictions: Block, values: Block?) throws(Failure) -> Double {
    func part(_ block: Block, _ start: Int) -> Block {
      Block(block.base + start * block.precision.byteCount, rows: block.rows, columns: min(Self.lossPiece, block.columns - start), stride: block.stride, precision: block.precision)
    }
    var sum = 0.0
    for start in stride(from: 0, to: count, by: Self.lossPiece) {
      try Watch.check()
      let end = min(start + Self.lossPiece, count)
      var (noLabel, correct) = (Int32(0), 0)
      sum += withUnsafeMutablePointer(to: &noLabel) { noLabel in
        let labels = values == nil ? UnsafeMutablePointer(mutating: self.labels + start) : noLabel
        let targets = TileTargets(labels: labels, values: part(values ?? predictions.rows(0..<0), start), weights: weights?[start..<end])
        return loss.evaluate(scores: part(predictions, start), targets: targets, count: end - start, scale: 0, gradient: nil, correct: &correct)
      }
    }
    return sum
  }

  /// The weighted mean of a loss of values over all samples and outputs.
  func mean(of loss: any Loss, at predictions: Block) throws(Failure) -> Double {
    try sum(of: loss, at: predictions, values: try values()) / (totalWeight * Double(plan.outputs))
  }

  /// One row of a block without its padding.
  func row(_ index: Int, of block: Block) -> Vector {
    Vector(block.rows(index..<index + 1).base, count: count, precision: block.precision)
  }
}

/// The scores of a network's present parameters on a data set.
///
/// - Parameter isWeighted: whether figures of them count each sample by its weight in the data set.
/// - Throws: `shapeMismatch`, `incompatible` or `invalidData` when the data do not suit the network; `memory`.
/// - Complexity: one forward pass; 8 bytes per score.
package func evaluateScores(_ network: Network, on dataset: Dataset, isWeighted: Bool = false, threads: Int) throws(Failure) -> EvaluatedScores {
  let dataset = try suited(dataset, for: network.plan, network.snapshot.scaling, called: "the data")
  let evaluated = try EvaluatedScores(network.plan, dataset, isWeighted: isWeighted)
  _ = try evaluate(network, on: dataset, scores: evaluated, threads: threads)
  return evaluated
}

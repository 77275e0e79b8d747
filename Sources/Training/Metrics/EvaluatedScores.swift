import Datasets
import LinearAlgebra
import Networks
import Settings

/// The scores of a whole data set with its targets, from which metrics are computed.
///
/// Scores are float64, exact copies of the network's, outputs × samples. For a network with outputs at every step of a sequence each observed step counts as a sample (`ObservedSteps`). Intermediate results that several metrics share
/// are computed once, at the first use.
package final class EvaluatedScores {
  package let plan: NetworkPlan
  package let dataset: Dataset
  /// The scores of the data set's samples, of all steps where there are outputs at each, with zeros in the padding.
  package let allScores: Block
  /// The weights of samples, float64 and near 1; nil if each counts 1.
  package let weights: Vector?
  /// The sum of the weights.
  package let totalWeight: Double
  private let buffer: Buffer
  private let observed: ObservedSteps?
  /// Whether the scores of the observed steps are those of `allScores`.
  private var hasTaken = false
  private var present: Buffer?
  private var classCounts: ConfusionMatrix?
  private var linked: (buffer: Buffer, block: Block)?
  private var targets: (buffer: Buffer, block: Block)?

  /// The samples, or the observed steps, that metrics count.
  package var count: Int { observed?.count ?? dataset.count }

  /// Outputs × samples, with zeros in the padding.
  package var scores: Block {
    guard let observed else { return allScores }
    if !hasTaken { observed.take(allScores) }
    hasTaken = true
    return observed.scores
  }

  /// - Parameter isWeighted: whether the samples count by their weights in the data set; without such each counts 1.
  /// - Throws: `memory`; the reason why the work must end.
  /// - Complexity: 8 bytes per score.
  package init(_ plan: NetworkPlan, _ dataset: Dataset, isWeighted: Bool = false) throws(Failure) {
    self.plan = plan
    let labeled = plan.steps != nil && plan.loss.targetKind == .labels && dataset.stepLabels == nil ? try dataset.labeled(for: plan) : dataset
    let dataset = isWeighted ? try labeled.withWeightsNearOne() : labeled
    self.dataset = dataset
    observed = try plan.steps.map { (steps) throws(Failure) in try ObservedSteps(plan, dataset, steps: steps, isWeighted: isWeighted) }
    weights = observed.map(\.weights) ?? (isWeighted ? dataset.weights : nil)
    totalWeight = weightSum(samples: weights, classes: nil, labels: nil, rows: nil, start: 0, count: observed?.count ?? dataset.count)
    (buffer, allScores) = try Self.memory(rows: plan.scoreCount, columns: dataset.count)
  }

  private static func memory(rows: Int, columns samples: Int) throws(Failure) -> (buffer: Buffer, block: Block) {
    let columns = Block.columns(forSamples: samples)
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    let buffer = try Buffer(count: overflow ? Int.max : count, precision: .float64)
    return (buffer, Block(buffer.base, rows: rows, columns: columns, precision: .float64))
  }

  /// The memory for the scores of the samples that begin at `start`, samples × scores. Results computed from the earlier scores are dropped.
  func target(from start: Int, count samples: Int? = nil) -> MutableTensorView {
    (classCounts, linked, hasTaken) = (nil, nil, false)
    return MutableTensorView(
      allScores.base + start * allScores.precision.byteCount, type: .float64, rows: samples ?? dataset.count - start, columns: allScores.rows, rowStride: 1, columnStride: allScores.stride)
  }

  /// The labels, for metrics of classes.
  package var labels: UnsafePointer<Int32> {
    guard let labels = observed?.labels ?? dataset.labels else { preconditionFailure("metric of classes on target values") }
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
    let made = try Self.memory(rows: plan.outputs, columns: count)
    plan.stepLoss.link(scores, into: made.block)
    linked = made
    return made.block
  }

  /// The target values, outputs × samples, NaN where an output was not observed. Outputs that share a target have the same row.
  package func values() throws(Failure) -> Block {
    if let targets { return targets.block }
    guard let values = dataset.values else { preconditionFailure("metric of values on class labels") }
    let made = try Self.memory(rows: plan.outputs, columns: count)
    let block = made.block
    let own = block.rows(0..<plan.targetsOfStep)
    if let observed { try observed.write(values, into: own) } else { gather(values, rows: nil, start: 0, count: count, into: own) }
    let shared = plan.outputs / plan.targetsOfStep
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
    try sum(of: loss, at: predictions, values: try values()) / (try valueWeight())
  }

  /// The sum of the weights of all target values that were observed.
  func valueWeight() throws(Failure) -> Double {
    guard observed != nil, dataset.mayMiss else { return totalWeight * Double(plan.outputs) }
    let values = try values()
    var sum = 0.0
    for output in 0..<values.rows {
      let targets = row(output, of: values)
      try Watch.pieces(count) { for index in $0 where !targets.load(index).isNaN { sum += self.weights?.load(index) ?? 1 } }
    }
    return sum
  }

  /// The numbers of one output in `block`, predictions or scores, with their targets and weights, where its target was observed; nil if it never was. They are valid until the next call.
  func observedRow(_ output: Int, of block: Block) throws(Failure) -> (numbers: Vector, targets: Vector, weights: Vector?)? {
    let (numbers, targets) = (row(output, of: block), row(output, of: try values()))
    guard observed != nil, dataset.mayMiss else { return (numbers, targets, weights) }
    let memory = if let present { present } else { try Buffer(count: 3 * count, precision: .float64) }
    present = memory
    func vector(_ place: Int, _ length: Int) -> Vector { memory.vector(count: length, precision: .float64, offset: 8 * count * place) }
    let all = (vector(0, count), vector(1, count), vector(2, count))
    var found = 0
    try Watch.pieces(count) { piece in
      for index in piece where !targets.load(index).isNaN {
        all.0.store(numbers.load(index), at: found)
        all.1.store(targets.load(index), at: found)
        all.2.store(self.weights?.load(index) ?? 1, at: found)
        found += 1
      }
    }
    return found == 0 ? nil : (vector(0, found), vector(1, found), weights == nil ? nil : vector(2, found))
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

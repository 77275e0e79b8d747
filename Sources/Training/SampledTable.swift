import Datasets
import LinearAlgebra
import Networks
import Settings

/// Some rows of the training data in float64: the features as they enter the network, each with mean 0 and deviation 1, and the targets, each with mean 0. Classes are targets of 1 and 0.
struct SampledTable {
  let count: Int
  /// The features that are not left out, rows that are kept free, and the targets, one behind the other.
  let block: Block
  let features: Block
  let targets: Block
  private let memory: Buffer

  /// The numbers of a sample that are to be explained.
  static func targets(of plan: NetworkPlan) -> Int { plan.loss.targetKind == .labels ? plan.loss.classes(outputs: plan.outputs) : plan.targetCount }

  /// Whether variances of plain features and targets say something: a robust loss has targets of which they do not, and losses with margins are about radii.
  static func suits(_ plan: NetworkPlan) -> Bool { plan.squashesInputs && [nil, .standard].contains(plan.loss.targetScale) && plan.loss.marginRadius == nil }

  /// - Parameters:
  ///   - training: data that has been checked against the plan (`suited`).
  ///   - mostRows: the rows that are read, evenly spread over the table.
  ///   - normalization: how features enter the network; those of scale 0 are left out.
  ///   - free: rows between features and targets, for as many features as there are.
  /// - Throws: `memory`; why the work must end.
  init(_ training: Dataset, _ plan: NetworkPlan, _ normalization: Normalization?, mostRows: Int, free: (_ features: Int) -> Int = { _ in 0 }) throws(Failure) {
    let kept = (0..<plan.inputs).filter { normalization?.scale.load($0) != 0 }
    let count = min(training.count, mostRows)
    let (targetCount, middle) = (Self.targets(of: plan), free(kept.count))
    let columns = Block.columns(forSamples: count)
    let height = max(plan.inputs, kept.count + middle)
    memory = try Buffer(count: (height + targetCount) * columns, precision: .float64)
    let whole = Block(memory.base, rows: height + targetCount, columns: columns, precision: .float64)
    let all = whole.rows(0..<plan.inputs)
    let rows = (0..<count).map { Int64($0 * training.count / count) }
    let view = try plan.arrange(training, called: "the training data")
    // In float64, whatever the network's precision.
    let scaling = normalization.map { FeatureScaling(shift: $0.shift, scale: $0.scale) }
    rows.withUnsafeBufferPointer { gather(view, rows: $0.baseAddress, start: 0, count: count, scaling: scaling, into: all) }
    normalization?.squash(all, count: count)
    for (place, feature) in kept.enumerated() where place != feature { copy(all.rows(feature..<feature + 1), into: all.rows(place..<place + 1)) }
    self.count = count
    block = whole.rows(0..<kept.count + middle + targetCount)
    (features, targets) = (block.rows(0..<kept.count), block.rows(kept.count + middle..<kept.count + middle + targetCount))
    if plan.loss.targetKind == .labels, let labels = training.labels {
      fill(targets, 0)
      let numbers = Vector(targets.base, count: targetCount * columns, precision: .float64)
      for (sample, row) in rows.enumerated() { numbers.store(1, at: Int(labels[Int(row)]) * columns + sample) }
    } else if let values = training.readAsValues.values {
      rows.withUnsafeBufferPointer { gather(values, rows: $0.baseAddress, start: 0, count: count, into: targets) }
      standardizeRows(targets, count: count)
    }
    standardizeRows(features, count: count)
    centerRows(targets, count: count)
  }
}

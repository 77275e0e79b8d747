import Datasets
import LinearAlgebra
import Networks
import Settings

/// Whether a table's targets are linear in its features but for noise, so that a network that bends only fits the noise.
///
/// Two ridge regressions are compared by how much of the targets' variance they explain on rows that they have not seen: ℓ of the features, and q of the features, their squares and 128 tanh of random directions. Targets are linear up to
/// noise if the curved features leave at least 0.97 of what the linear ones leave, 1 − q ≥ 0.97·(1 − ℓ), and there is noise, ℓ < 0.9. Classes are targets of 1 and 0.
enum NoiseEstimate {
  /// From so many rows on, the question is not asked: a network cannot fit the noise of so many.
  private static let manyRows = 10_000
  /// The rows that are read, evenly spread over the table.
  private static let mostRows = 2000
  private static let mostTargets = 100
  private static let directions = 128
  /// The largest order of the matrices, whose reduction must not take long.
  private static let mostOrder = 384

  /// Whether the answer is asked for: for plain features and losses of classes or squares. A robust loss has targets whose variance says nothing, and losses with margins have a decay by other reasons.
  static func applies(to plan: NetworkPlan, rows: Int) -> Bool {
    let features = 2 * plan.inputs + directions
    return plan.squashesInputs && [nil, .standard].contains(plan.loss.targetScale) && plan.loss.marginRadius == nil && rows >= 10 && rows < manyRows && plan.inputs <= 1024
      && min(features, min(rows, mostRows)) <= mostOrder && targets(of: plan) <= mostTargets
  }

  /// The numbers of a sample that are to be explained.
  private static func targets(of plan: NetworkPlan) -> Int { plan.loss.targetKind == .labels ? plan.loss.classes(outputs: plan.outputs) : plan.targetCount }

  /// - Parameters:
  ///   - training: data that has been checked against the plan (`suited`), and for which `applies` is true.
  ///   - normalization: how features enter the network.
  /// - Throws: `memory`; why the work must end.
  static func isLinearUpToNoise(_ training: Dataset, _ plan: NetworkPlan, _ normalization: Normalization?) throws(Failure) -> Bool {
    let (inputs, count) = (plan.inputs, min(training.count, mostRows))
    let (all, targetCount) = (2 * inputs + directions, targets(of: plan))
    let columns = Block.columns(forSamples: count)
    let memory = try Buffer(count: (all + targetCount) * columns, precision: .float64)
    let block = Block(memory.base, rows: all + targetCount, columns: columns, precision: .float64)
    let rows = (0..<count).map { Int64($0 * training.count / count) }
    let (features, targets) = (block.rows(0..<inputs), block.rows(all..<all + targetCount))
    let view = try plan.arrange(training.features, called: "the training data")
    // In float64, whatever the network's precision.
    let scaling = normalization.map { FeatureScaling(shift: $0.shift, scale: $0.scale) }
    rows.withUnsafeBufferPointer { gather(view, rows: $0.baseAddress, start: 0, count: count, scaling: scaling, into: features) }
    normalization?.squash(features, count: count)
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
    // Where nothing changes there is no noise.
    guard largestMagnitude(targets) > 0 else { return false }
    func matrix(_ block: Block) -> Matrix { Matrix(block.base, rows: block.rows, columns: count, rowStride: columns, columnStride: 1, precision: .float64) }
    let linear = try ridgeValidation(matrix(features), targets: matrix(targets))
    guard linear < 0.9 else { return false }
    try bend(block.rows(0..<all), inputs: inputs, count: count)
    let curved = try ridgeValidation(matrix(block.rows(0..<all)), targets: matrix(targets))
    withExtendedLifetime(memory) {}
    return 1 - curved >= 0.97 * (1 - linear)
  }

  /// Adds to the features z, the first rows of a block, min(z², 9) and tanh(1.5·w·z/√inputs + b) with normal numbers w and b, all with mean 0 and deviation 1.
  private static func bend(_ block: Block, inputs: Int, count: Int) throws(Failure) {
    let (features, squares, turned) = (block.rows(0..<inputs), block.rows(inputs..<2 * inputs), block.rows(2 * inputs..<block.rows))
    let memory = try Buffer(count: turned.rows * (inputs + 1), precision: .float64)
    let weights = memory.vector(count: turned.rows * inputs, precision: .float64)
    let shifts = memory.vector(count: turned.rows, precision: .float64, offset: 8 * weights.count)
    var stream = RandomStream(seed: 0, stream: 1 << 60)
    stream.normal(into: weights, deviation: 1.5 / Double(inputs).squareRoot())
    stream.normal(into: shifts, deviation: 1)
    for row in 0..<turned.rows { fill(turned.rows(row..<row + 1), shifts.load(row)) }
    func matrix(_ block: Block) -> Matrix { Matrix(block.base, rows: block.rows, columns: block.columns, rowStride: block.stride, columnStride: 1, precision: .float64) }
    multiply(1, Matrix(weights.base, rows: turned.rows, columns: inputs, precision: .float64), matrix(features), 1, addingTo: matrix(turned))
    activate(.tanh, turned, scale: 1, addingTo: nil, into: turned, slope: nil)
    multiply(1, features, features, addingTo: nil, into: squares)
    _ = clamp(Vector(squares.base, count: squares.rows * squares.stride, precision: .float64), low: 0, high: 9)
    standardizeRows(block.rows(inputs..<block.rows), count: count)
    withExtendedLifetime(memory) {}
  }
}

import Datasets
import LinearAlgebra
import Networks
import Settings

/// Whether a table's targets are linear in its features but for noise, so that a network that bends only fits the noise.
///
/// Two ridge regressions are compared by how much of the targets' variance they explain on rows that they have not seen: ℓ of the features, and q of the features, their squares and 128 tanh of random directions. Targets are linear up to
/// noise if the curved features leave at least 0.97 − 4/n of what the linear ones leave, 1 − q ≥ (0.97 − 4/n)·(1 − ℓ), and there is noise, ℓ < 0.9; of few rows n, some curve always seems to explain a little. Classes are targets of 1 and 0.
enum NoiseEstimate {
  /// From so many rows on, the question is not asked: a network cannot fit the noise of so many.
  private static let manyRows = 10_000
  /// The rows that are read, evenly spread over the table.
  private static let mostRows = 2000
  private static let mostTargets = 100
  private static let directions = 128
  /// The largest order of the matrices, whose reduction must not take long.
  private static let mostOrder = 384

  /// Whether the answer is asked for: where variances say something, and the matrices are small.
  static func applies(to plan: NetworkPlan, _ normalization: Normalization?, rows: Int) -> Bool {
    let inputs = (0..<plan.inputs).count { normalization?.scale.load($0) != 0 }
    return SampledTable.suits(plan) && rows >= 10 && rows < manyRows && (1...1024).contains(inputs) && min(2 * inputs + directions, min(rows, mostRows)) <= mostOrder && SampledTable.targets(of: plan) <= mostTargets
  }

  /// - Parameters:
  ///   - training: data that has been checked against the plan (`suited`), and for which `applies` is true.
  ///   - normalization: how features enter the network.
  /// - Throws: `memory`; why the work must end.
  static func isLinearUpToNoise(_ training: Dataset, _ plan: NetworkPlan, _ normalization: Normalization?) throws(Failure) -> Bool {
    let sample = try SampledTable(training, plan, normalization, mostRows: mostRows) { $0 + directions }
    let (count, inputs, features, targets) = (sample.count, sample.features.rows, sample.features, sample.targets)
    let (all, columns) = (2 * inputs + directions, sample.block.columns)
    // Where nothing changes there is no noise.
    guard largestMagnitude(targets) > 0 else { return false }
    func matrix(_ block: Block) -> Matrix { Matrix(block.base, rows: block.rows, columns: count, rowStride: columns, columnStride: 1, precision: .float64) }
    let linear = try ridgeValidation(matrix(features), targets: matrix(targets))
    guard linear < 0.9 else { return false }
    try bend(sample.block.rows(0..<all), inputs: inputs, count: count)
    let curved = try ridgeValidation(matrix(sample.block.rows(0..<all)), targets: matrix(targets))
    withExtendedLifetime(sample) {}
    return 1 - curved >= (0.97 - 4 / Double(count)) * (1 - linear)
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

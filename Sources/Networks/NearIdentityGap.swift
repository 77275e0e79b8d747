import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The difference between a near-identity network and the differential equation that it approximates, in the final states of one block over a batch (Ruseckas 2019).
///
/// All three solutions use the block's weights, constant within a step, and begin at the same state. The gaps are of order 1 in the step size.
package struct NearIdentityGap: Equatable, Sendable {
  /// The difference of two final states over all samples and features.
  package struct Difference: Equatable, Sendable {
    package let largest: Double
    package let rootMeanSquare: Double
  }
  /// Feed-forward layers (`near_identity`) against Euler's method with the same weights.
  package let layersToEuler: Difference
  /// Feed-forward layers against the flow of the equation, computed by `rk4` with 16 steps per layer.
  package let layersToFlow: Difference
  /// Euler's method against the flow.
  package let eulerToFlow: Difference
}

/// Measures the gap of one block of a split field, whatever the block's own integrator is.
///
/// - Parameters:
///   - index: the block; its initial states are those that the network gives it.
///   - features: samples × inputs, at least one sample, finite.
/// - Throws: `.outOfRange`, `.incompatible` (block); `.shapeMismatch`; `.memory`; `.invalidData` for features that the network cannot take; for the first row without a result, what a step
///   of an earlier block reports, or `.notFinite` if a solution is no longer finite.
/// - Complexity: 66 evaluations of the field per layer and sample; memory for one tile.
package func nearIdentityGap(_ network: Network, block index: Int = 0, _ features: TensorView) throws(Failure) -> NearIdentityGap {
  let block = try network.plan.splitBlock(index)
  guard features.rows >= 1, features.columns == network.plan.inputs else {
    throw Failure(.shapeMismatch, "features are \(features.rows) × \(features.columns); at least 1 sample of \(network.plan.inputs) inputs is needed")
  }
  let schemes: [Scheme] = [Scheme(NearIdentity(), steps: 1), Scheme(Euler(), steps: 1), Scheme(try integrators.standard("rk4"), steps: 16)]
  let comparison = try Comparison(network, index, block, schemes, samples: features.rows)
  return try comparison.run(features)
}

/// An integrator, and the number of steps that it takes per layer.
private struct Scheme {
  let integrator: any Integrator
  let steps: Int
  init(_ integrator: any Integrator, steps: Int) {
    self.integrator = integrator
    self.steps = steps
  }
}

/// The memory for one tile, and the sums over all tiles.
private struct Comparison {
  private let plan: NetworkPlan
  private let stage: Int
  private let block: ODEBlock
  private let schemes: [Scheme]
  private let snapshot: ParameterSnapshot
  private let columns: Int
  private let arena: Arena
  private let pass: InferencePass
  /// Two states used alternately, the scratch memory of the schemes, and their final states as samples × features in float64.
  private let states: [Block]
  private let scratch: Block
  private let finals: [Vector]
  private let difference: Vector

  init(_ network: Network, _ index: Int, _ block: ODEBlock, _ schemes: [Scheme], samples: Int) throws(Failure) {
    plan = network.plan
    stage = plan.stage(ofBlock: index)
    self.block = block
    self.schemes = schemes
    snapshot = network.snapshot
    let weights = try snapshot.inferenceWeights(plan)
    let precision = plan.precision
    columns = TilePartition(count: samples, largest: plan.tileColumns, accumulates: false).columns
    let rows = [block.width, block.width, schemes.map { $0.integrator.scratchWidth(block.field) }.max() ?? 0]
    var size = Arena.Size()
    InferencePass.add(plan, columns, to: &size)
    for rows in rows { size.add(rows: rows, columns: columns, precision: precision) }
    for _ in 0...schemes.count { size.add(rows: block.width, columns: columns, precision: .float64) }
    let arena = try Arena(size)
    self.arena = arena
    pass = InferencePass(plan, weights, columns, arena)
    let (width, columns) = (block.width, columns)
    let blocks = rows.map { arena.block(rows: $0, columns: columns, precision: precision) }
    (states, scratch) = (Array(blocks[..<2]), blocks[2])
    finals = schemes.map { _ in arena.vector(count: width * columns, precision: .float64) }
    difference = arena.vector(count: width * columns, precision: .float64)
  }

  func run(_ features: TensorView) throws(Failure) -> NearIdentityGap {
    let (count, refusal) = try plan.soundRows(features, snapshot.normalization)
    let partition = TilePartition(count: count, largest: columns, accumulates: false)
    let source = BatchSource(features: features, normalization: snapshot.normalization)
    let log = pass.log
    log.watch = .current
    var sums = [Sum(0, 1), Sum(0, 2), Sum(1, 2)]
    for index in 0..<partition.tiles {
      let samples = partition.samples(of: index)
      let first = pass.firstState(ofStage: stage, source, samples, columns: partition.columns(of: index))
      let count = samples.count * block.width
      for (scheme, final) in zip(schemes, finals) { solve(scheme, from: block.visible(first), log, into: final) }
      try Watch.check()
      if let failure = log.first { throw source.named(failure) }
      for place in sums.indices { sums[place].add(finals, count, difference: difference) }
    }
    if let refusal { throw refusal }
    for sum in sums where !sum.result.rootMeanSquare.isFinite { throw Failure(.notFinite, "the gap is too large for float64") }
    return NearIdentityGap(layersToEuler: sums[0].result, layersToFlow: sums[1].result, eulerToFlow: sums[2].result)
  }

  private func solve(_ scheme: Scheme, from first: Block, _ log: StepLog, into final: Vector) {
    var (before, after) = (states[0].packed(columns: first.columns), states[1].packed(columns: first.columns))
    let scratch = scratch.packed(columns: first.columns)
    copy(first, into: before)
    for j in 0..<block.layers where !log.isOver {
      let step = Step(block.step(j, pass.weights(stage: stage)).layer(), stepSize: block.stepSize(j) / Double(scheme.steps))
      for _ in 0..<scheme.steps {
        scheme.integrator.step(block.field, step, from: before, into: after, record: nil, scratch: scratch)
        swap(&before, &after)
      }
    }
    log.requireFinite(before, within: plan.precision.largest, "states")
    let samples = log.samples.count
    scatter(before, count: samples, to: MutableTensorView(final.base, type: .float64, rows: samples, columns: block.width), startRow: 0)
  }
}

/// The difference between two solutions, summed over tiles.
private struct Sum {
  private let one: Int
  private let other: Int
  private var largest = 0.0
  private var squares = 0.0
  private var count = 0

  init(_ one: Int, _ other: Int) {
    self.one = one
    self.other = other
  }

  /// Adds a tile's `count` numbers. `difference` is scratch.
  mutating func add(_ finals: [Vector], _ count: Int, difference: Vector) {
    let difference = difference[0..<count]
    copy(finals[one][0..<count], into: difference)
    axpy(-1, finals[other][0..<count], addingTo: difference)
    let found = largestMagnitude(difference)
    largest = found > largest || found.isNaN ? found : largest
    squares += sumOfSquares(difference)
    self.count += count
  }

  var result: NearIdentityGap.Difference { NearIdentityGap.Difference(largest: largest, rootMeanSquare: (squares / Double(count)).squareRoot()) }
}

import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// What a prediction gives.
package enum PredictionKind: Int32, CaseIterable, Sendable {
  /// The readout's outputs.
  case scores = 0
  /// The loss's link of the scores: softmax, logistic; for least squares the scores themselves.
  case probabilities = 1
  /// The class of the largest score, one integer a sample.
  case classes = 2
}

/// Scratch and shared prepared weights for predicting with one snapshot of a network, for one caller at a time.
///
/// `run` takes no lock and allocates nothing with one thread. A sample gives the same bits alone and at any place of any batch.
package final class Predictor: @unchecked Sendable {
  package let plan: NetworkPlan
  /// The most samples a run takes.
  package let maximumBatch: Int
  package let threads: Int
  private let snapshot: ParameterSnapshot
  private let weights: Weights
  private let blockWeights: [Weights]
  private let largestTile: Int
  private let arena: Arena
  private let workers: [PredictionScratch]
  private let logs: [StepLog]

  /// - Parameters:
  ///   - maximumBatch: at least 1.
  ///   - threads: at least 1; scratch is held for each.
  /// - Throws: `.memory`.
  package init(_ network: Network, maximumBatch: Int, threads: Int) throws(Failure) {
    plan = network.plan
    self.maximumBatch = maximumBatch
    snapshot = network.snapshot
    weights = try snapshot.inferenceWeights(plan)
    blockWeights = plan.blocks.indices.map { [plan, weights] in plan.weights($0, weights) }
    largestTile = tileColumns(width: plan.width, precision: plan.precision)
    let partition = TilePartition(count: maximumBatch, largest: largestTile, accumulates: false)
    self.threads = min(threads, partition.groups)
    var size = Arena.Size()
    for _ in 0..<self.threads { PredictionScratch.add(plan, partition.columns, to: &size) }
    arena = try Arena(size)
    var workers: [PredictionScratch] = []
    for _ in 0..<self.threads { workers.append(PredictionScratch(plan, partition.columns, arena)) }
    self.workers = workers
    logs = workers.map { _ in StepLog() }
  }

  /// Predicts `features.rows` samples, 1 … `maximumBatch`; `out` has a row a sample.
  ///
  /// - Parameter pool: at most as many threads as this predictor; nil runs on the calling thread alone.
  /// - Throws: what a step that can fail reports, `.notConverged` or `.stepLimit`; `out` then holds what came of the last good states.
  package func run(_ features: TensorView, _ kind: PredictionKind, into out: MutableTensorView, pool: WorkerPool?) throws(Failure) {
    precondition(features.rows >= 1 && features.rows <= maximumBatch && features.columns == plan.inputs, "batch of another shape than its predictor")
    precondition(pool.map { $0.threads <= threads } ?? true, "more threads than the predictor has scratch for")
    let partition = TilePartition(count: features.rows, largest: largestTile, accumulates: false)
    guard let pool, pool.threads > 1 else {
      for tile in 0..<partition.tiles { predict(features, kind, out, partition, tile, worker: 0) }
      return try reportFailure()
    }
    try pool.run(partition.groups) { group, worker in
      for tile in partition.tiles(of: group) { self.predict(features, kind, out, partition, tile, worker: worker) }
    }
    try reportFailure()
  }

  private func reportFailure() throws(Failure) {
    var failure: Failure?
    for log in logs {
      failure = failure ?? log.failure
      log.clear()
    }
    if let failure { throw failure }
  }

  private func predict(_ features: TensorView, _ kind: PredictionKind, _ out: MutableTensorView, _ partition: TilePartition, _ tile: Int, worker: Int) {
    let samples = partition.samples(of: tile)
    let scratch = workers[worker].view(columns: partition.columns(of: tile))
    let source = BatchSource(features: features, normalization: snapshot.normalization)
    let final = plan.propagate(weights, blockWeights, source, samples, scratch, logs[worker])
    let scores = scratch.scores
    plan.readOut(weights, final, into: scores)
    switch kind {
    case .scores: scatter(scores, count: samples.count, to: out, startRow: samples.lowerBound)
    case .probabilities:
      plan.loss.link(scores, into: scores)
      scatter(scores, count: samples.count, to: out, startRow: samples.lowerBound)
    case .classes: scatterClasses(scores, count: samples.count, to: out, startRow: samples.lowerBound)
    }
  }

  /// The states of one block at every layer, layers + 1 of them: `layerView` gives the place of each, samples × state width. On the calling thread.
  package func states(block index: Int, _ features: TensorView, layerView: (_ layer: Int) -> MutableTensorView) throws(Failure) {
    let partition = TilePartition(count: features.rows, largest: min(largestTile, workers[0].largestColumns), accumulates: false)
    let source = BatchSource(features: features, normalization: snapshot.normalization)
    let block = plan.blocks[index]
    for tile in 0..<partition.tiles {
      let samples = partition.samples(of: tile)
      let scratch = workers[0].view(columns: partition.columns(of: tile))
      _ = plan.propagate(weights, blockWeights, source, samples, scratch, logs[0], upTo: index)
      var own = blockWeights[index]
      own.log = Unmanaged.passUnretained(logs[0])
      own.drive = scratch.sequences.drive(index)
      for layer in 0...block.layers {
        if layer > 0 { block.propagateLayer(layer - 1, own, buffer: scratch.states(block), scratch: scratch.scratch) }
        scatter(block.propagated(layer, in: scratch.states(block)), count: samples.count, to: layerView(layer), startRow: samples.lowerBound)
      }
    }
    try reportFailure()
  }
}

/// One worker's scratch for prediction: two states, the opened inputs, the scores, the steps' own.
struct PredictionScratch {
  private let inputsWhole: Block
  private let statesWhole: Block
  private let scoresWhole: Block
  private let scratchWhole: Block
  private(set) var sequences: SequenceScratch
  private var columns: Int

  private static func rows(_ plan: NetworkPlan) -> [Int] {
    [plan.opening == nil || plan.sequence != nil ? 0 : plan.inputs, 2 * plan.maximumStateWidth, plan.outputs, plan.maximumScratchWidth]
  }

  static func add(_ plan: NetworkPlan, _ columns: Int, to size: inout Arena.Size) {
    for rows in rows(plan) { size.add(rows: rows, columns: columns, precision: plan.precision) }
    SequenceRows(plan).add(to: &size, columns: columns)
  }

  init(_ plan: NetworkPlan, _ columns: Int, _ arena: Arena) {
    let blocks = Self.rows(plan).map { arena.block(rows: $0, columns: columns, precision: plan.precision) }
    (inputsWhole, statesWhole, scoresWhole, scratchWhole) = (blocks[0], blocks[1], blocks[2], blocks[3])
    sequences = SequenceScratch(arena, SequenceRows(plan), columns: columns)
    self.columns = columns
  }

  var largestColumns: Int { statesWhole.columns }

  func view(columns: Int) -> PredictionScratch {
    var view = self
    view.columns = columns
    view.sequences = sequences.view(columns: columns)
    return view
  }

  var inputs: Block { shaped(inputsWhole, inputsWhole.rows) }
  var scores: Block { shaped(scoresWhole, scoresWhole.rows) }
  var scratch: Block { shaped(scratchWhole, scratchWhole.rows) }
  func states(_ block: ODEBlock) -> Block { shaped(statesWhole, block.propagationRows) }

  private func shaped(_ block: Block, _ rows: Int) -> Block { Block(block.base, rows: rows, columns: columns, precision: block.precision) }
}

extension NetworkPlan {
  /// Runs the blocks before block `end` (all by default) and opens block `end` if there is one: gives the visible final state, or the initial state of block `end`.
  func propagate(
    _ weights: Weights, _ blockWeights: [Weights], _ source: BatchSource, _ samples: Range<Int>, _ scratch: PredictionScratch, _ log: StepLog,
    upTo end: Int? = nil
  ) -> Block {
    var visible: Block?
    log.samples = samples.count
    for index in 0..<min(blocks.count, (end ?? blocks.count) + 1) {
      let block = blocks[index]
      let states = scratch.states(block)
      let first = block.propagated(0, in: states)
      if let visible {
        // All blocks share the memory of the states: their visible rows are the same ones, or none in common.
        if visible.base != first.base { copy(visible, into: block.visible(first)) }
      } else {
        open(weights, source, start: samples.lowerBound, count: samples.count, inputTile: scratch.inputs, sequences: scratch.sequences, into: block.visible(first))
      }
      block.start(first)
      if index == end { return first }
      var own = blockWeights[index]
      own.log = Unmanaged.passUnretained(log)
      own.drive = scratch.sequences.drive(index)
      visible = block.visible(block.propagate(own, buffer: states, scratch: scratch.scratch))
    }
    guard let visible else { preconditionFailure("network without blocks") }
    return visible
  }
}

import LinearAlgebra
import Settings

/// Computes the readout and the loss at fixed states: the loss, gradient and second derivatives of a convex problem in the readout's parameters.
///
/// When this thread's watch ends the work, the remaining tiles are skipped: ask the watch before using a result. The states of a batch are kept tile by tile. Everything runs on the calling
/// thread, tile after tile, so that bits never depend on the number of threads.
package final class ReadoutSweep {
  package let plan: NetworkPlan
  /// The loss of the present batch.
  private var loss: any Loss
  /// The range of the readout's parameters among the network's.
  package let range: Range<Int>
  private let map: AffineLayer
  private let arena: Arena
  private let largestTile: Int
  private var tiles: [Tile] = []
  private let memory: (states: Vector, labels: Vector, values: Vector, weights: Vector)
  private let scores: Block
  private let tangent: Block
  private let scratch: Block
  private let preconditioner: ReadoutPreconditioner
  /// The sum of the weights of the batch's samples in their unit, and this unit.
  private var weight = 0.0
  private var unit = 1.0

  /// The states and targets of one tile.
  private struct Tile {
    let states: Block
    let targets: TileTargets
    let samples: Int
  }

  /// - Parameter batch: the largest number of samples.
  /// - Throws: `.incompatible` for a network without a trained readout; `.memory`.
  package init(_ plan: NetworkPlan, batch: Int) throws(Failure) {
    guard let map = plan.readout else {
      let reason = plan.outputStates != nil ? "outputs_at is steps, so that the readout reads the states of all steps, which are not kept" : plan.isReadoutScaled ? "readout_norm is not free, so that the scores are no linear function of the readout's weights" : "readout is identity"
      throw Failure(.incompatible, "\(reason): there is no readout to train by itself")
    }
    self.plan = plan
    loss = plan.loss
    self.map = map
    range = map.range
    preconditioner = try ReadoutPreconditioner(map, origin: range.lowerBound, precision: plan.precision)
    largestTile = plan.derivativeColumns
    // The last tile may need padding.
    let columns = batch + Block.quantum
    let valueRows = plan.loss.targetKind == .values ? plan.targetCount : 0
    var size = Arena.Size()
    size.add(rows: map.inputs, columns: columns, precision: plan.precision)
    size.add(count: columns, precision: .float32)
    size.add(rows: valueRows, columns: columns, precision: plan.precision)
    size.add(count: columns, precision: .float64)
    for rows in [plan.outputs, plan.outputs, plan.outputs + 1] { size.add(rows: rows, columns: largestTile, precision: plan.precision) }
    arena = try Arena(size)
    memory = (
      arena.vector(count: map.inputs * columns, precision: plan.precision), arena.vector(count: columns, precision: .float32),
      arena.vector(count: valueRows * columns, precision: plan.precision),
      arena.vector(count: columns, precision: .float64)
    )
    scores = arena.block(rows: plan.outputs, columns: largestTile, precision: plan.precision)
    tangent = arena.block(rows: plan.outputs, columns: largestTile, precision: plan.precision)
    scratch = arena.block(rows: plan.outputs + 1, columns: largestTile, precision: plan.precision)
  }

  /// Computes the states of a batch, which stay fixed in the other calls.
  /// - Parameters:
  ///   - loss: that of the scores as they are scaled; nil for the network's.
  ///   - weighting: the weights of the samples.
  ///   - draws: the random numbers of a training step; nil for evaluation.
  ///   - sweep: a sweep of the same network, for batches at least as large.
  /// - Throws: what a step that can fail reports.
  package func fixStates(
    _ parameters: Vector, _ source: BatchSource, _ targets: Targets, loss: (any Loss)? = nil, weighting: LossWeighting = LossWeighting(), count: Int, draws: Draws? = nil,
    _ sweep: Sweep, _ pool: WorkerPool
  ) throws(Failure) {
    self.loss = loss ?? plan.loss
    let weighting = weighting.inUnit(of: targets, rows: source.rows, count: count)
    (weight, unit) = (weighting.sum(targets, rows: source.rows, count: count), weighting.unit)
    let partition = sweep.partition(count: count)
    let precision = plan.precision
    var column = 0
    tiles = (0..<partition.tiles).map { tile in
      let samples = partition.samples(of: tile)
      let columns = partition.columns(of: tile)
      defer { column += columns }
      let states = Block(memory.states[map.inputs * column..<map.inputs * (column + columns)].base, rows: map.inputs, columns: columns, precision: precision)
      var values = states.rows(0..<0)
      let labels = memory.labels[column..<column + columns].base.bindMemory(to: Int32.self, capacity: columns)
      switch targets {
      case .labels(let all, _): gatherLabels(all, rows: source.rows, start: samples.lowerBound, count: samples.count, into: labels)
      case .values(let all, let scaling, _):
        values = Block(memory.values[plan.targetCount * column..<plan.targetCount * (column + columns)].base, rows: plan.targetCount, columns: columns, precision: precision)
        gather(all, rows: source.rows, start: samples.lowerBound, count: samples.count, scaling: scaling, into: values)
      }
      var tileTargets = TileTargets(labels: labels, values: values, smoothing: weighting.smoothing)
      if weighting.isWeighted {
        let weights = memory.weights[column..<column + columns]
        gatherWeights(
          samples: weighting.samples, classes: weighting.classes, labels: labels, rows: source.rows, start: samples.lowerBound, count: samples.count, unit: weighting.unit,
          into: weights)
        tileTargets.weights = weights
      }
      return Tile(states: states, targets: tileTargets, samples: samples.count)
    }
    let tiles = tiles
    try sweep.states(parameters, source, count: count, draws: draws, pool: pool) { tile, states in
      copy(states, into: tiles[tile].states)
      fill(self.padding(tiles[tile].states, from: tiles[tile].samples), 0)
    }
    preconditioner.update(tiles.map(\.states), count: count)
    try Watch.check()
  }

  /// The loss over the batch and, if wanted, the gradient of its mean.
  /// - Parameters:
  ///   - readout: the parameters in `range`.
  ///   - gradient: as many numbers, overwritten.
  package func lossGradient(_ readout: Vector, gradient: Vector?) -> BatchResult {
    var result = BatchResult()
    result.weight = weight * unit
    if let gradient { fill(gradient, 0) }
    let watch = Watch.current
    for tile in tiles where !watch.isOver {
      let (scores, cotangent) = (scores.packed(columns: tile.states.columns), tangent.packed(columns: tile.states.columns))
      evaluate(readout, tile.states, into: scores)
      result.lossSum += loss.evaluate(
        scores: scores, targets: tile.targets, count: tile.samples, scale: inverseWeight, gradient: gradient == nil ? nil : cotangent, correct: &result.correct)
      result.count += tile.samples
      if let gradient { accumulate(cotangent, tile.states, addingTo: gradient) }
    }
    result.lossSum *= unit
    return result
  }

  /// Writes the product of the mean loss's Hessian with respect to the readout and `direction` to `product`.
  package func hessianProduct(_ direction: Vector, at readout: Vector, into product: Vector) {
    fill(product, 0)
    let watch = Watch.current
    for tile in tiles where !watch.isOver {
      let (scores, tangent) = (scores.packed(columns: tile.states.columns), tangent.packed(columns: tile.states.columns))
      evaluate(readout, tile.states, into: scores)
      evaluate(direction, tile.states, into: tangent)
      loss.curvature(at: scores, of: tangent, scratch: scratch.packed(columns: tile.states.columns))
      // A direction in the bias changes padding columns too.
      if let weights = tile.targets.weights { weightColumns(tangent, scale: 1, weights: weights, count: tile.samples) }
      fill(padding(tangent, from: tile.samples), 0)
      accumulate(tangent, tile.states, addingTo: product)
    }
    scale(inverseWeight, product)
  }

  private var inverseWeight: Double { weight > 0 ? 1 / weight : 0 }

  /// Writes z = M⁻¹r, where M approximates the Hessian by the states' second moments.
  package func precondition(_ residual: Vector, into result: Vector) { preconditioner.apply(residual, into: result) }

  /// The columns past the last sample.
  private func padding(_ block: Block, from samples: Int) -> Block {
    Block(block.base + samples * plan.precision.byteCount, rows: block.rows, columns: block.columns - samples, stride: block.stride, precision: plan.precision)
  }

  private func evaluate(_ readout: Vector, _ states: Block, into out: Block) {
    affine(matrix(readout), bias: bias(readout), activation: .identity, of: states, scale: 1, addingTo: nil, into: out, slope: nil)
  }

  private func accumulate(_ cotangent: Block, _ states: Block, addingTo gradient: Vector) {
    accumulateOuter(cotangent, states, addingTo: matrix(gradient))
    accumulateRowSums(cotangent, addingTo: bias(gradient))
  }

  private func matrix(_ readout: Vector) -> Matrix { map.matrix(readout, origin: range.lowerBound) }
  private func bias(_ readout: Vector) -> Bias { map.bias(readout, origin: range.lowerBound) }
}

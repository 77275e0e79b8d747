import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The targets of a batch: for each sample, a label or a row of values; or for each step of a sample, one after the other.
package enum Targets {
  case labels(UnsafePointer<Int32>, steps: TargetSteps? = nil)
  /// With the scaling by which they enter; nil: as they are.
  case values(TensorView, scaling: FeatureScaling? = nil, steps: TargetSteps? = nil)

  /// The steps of a sample's targets; nil for targets at the end.
  package var steps: TargetSteps? {
    switch self {
    case .labels(_, let steps), .values(_, _, let steps): steps
    }
  }
}

/// The steps of a sequence that have targets.
package struct TargetSteps: Sendable {
  package let count: Int
  /// Whether all targets of all steps are observed: no label is −1 and no value NaN.
  package let isComplete: Bool

  package init(_ count: Int, isComplete: Bool = false) { (self.count, self.isComplete) = (count, isComplete) }
}

/// The result of a pass over a batch: sums over its samples, in a fixed order.
package struct BatchResult: Equatable, Sendable {
  /// Σ w_i l_i; the weights are 1 if none were given.
  package var lossSum = 0.0
  /// The sum of the trajectories' costs (`TrajectoryCost`), which is not part of the loss.
  package var costSum = 0.0
  package var correct = 0
  package var count = 0
  /// The labels that were observed: as many as samples, or steps of samples, but for those without a label.
  package var labeled = 0
  /// Σ w_i over the batch.
  package var weight = 0.0
  /// The report of the steps, from integrators that count.
  package var report = StepReport()
  /// Whether all numbers of the gradient are finite; true if none was computed.
  package var isGradientFinite = true
  /// The first sample without a result, and why, for example because an implicit or adaptive step failed.
  package var failure: SampleFailure?
  package init() {}
  /// Σ w_i l_i / Σ w_i; 0 if all weights are 0.
  package var meanLoss: Double { weight > 0 || lossSum.isNaN ? lossSum / weight : 0 }
  /// The mean over all samples without weights: weights apply to the loss only.
  package var meanCost: Double { costSum / Double(count) }
  /// The largest error of the states that a reversible policy recovered.
  package var reconstructionError: Double { report.reconstructionError }
  package var accuracy: Double { Double(correct) / Double(labeled) }
}

/// Computes losses and reverse derivatives of one network. It holds the scratch memory: tapes for each worker, and a gradient for each group except the first. It is made once and used for
/// many batches, by one caller at a time.
///
/// A tile of samples passes through the whole network, forward and back, while it is in the cache; workers take groups of tiles. Losses are summed over the tiles in order, and gradients
/// over the tiles of a group in order and then over the groups in order, so that the bits are the same for any number of threads.
package final class Sweep: @unchecked Sendable {
  package let plan: NetworkPlan
  /// The most samples that a batch may have.
  package let batch: Int
  package let threads: Int
  /// The number of threads that the caller asked for; a small batch can use fewer.
  package let requestedThreads: Int
  private let derivative: Bool
  private let memory: [any MemoryPolicy]
  private let arena: Arena
  private let prepared: Vector
  /// The extended parameters and gradient; nil if the caller's vectors need no extension.
  private let extended: (parameters: Vector, gradient: Vector)?
  private let groupGradients: [Vector]
  /// Memory for a gradient of the parameters that the caller does not want: a driven field computes it together with the gradient of its drive.
  private let unwanted: Vector?
  /// Logs and scratch memory of the workers; of the tiles, if these meet.
  private let logs: [StepLog]
  private let scratch: [TileScratch]
  /// The meeting of the tiles of a training batch; nil if samples are independent, or each tile is normalized by itself.
  private let meeting: TileMeeting?
  /// For each worker the meeting of a tile that is normalized by itself; empty if none is.
  private let alone: [TileMeeting]
  /// Sums of the statistics of a batch's layers: one vector where tiles meet, otherwise one for each group of tiles.
  private let statistics: [Vector]
  /// The statistics of the pass that `keepStatistics` chose.
  private let keptStatistics: [Vector]
  /// The tasks of preparing and finishing operators, each with several sets of operators.
  private let chunks: OperatorChunks
  private let gradientTasks: GradientTasks
  private let sums: TileSums
  /// The margins of a loss that reads them.
  private let margins: MarginTables?

  /// - Parameters:
  ///   - batch: at least 1.
  ///   - derivative: whether gradients will be computed; if not, there are no tapes.
  ///   - features: whether gradients of features will be computed; sequences need memory for them.
  ///   - memory: a policy that replaces those of all blocks; nil keeps them.
  /// - Throws: `.incompatible` when `memory` cannot serve a block; `.memory`.
  package init(_ plan: NetworkPlan, batch: Int, derivative: Bool, features: Bool = true, memory: (any MemoryPolicy)? = nil, threads: Int) throws(Failure) {
    self.plan = plan
    self.batch = batch
    self.derivative = derivative
    let geometry = try SweepGeometry(plan, batch: batch, derivative: derivative, features: features, memory: memory, threads: threads)
    self.memory = geometry.memory
    let (partition, workers, rows) = (geometry.partition, geometry.workers, geometry.rows)
    self.threads = workers
    requestedThreads = threads
    arena = try Arena(geometry.size)
    prepared = arena.vector(count: plan.preparedCount(for: .training), precision: plan.precision)
    if plan.isExtended {
      let parameters = arena.vector(count: plan.extendedCount, precision: plan.precision)
      extended = (parameters, arena.vector(count: plan.extendedCount, precision: plan.precision))
    } else {
      extended = nil
    }
    var gradients: [Vector] = []
    for _ in 1..<max(derivative ? partition.groups : 1, 1) { gradients.append(arena.vector(count: plan.extendedCount, precision: plan.precision)) }
    groupGradients = gradients
    unwanted = geometry.needsUnwanted ? arena.vector(count: plan.extendedCount, precision: plan.precision) : nil
    var scratch: [TileScratch] = []
    statistics = (0..<geometry.statisticsCount).map { [arena] _ in arena.vector(count: plan.statisticsCount, precision: plan.precision) }
    keptStatistics = (0..<geometry.statisticsCount).map { [arena] _ in arena.vector(count: plan.statisticsCount, precision: plan.precision) }
    for _ in 0..<geometry.scratchCount { scratch.append(TileScratch(plan, arena, rows, columns: partition.columns)) }
    self.scratch = scratch
    logs = (0..<geometry.scratchCount).map { _ in StepLog() }
    meeting = geometry.tilesMeet
      ? try TileMeeting(plan, tiles: partition.tiles, columns: partition.columns, workers: workers) : nil
    var alone: [TileMeeting] = []
    for _ in 0..<(geometry.tilesMeet || statistics.isEmpty ? 0 : workers) { alone.append(try TileMeeting(plan, tiles: 1, columns: partition.columns, workers: 1, isAlone: true)) }
    self.alone = alone
    sums = TileSums(arena, tiles: partition.tiles, workers: workers)
    chunks = OperatorChunks(plan)
    gradientTasks = GradientTasks(plan, chunks)
    margins = try plan.marginRules.map { (rules) throws(Failure) in try MarginTables(rules, groups: partition.groups, derivative: derivative) }
  }

  /// Bytes of scratch memory held.
  package var byteCount: Int { arena.byteCount + sums.byteCount + (meeting?.byteCount ?? 0) + alone.reduce(0) { $0 + $1.byteCount } + (margins?.byteCount ?? 0) }

  /// Computes the loss of a batch of `count` samples and, if wanted, the gradient of its mean, which overwrites `gradient`. The loss has the same bits with and without a gradient.
  ///
  /// - Parameters:
  ///   - mode: whether batch normalization takes the statistics of this batch. Only a sweep with derivatives trains.
  ///   - loss: a loss that replaces the network's own; nil for the network's.
  ///   - weighting: the weights w_i of the samples in the mean Σ w_i l_i / Σ w_i.
  ///   - divisor: for a batch that is part of a larger one: the number that the gradient's sum is divided by, instead of this batch's Σ w_i.
  ///   - featureGradient: gets the gradient by the features, samples × inputs, if it is wanted besides `gradient`; the sweep must have been made for it.
  ///   - scores: gets the scores, samples × outputs.
  ///   - draws: the random numbers of a training step, for blocks with noise; nil for evaluation.
  ///   - pool: at most as many threads as this sweep. Its watch is asked between tiles and layers.
  /// - Throws: for the first row without a result: what a step that can fail reports, `.notConverged` or `.stepLimit`; `.notFinite` for scores or a loss that are not finite.
  ///   Also the failure of a loss of the caller's, and the reason why the watch ended the work. The contents of `gradient` are then undefined.
  package func lossGradient(
    _ parameters: Vector, _ source: BatchSource, _ targets: Targets, mode: SampleMode = .training, loss: (any Loss)? = nil, weighting: LossWeighting = LossWeighting(),
    divisor: Double? = nil, count: Int, gradient: Vector?, featureGradient: MutableTensorView? = nil, draws: Draws? = nil, scores: MutableTensorView? = nil, pool: WorkerPool
  ) throws(Failure) -> BatchResult {
    let loss = loss ?? plan.loss
    precondition(!loss.countsSteps || targets.steps != nil, "targets at the end for a loss of all steps")
    let weighting = weighting.inUnit(of: targets, rows: source.rows, count: count)
    let weight = weighting.sum(targets, rows: source.rows, count: count, countsSteps: loss.countsSteps)
    guard (weight * weighting.unit).isFinite else { throw Failure(.invalidData, "the weights of the batch's samples have a sum that is not finite; divide all of them by the same factor, which does not change the result") }
    let total = divisor.map { $0 / weighting.unit } ?? weight
    let scale = total > 0 ? 1 / total : 0
    // The trajectory cost is a mean over all samples without weights; a part of a larger batch counts by its share.
    let charge = (divisor == nil ? 1 : weight * scale) / Double(count)
    let outcome = Result { () throws(Failure) in
      try run(
        parameters, source, mode: mode, count: count, gradient: gradient, featureGradient: featureGradient, draws: draws, chargePerSample: charge, marginRadius: loss.marginRadius, pool: pool
      ) { tile, log, group, result in
        let samples = log.samples
        var targets = tile.load(targets, weighting, rows: source.rows, start: samples.lowerBound, count: samples.count, countsSteps: loss.countsSteps, labeled: &result.labeled)
        if loss.marginRadius != nil { targets.margins = self.margins?.margins(ofGroup: group, withCotangents: gradient != nil) }
        result.lossSum = loss.evaluate(
          scores: tile.scores, targets: targets, count: samples.count, scale: scale, gradient: gradient == nil ? nil : tile.scoreCotangent, correct: &result.correct)
        if !result.lossSum.isFinite { self.blame(loss, tile.scores, targets, log) }
        result.count = samples.count
        if let scores { scatter(tile.scores, count: samples.count, to: scores, startRow: samples.lowerBound) }
      }
    }
    if let failure = loss.takeFailure() { throw source.named(failure) }
    var result = try outcome.get()
    result.lossSum *= weighting.unit
    result.weight = weight * weighting.unit
    return result
  }

  /// Records the sample whose loss makes a tile's sum infinite or NaN: the last one of the shortest prefix whose sum is not finite.
  private func blame(_ loss: any Loss, _ scores: Block, _ targets: TileTargets, _ log: StepLog) {
    var (finite, tried, correct) = (0, log.samples.count, 0)
    while tried - finite > 1 {
      let middle = (finite + tried) / 2
      if loss.evaluate(scores: scores, targets: targets, count: middle, scale: 0, gradient: nil, correct: &correct).isFinite { finite = middle } else { tried = middle }
    }
    log.fail(column: finite, Failure(.notFinite, "the loss is not finite"))
  }

  /// Computes Jᵀw for a cotangent w of the scores, `count` × outputs: the parameters' part overwrites `gradient`, the features' part overwrites `featureGradient`.
  /// - Parameter scaling: the scale of each output by which w enters; nil: as it is.
  /// - Returns: the report of the steps, from integrators that count.
  /// - Throws: as `lossGradient`; `.notFinite` also for the first row whose features have a gradient that is not finite.
  @discardableResult package func pullback(
    _ parameters: Vector, _ source: BatchSource, cotangent: TensorView, scaling: FeatureScaling? = nil, count: Int, gradient: Vector?, featureGradient: MutableTensorView?,
    draws: Draws? = nil, pool: WorkerPool
  ) throws(Failure) -> StepReport {
    try run(parameters, source, count: count, gradient: gradient, featureGradient: featureGradient, alwaysBack: true, draws: draws, pool: pool) { tile, log, _, _ in
      gather(cotangent, rows: nil, start: log.samples.lowerBound, count: log.samples.count, scaling: scaling, into: tile.scoreCotangent)
    }.report
  }

  /// How a batch is cut into tiles.
  func partition(count: Int) -> TilePartition { plan.partition(count: count, derivative: derivative) }

  /// Computes the states of a batch that the readout is applied to.
  /// - Parameter take: called on any of the pool's threads with each tile's number in the `partition` and its states, width × samples.
  /// - Throws: what a step that can fail reports.
  func states(
    _ parameters: Vector, _ source: BatchSource, count: Int, draws: Draws? = nil, pool: WorkerPool, take: (_ tile: Int, _ states: Block) -> Void
  ) throws(Failure) {
    _ = try run(parameters, source, count: count, gradient: nil, featureGradient: nil, draws: draws, pool: pool, atStates: take) { _, _, _, _ in }
  }

  /// Runs all tiles: forward, then `atScores`, which computes the cotangent of the scores, then back if a gradient is wanted. The log passed to `atScores` says which samples the tile holds.
  private func run(
    _ parameters: Vector, _ source: BatchSource, mode: SampleMode = .training, count: Int, gradient: Vector?, featureGradient: MutableTensorView?, alwaysBack: Bool = false,
    draws: Draws?, chargePerSample: Double = 0, marginRadius: Double? = nil, pool: WorkerPool, atStates: (_ tile: Int, _ states: Block) -> Void = { _, _ in },
    atScores: (_ tile: TileScratch, _ log: StepLog, _ group: Int, _ result: inout BatchResult) -> Void
  ) throws(Failure) -> BatchResult {
    try plan.withKnownTerms { () throws(Failure) in
      try runTiles(
        parameters, source, mode: mode, count: count, gradient: gradient, featureGradient: featureGradient, alwaysBack: alwaysBack, draws: draws, chargePerSample: chargePerSample,
        marginRadius: marginRadius, pool: pool, atStates: atStates, atScores: atScores)
    }
  }

  private func runTiles(
    _ parameters: Vector, _ source: BatchSource, mode: SampleMode, count: Int, gradient: Vector?, featureGradient: MutableTensorView?, alwaysBack: Bool, draws: Draws?,
    chargePerSample: Double, marginRadius: Double?, pool: WorkerPool, atStates: (_ tile: Int, _ states: Block) -> Void,
    atScores: (_ tile: TileScratch, _ log: StepLog, _ group: Int, _ result: inout BatchResult) -> Void
  ) throws(Failure) -> BatchResult {
    precondition(count >= 1 && count <= batch, "batch larger than its sweep")
    precondition(pool.threads <= threads, "more threads than the sweep has scratch for")
    let trains = mode == .training && derivative && plan.couplesSamples
    if trains { try plan.checkTrainingBatch(of: count) }
    let back = gradient != nil || alwaysBack
    let partition = partition(count: count)
    try sums.begin(tiles: partition.tiles)
    if let extended { try plan.extend(parameters, into: extended.parameters) }
    let weights = Weights(parameters: extended?.parameters ?? parameters, prepared: prepared)
    if prepared.count > 0 {
      try pool.run(chunks.count) { task, _ in
        let chunk = self.chunks[task]
        self.plan.prepare(block: chunk.block, entries: chunk.entries, weights.parameters, into: self.prepared, for: .training)
      }
      plan.prepareConnectors(weights.parameters, into: prepared, for: .training)
    }
    if let marginRadius, let margins {
      margins.make(plan, weights.parameters, prepared: prepared, radius: marginRadius, source.normalization, withDerivative: gradient != nil)
    }
    // Group 0 accumulates directly in the result, if the result has room for the layers' weights.
    let first = gradient.map { extended?.gradient ?? $0 } ?? (featureGradient == nil ? nil : unwanted)
    defer { for log in logs { log.watch = .none } }
    func sum(of group: Int) -> Vector? { group == 0 ? first : first.map { _ in groupGradients[group - 1] } }
    func prepare(_ log: StepLog) {
      log.watch = pool.watch
      log.chargePerSample = chargePerSample
    }
    // Runs one tile with the scratch memory and the log of `place`.
    func run(_ index: Int, place: Int, group: Int, sum: Vector?, worker: Int) {
        let (log, tile) = (logs[place], scratch[place])
        log.askNext()
        if back { tile.memory.provide(log.watch) }
        if log.isOver { return }
        tile.columns = partition.columns(of: index)
        log.samples = partition.samples(of: index)
        let pass = TrainingPass(plan: self.plan, memory: self.memory, weights: weights, tile: tile, log: log, draws: draws, keeping: back)
        log.isCharging = chargePerSample > 0
        let final = pass.forward(source)
        log.isCharging = false
        // The forward pass was interrupted: its states are meaningless for a loss.
        if log.isOver { return log.clear() }
        var result = BatchResult()
        log.requireFinite(tile.scores, within: self.plan.precision.largest, "scores")
        // A failure in a tile ends the call: the tile's states and scores are not used.
        if !log.hasFailed {
          atStates(index, final)
          atScores(tile, log, group, &result)
        }
        TileMeeting.Seat.current?.isReturning = true
        if back, !log.hasFailed, let features = pass.backward(gradient: sum, toFeatures: featureGradient != nil), let featureGradient {
          self.scatterFeatures(features, source, log, featureGradient)
        }
        result.failure = log.first
        result.costSum = log.cost
        result.report = log.report
        log.clear()
        self.sums.note(result, tile: index, worker: worker)
    }
    if trains { for vector in statistics { fill(vector, 0) } }
    if trains, let meeting {
      seat(meeting, weights.parameters, partition)
      let workers = min(pool.threads, partition.groups)
      func groups(_ worker: Int) -> Range<Int> { partition.groups * worker / workers..<partition.groups * (worker + 1) / workers }
      let shares = (0..<workers).map { partition.tiles(of: groups($0).lowerBound).lowerBound..<partition.tiles(of: groups($0).upperBound - 1).upperBound }
      try meeting.run(
        pool, shares: shares,
        begin: { worker in
          for tile in shares[worker] { prepare(self.logs[tile]) }
          for group in groups(worker) { if let sum = sum(of: group) { self.clear(sum, self.logs[shares[worker].lowerBound]) } }
        },
        { tile in
          // The worker of a tile is that of its group.
          let group = (0..<partition.groups).first { partition.tiles(of: $0).contains(tile) } ?? 0
          run(tile, place: tile, group: group, sum: sum(of: group), worker: shares.firstIndex { $0.contains(tile) } ?? 0)
        })
    } else {
      try pool.run(partition.groups) { group, worker in
        let (log, sum) = (self.logs[worker], sum(of: group))
        prepare(log)
        if let sum { self.clear(sum, log) }
        for index in partition.tiles(of: group) where !log.isOver {
          guard trains, !self.alone.isEmpty else {
            run(index, place: worker, group: group, sum: sum, worker: worker)
            continue
          }
          self.alone[worker].runAlone(
            samples: partition.samples(of: index).count, columns: partition.columns(of: index), parameters: weights.parameters, statistics: StatisticsSums(numbers: self.statistics[group], places: self.plan.statisticsPlaces)
          ) { run(index, place: worker, group: group, sum: sum, worker: worker) }
        }
      }
    }
    if let failure = sums.failure { throw source.named(failure) }
    if let gradient, let first {
      try reduce(partition.groups, into: first, weights.parameters, pool)
      if marginRadius != nil, let margins, !margins.pullBack(plan, groups: partition.groups, weights.parameters, prepared: prepared, addingTo: first) { sums.noteInfiniteGradient(worker: 0) }
      if !plan.finishConnectorGradients(first, at: weights.parameters, prepared: prepared) { sums.noteInfiniteGradient(worker: 0) }
      try pool.watch.check()
      if extended != nil {
        try plan.contract(first, into: gradient)
        if try !allFiniteInPieces(gradient) { sums.noteInfiniteGradient(worker: 0) }
        try pool.watch.check()
      }
    }
    return sums.total(tiles: partition.tiles)
  }

  /// Seats the tiles of a batch.
  private func seat(_ meeting: TileMeeting, _ parameters: Vector, _ partition: TilePartition) {
    let sums = statistics.first.map { StatisticsSums(numbers: $0, places: plan.statisticsPlaces) }
    meeting.seat(partition.tiles, parameters: parameters, statistics: sums) { (partition.samples(of: $0).count, partition.columns(of: $0)) }
  }

  /// Keeps the statistics of the last training pass, for `updateStatistics`.
  package func keepStatistics() {
    for (sums, kept) in zip(statistics, keptStatistics) { copy(sums, into: kept) }
  }

  /// Forgets the kept statistics.
  package func forgetStatistics() {
    for kept in keptStatistics { fill(kept, 0) }
  }

  /// Moves the running averages of batch normalization towards the kept statistics of a training batch; without such they stay. Where there are several, because layers share a normalization or the batch is normalized
  /// in groups, the averages move towards their mean, in which a group counts by its samples.
  package func updateStatistics(of parameters: Vector) {
    for each in plan.batchNormalizations {
      let (running, momentum) = (parameters[each.range], each.form.momentum)
      func sum(_ index: Int) -> Double { keptStatistics.reduce(0) { $0 + $1[each.statistics].load(index) } }
      let weight = sum(0)
      guard weight > 0 else { continue }
      for index in 2 * each.channels..<4 * each.channels { running.store((1 - momentum) * running.load(index) + momentum * sum(index) / weight, at: index) }
    }
  }

  /// Sets a gradient to zero, and asks the watch every million numbers.
  private func clear(_ sum: Vector, _ log: StepLog) {
    let piece = 1 << 20
    for start in stride(from: 0, to: sum.count, by: piece) {
      if start > 0 {
        log.askNext()
        if log.isOver { return }
      }
      fill(sum[start..<min(start + piece, sum.count)], 0)
    }
  }

  /// Turns the cotangents of normalized features into those of the caller's features.
  private func scatterFeatures(_ cotangent: Block, _ source: BatchSource, _ log: StepLog, _ target: MutableTensorView) {
    log.requireFinite(cotangent, within: cotangent.precision.largest, "gradient by the features", isPlural: false)
    source.multiplyBySlopes(cotangent, log.samples)
    scatter(cotangent, count: log.samples.count, to: target, startRow: log.samples.lowerBound, scale: source.normalization?.scaling)
  }

  /// Adds the groups' gradients in order, turns operator gradients into tensors' gradients, and notes whether all numbers are finite. A piece goes through all three steps before the next one, while it is in the cache.
  private func reduce(_ groups: Int, into gradient: Vector, _ parameters: Vector, _ pool: WorkerPool) throws(Failure) {
    func add(_ range: Range<Int>) {
      for group in 1..<groups { axpy(1, groupGradients[group - 1][range], addingTo: gradient[range]) }
    }
    try pool.run(gradientTasks.count) { task, worker in
      switch self.gradientTasks[task] {
      case .numbers(let range):
        add(range)
        if !allFinite(gradient[range]) { self.sums.noteInfiniteGradient(worker: worker) }
      case .sets(let index, let entries):
        let block = self.plan.blocks[index]
        let size = max(1, GradientTasks.pieceLength / max(block.layout.layerRange.count / block.preparedEntries, 1))
        var piece = entries.lowerBound..<entries.lowerBound
        while piece.upperBound < entries.upperBound {
          piece = piece.upperBound..<min(piece.upperBound + size, entries.upperBound)
          block.layout.forEachRange(of: piece, add)
          self.plan.finishGradient(block: index, entries: piece, gradient, at: parameters, prepared: self.prepared)
          block.layout.forEachRange(of: piece) { if !allFinite(gradient[$0]) { self.sums.noteInfiniteGradient(worker: worker) } }
        }
      }
    }
  }
}

import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// Computes forward derivatives of one network: J·v in one pass that carries a tangent along with each state, in scratch memory that does not grow with depth.
package final class TangentSweep {
  package let plan: NetworkPlan
  private let arena: Arena
  private let prepared: Vector
  private let preparedDirection: Vector
  /// The extended parameters and direction; nil if the caller's vectors need no extension.
  private let extended: (parameters: Vector, direction: Vector)?
  private let scratch: [TangentScratch]
  /// The tiles of a batch that meet, each with scratch memory of its own, for the largest batch so far.
  private var meeting: (tiles: TileMeeting, scratch: [TangentScratch], arena: Arena)?
  /// For each scratch the meeting of a tile that is normalized by itself; empty before the first one.
  private var alone: [TileMeeting] = []
  /// A direction of zeros in the parameters, with its operators, for driven fields that need one although only a direction in the features was given.
  private let zeroDirection: Vector?

  /// - Parameter threads: the most threads that a pool may have.
  /// - Throws: `.memory`.
  package init(_ plan: NetworkPlan, threads: Int = 1) throws(Failure) {
    self.plan = plan
    let preparedCount = plan.preparedCount(for: .training)
    var size = Arena.Size()
    for _ in 0..<2 { size.add(count: preparedCount, precision: plan.precision) }
    if plan.isExtended { for _ in 0..<2 { size.add(count: plan.extendedCount, precision: plan.precision) } }
    for _ in 0..<threads { TangentScratch.add(plan, columns: plan.derivativeColumns, to: &size) }
    if plan.sequence != nil { size.add(count: plan.parameterCount, precision: plan.precision) }
    arena = try Arena(size)
    prepared = arena.vector(count: preparedCount, precision: plan.precision)
    preparedDirection = arena.vector(count: preparedCount, precision: plan.precision)
    if plan.isExtended {
      let parameters = arena.vector(count: plan.extendedCount, precision: plan.precision)
      extended = (parameters, arena.vector(count: plan.extendedCount, precision: plan.precision))
    } else {
      extended = nil
    }
    scratch = (0..<threads).map { [arena] _ in TangentScratch(plan, arena, columns: plan.derivativeColumns) }
    zeroDirection = plan.sequence == nil ? nil : arena.vector(count: plan.parameterCount, precision: plan.precision)
  }

  package var byteCount: Int { arena.byteCount + (meeting.map { $0.arena.byteCount + $0.tiles.byteCount } ?? 0) + alone.reduce(0) { $0 + $1.byteCount } }

  /// Computes the scores of `count` samples and their tangent J·v for a direction in the parameters, one in the features (`count` × inputs), or both; nil stands for zero.
  ///
  /// - Parameters:
  ///   - curvature: a loss whose second derivatives are then applied to the tangent: `tangentOut` gets ∇²ℓJ·v.
  ///   - draws: the random numbers of a training step, for blocks with noise; nil for evaluation.
  ///   - pool: at most as many threads as this sweep; nil for the calling thread alone. The bits are the same.
  /// - Throws: the failure of a step in one of the tiles.
  package func pushforward(
    _ parameters: Vector, _ source: BatchSource, count: Int, direction: Vector?, featureDirection: TensorView?, curvature: (any Loss)? = nil,
    draws: Draws? = nil, scores scoresOut: MutableTensorView?, into tangentOut: MutableTensorView, pool: WorkerPool? = nil
  ) throws(Failure) {
    try plan.withKnownTerms { () throws(Failure) in
      try push(parameters, source, count, direction, featureDirection, curvature, draws, scoresOut, tangentOut, pool)
    }
  }

  private func push(
    _ parameters: Vector, _ source: BatchSource, _ count: Int, _ direction: Vector?, _ featureDirection: TensorView?, _ curvature: (any Loss)?, _ draws: Draws?,
    _ scoresOut: MutableTensorView?, _ tangentOut: MutableTensorView, _ pool: WorkerPool?
  ) throws(Failure) {
    precondition((pool?.threads ?? 1) <= scratch.count, "more threads than the sweep has scratch for")
    let direction = direction ?? (featureDirection == nil ? nil : zeroDirection)
    if let extended {
      try plan.extend(parameters, into: extended.parameters)
      if let direction { try plan.extend(direction, into: extended.direction) }
    }
    let weights = Weights(parameters: extended?.parameters ?? parameters, prepared: prepared)
    let directions = direction.map { Weights(parameters: extended?.direction ?? $0, prepared: preparedDirection) }
    plan.prepare(weights.parameters, into: prepared, for: .training)
    if let directions { plan.prepareDirection(directions.parameters, into: preparedDirection, at: weights.parameters, prepared: prepared) }
    let watch = pool?.watch ?? .current
    try plan.checkTrainingBatch(of: count)
    let partition = TilePartition(count: count, largest: plan.tileColumns, accumulates: false, together: plan.samplesTogether)
    let meeting = try meeting(of: partition)
    let scratch = meeting?.scratch ?? scratch
    for scratch in scratch {
      scratch.log.clear()
      scratch.log.watch = watch
    }
    defer { for scratch in scratch { scratch.log.watch = .none } }
    if plan.samplesTogether != nil, alone.isEmpty {
      var made: [TileMeeting] = []
      for _ in scratch { made.append(try TileMeeting(plan, tiles: 1, columns: plan.derivativeColumns, workers: 1, isAlone: true)) }
      alone = made
    }
    func pushMeeting(_ tile: Int, place: Int) {
      let samples = partition.samples(of: tile)
      let scratch = scratch[place]
      // Tiles are processed in order: no later tile can hold the first sample that fails.
      guard !scratch.log.hasFailed else { return }
      scratch.log.askNext()
      scratch.memory.provide(scratch.log.watch)
      scratch.columns = partition.columns(of: tile)
      scratch.log.samples = samples
      TangentPass(plan: plan, weights: weights, direction: directions, scratch: scratch, draws: draws).forward(source, featureDirection)
      // The pass was interrupted: its scores are meaningless.
      if scratch.log.isOver { return }
      scratch.log.requireFinite(scratch.scores, within: plan.precision.largest, "scores")
      scratch.log.requireFinite(scratch.scoreTangents, within: plan.precision.largest, "tangents of the scores")
      if let scoresOut { scatter(scratch.scores, count: samples.count, to: scoresOut, startRow: samples.lowerBound) }
      curvature?.curvature(at: scratch.scores, of: scratch.scoreTangents, scratch: scratch.curvature)
      scatter(scratch.scoreTangents, count: samples.count, to: tangentOut, startRow: samples.lowerBound)
    }
    func push(_ tile: Int, place: Int) {
      guard !alone.isEmpty else { return pushMeeting(tile, place: place) }
      alone[place].runAlone(samples: partition.samples(of: tile).count, columns: partition.columns(of: tile), parameters: nil, statistics: nil) { pushMeeting(tile, place: place) }
    }
    if let meeting {
      let alone = try WorkerPool(threads: 1, watch: watch)
      let pool = pool ?? alone
      let workers = min(pool.threads, partition.tiles)
      let shares = (0..<workers).map { partition.tiles * $0 / workers..<partition.tiles * ($0 + 1) / workers }
      meeting.tiles.seat(partition.tiles, parameters: nil, statistics: nil) { (partition.samples(of: $0).count, partition.columns(of: $0)) }
      try meeting.tiles.run(pool, shares: shares, begin: { _ in }) { tile in pushMeeting(tile, place: tile) }
    } else if let pool {
      try pool.run(partition.tiles) { tile, worker in push(tile, place: worker) }
    } else {
      for tile in 0..<partition.tiles where !watch.isOver { push(tile, place: 0) }
      try watch.check()
    }
    if let failure = scratch.reduce(nil, { SampleFailure.first($0, $1.log.first) }) { throw source.named(failure) }
  }

  /// The meeting of a batch's tiles if samples depend on one another; nil otherwise.
  private func meeting(of partition: TilePartition) throws(Failure) -> (tiles: TileMeeting, scratch: [TangentScratch], arena: Arena)? {
    guard plan.couplesSamples, plan.samplesTogether == nil else { return nil }
    if let meeting, meeting.scratch.count >= partition.tiles { return meeting }
    var (one, size) = (Arena.Size(), Arena.Size())
    TangentScratch.add(plan, columns: partition.columns, to: &one)
    size.add(one, times: partition.tiles)
    let arena = try Arena(size)
    let made = (
      tiles: try TileMeeting(plan, tiles: partition.tiles, columns: partition.columns, workers: scratch.count), scratch: (0..<partition.tiles).map { _ in TangentScratch(plan, arena, columns: partition.columns) }, arena: arena)
    meeting = made
    return made
  }
}

extension TileMeeting {
  /// A meeting for the batch normalizations of a network.
  convenience init(_ plan: NetworkPlan, tiles: Int, columns: Int, workers: Int, isAlone: Bool = false) throws(Failure) {
    let (numbers, results) = Self.numbers(plan)
    try self.init(tiles: tiles, columns: columns, numbersPerQuantum: numbers, results: results, workers: workers, isAlone: isAlone)
  }

  /// The numbers of an exchange, and those that it results in.
  private static func numbers(_ plan: NetworkPlan) -> (perQuantum: Int, results: Int) {
    let channels = plan.batchNormalizations.map(\.channels).max() ?? 0
    return (3 * channels, 2 * channels)
  }

  /// The numbers of float64 that such a meeting has; nil if they do not fit the address space.
  static func count(_ plan: NetworkPlan, tiles: Int, columns: Int, workers: Int) -> Int? {
    let (numbers, results) = numbers(plan)
    return count(tiles: tiles, columns: columns, numbersPerQuantum: numbers, results: results, workers: workers)
  }
}

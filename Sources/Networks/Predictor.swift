import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The kind of result that a prediction gives.
package enum PredictionKind: Int32, CaseIterable, Sendable {
  /// The readout's outputs.
  case scores = 0
  /// The loss's link of the scores: softmax, logistic, the exponential; for losses of values the scores themselves.
  case probabilities = 1
  /// The class of the largest score, one integer per sample; for several labels 1 or 0 for each output.
  case classes = 2
}

/// Predicts with one snapshot of a network, using scratch memory and shared prepared weights. One caller at a time may use it.
///
/// With one thread, `run` takes no lock and allocates nothing. A sample's result has the same bits alone and at any place in any batch.
/// Results of more than one tile are stored in the library's memory first, so that a run that fails leaves the caller's array as it was.
package final class Predictor: @unchecked Sendable {
  package let plan: NetworkPlan
  /// The most samples that a run takes.
  package let maximumBatch: Int
  package let threads: Int
  /// The number of threads that the caller asked for; a small batch can use fewer.
  package let requestedThreads: Int
  private let snapshot: ParameterSnapshot
  private let staging: Buffer?
  private let stagedPrecision: Precision
  private let arena: Arena
  private let workers: [InferencePass]

  /// - Parameters:
  ///   - snapshot: parameters of this network; its present ones unless others are given.
  ///   - maximumBatch: at least 1.
  ///   - threads: at least 1; each has its own scratch memory.
  /// - Throws: `.memory`.
  package init(_ network: Network, _ snapshot: ParameterSnapshot? = nil, maximumBatch: Int, threads: Int) throws(Failure) {
    plan = network.plan
    self.maximumBatch = maximumBatch
    let snapshot = snapshot ?? network.snapshot
    self.snapshot = snapshot
    let weights = try snapshot.inferenceWeights(plan)
    let partition = TilePartition(count: maximumBatch, largest: plan.tileColumns, accumulates: false)
    self.threads = plan.threads(atMost: min(threads, partition.groups))
    requestedThreads = threads
    let (results, overflow) = maximumBatch.multipliedReportingOverflow(by: plan.scoreCount)
    // Outputs in the caller's units are float64.
    stagedPrecision = snapshot.targetScaling == nil ? plan.precision : .float64
    staging = partition.tiles > 1 ? try Buffer(count: overflow ? Int.max : results, precision: stagedPrecision) : nil
    var size = Arena.Size()
    for _ in 0..<self.threads { InferencePass.add(plan, partition.columns, to: &size) }
    arena = try Arena(size)
    var workers: [InferencePass] = []
    for _ in 0..<self.threads { workers.append(InferencePass(plan, weights, partition.columns, arena)) }
    self.workers = workers
  }

  /// The bytes of its scratch memory.
  var byteCount: Int { arena.byteCount + (staging?.byteCount ?? 0) }

  /// Whether it predicts with these parameters.
  func isOf(_ snapshot: ParameterSnapshot) -> Bool { self.snapshot === snapshot }

  /// Runs a sample of zeros, whose result nobody sees. What the Swift runtime looks up once in a process (conformances, generic types) is then at hand, so that no later run of one sample allocates or locks for it.
  package func warmUp() throws(Failure) {
    // A caller's function is not called with numbers that nobody has given.
    guard plan.knownTerms == nil else { return }
    let memory = try Buffer(count: plan.inputs + plan.scoreCount, precision: plan.precision)
    let (type, place) = (ElementType(plan.precision), plan.inputs * plan.precision.byteCount)
    // Whether the sample has a result does not matter.
    _ = try? run(
      TensorView(UnsafeRawPointer(memory.base), type: type, rows: 1, columns: plan.inputs), .scores,
      into: MutableTensorView(memory.base + place, type: type, rows: 1, columns: plan.scoreCount), pool: nil)
    withExtendedLifetime(memory) {}
  }

  /// Predicts `features.rows` samples, 1 … `maximumBatch`; `out` has one row per sample.
  ///
  /// - Parameters:
  ///   - features: samples × inputs, checked as they enter (`NetworkPlan.checkIntake`).
  ///   - isPartial: whether rows without a result become NaN (class −1) instead of an error.
  ///   - pool: at most as many threads as this predictor; nil runs on the calling thread alone.
  /// - Returns: the rows without a result, in ascending order; none unless `isPartial`.
  /// - Throws: for the first row without a result: `.invalidData` for features that the network cannot take; `.notConverged` or `.stepLimit` for a step that failed;
  ///   `.notFinite` for scores that are not finite, or that `out` cannot hold. `out` is then as it was.
  @discardableResult package func run(
    _ features: TensorView, _ kind: PredictionKind, into out: MutableTensorView, isPartial: Bool = false, pool: WorkerPool?
  ) throws(Failure) -> [SampleFailure] {
    try plan.withKnownTerms { () throws(Failure) in try predict(features, kind, into: out, isPartial: isPartial, pool: pool) }
  }

  private func predict(_ features: TensorView, _ kind: PredictionKind, into out: MutableTensorView, isPartial: Bool, pool: WorkerPool?) throws(Failure) -> [SampleFailure] {
    precondition(features.rows >= 1 && features.rows <= maximumBatch && features.columns == plan.inputs, "batch of another shape than its predictor")
    precondition(pool.map { $0.threads <= threads } ?? true, "more threads than the predictor has scratch for")
    let (count, refusal): (Int, Failure?) = try isPartial ? (features.rows, nil) : plan.soundRows(features, snapshot.normalization)
    let partition = TilePartition(count: count, largest: plan.tileColumns, accumulates: false)
    let staged = partition.tiles > 1 ? staging?.vector(count: out.rows * out.columns, precision: stagedPrecision) : nil
    let job = Job(
      source: BatchSource(features: features, normalization: snapshot.normalization), kind: kind,
      target: staged.map { MutableTensorView($0.base, type: ElementType(stagedPrecision), rows: out.rows, columns: out.columns) } ?? out,
      limit: plan.largestScore(kind, snapshot.targetScaling, in: out.type), linkedLimit: plan.largestPrediction(in: out.type), isPartial: isPartial, isWriting: refusal == nil)
    let watch = pool?.watch ?? .current
    for worker in workers { worker.log.watch = watch }
    defer { reset() }
    // A batch of one tile is written straight to the caller's array; once that has happened, the call has succeeded and the watch has no more say.
    var isWritten = false
    if let pool, pool.threads > 1, partition.tiles > 1 {
      try pool.run(partition.groups) { group, worker in
        for tile in partition.tiles(of: group) { _ = self.predict(job, partition, tile, worker: worker) }
      }
    } else {
      for tile in 0..<partition.tiles where !watch.isOver { isWritten = predict(job, partition, tile, worker: 0) }
    }
    if staged != nil || !isWritten { try watch.check() }
    let first = firstFailure
    if let first, !isPartial { throw job.source.named(first) }
    if let refusal { throw refusal }
    if let staged { if kind == .classes { copyWhole(job.target.view, into: out) } else { convertWhole(staged, to: out) } }
    return first == nil ? [] : workers.flatMap { $0.log.failures.map { SampleFailure(sample: $0.key, $0.value) } }.sorted { $0.sample < $1.sample }
  }

  /// The failure of the sample that comes first in the batch.
  private var firstFailure: SampleFailure? {
    workers.contains { $0.log.hasFailed } ? workers.reduce(nil) { SampleFailure.first($0, $1.log.first) } : nil
  }

  /// Clears the logs for the next call.
  private func reset() {
    for worker in workers {
      worker.log.clear()
      worker.log.watch = .none
    }
  }

  /// One run: the kind of prediction, and the array for its results.
  private struct Job {
    let source: BatchSource
    let kind: PredictionKind
    let target: MutableTensorView
    /// The largest magnitude that scores may have.
    let limit: Double
    /// The largest magnitude that predictions made from scores may have.
    let linkedLimit: Double
    let isPartial: Bool
    /// False if the call fails anyway, and only its first failure is looked for.
    let isWriting: Bool
  }

  /// Predicts one tile. False if nothing was written, because a row has no result, the work must end, or the job writes nothing.
  private func predict(_ job: Job, _ partition: TilePartition, _ tile: Int, worker: Int) -> Bool {
    let samples = partition.samples(of: tile)
    let pass = workers[worker]
    let log = pass.log
    // Tiles are processed in order: no later tile can hold an earlier sample.
    guard !log.hasFailed || job.isPartial else { return false }
    log.askNext()
    if job.isPartial { plan.noteIntake(job.source, samples, log) }
    let scores = pass.scores(job.source, samples, columns: partition.columns(of: tile))
    if log.isOver { return false }
    let callers = pass.inCallersUnits(scores, snapshot.targetScaling)
    log.requireFinite(callers, within: job.limit, "scores")
    guard !log.hasFailed || job.isPartial, job.isWriting else { return false }
    if job.kind == .probabilities {
      pass.link(callers, plan.loss, within: job.linkedLimit)
      guard !log.hasFailed || job.isPartial else { return false }
    }
    pass.give(job.kind, scores, callers, count: samples.count, to: job.target, startRow: samples.lowerBound)
    for row in log.failedSamples { job.target.fill(row: row, with: job.kind == .classes ? -1 : .nan) }
    return true
  }

  /// Writes states of one block, samples × state width, each to the array that `layerView` gives. Works on the calling thread.
  ///
  /// - Parameter layers: those whose states are wanted, of 0 … the number of layers; nil for all.
  /// - Throws: as `run`, naming row and layer; the arrays are then as they were. `.memory` for the states, which are stored in the library's memory first.
  package func states(block index: Int, _ features: TensorView, layers wanted: ClosedRange<Int>? = nil, layerView: (_ layer: Int) -> MutableTensorView) throws(Failure) {
    try plan.withKnownTerms { () throws(Failure) in try follow(block: index, features, layers: wanted, layerView) }
  }

  private func follow(block index: Int, _ features: TensorView, layers wanted: ClosedRange<Int>?, _ layerView: (_ layer: Int) -> MutableTensorView) throws(Failure) {
    let (count, refusal) = try plan.soundRows(features, snapshot.normalization)
    let pass = workers[0]
    let partition = TilePartition(count: count, largest: min(plan.tileColumns, pass.largestColumns), accumulates: false)
    let source = BatchSource(features: features, normalization: snapshot.normalization)
    let (block, stage, log) = (plan.blocks[index], plan.stage(ofBlock: index), pass.log)
    let layers = wanted ?? 0...block.layers
    let (layer, overflow) = features.rows.multipliedReportingOverflow(by: block.stateWidth)
    let (all, tooMany) = layer.multipliedReportingOverflow(by: layers.count)
    let staging = try Buffer(count: overflow || tooMany ? Int.max : all, precision: plan.precision)
    defer { withExtendedLifetime(staging) {} }
    func staged(_ j: Int) -> Vector { staging.vector(count: layer, precision: plan.precision, offset: (j - layers.lowerBound) * layer * plan.precision.byteCount) }
    let limit = min(plan.precision.largest, layerView(layers.lowerBound).type == .float32 ? Precision.float32.largest : .infinity)
    let watch = Watch.current
    log.watch = watch
    defer { reset() }
    for tile in 0..<partition.tiles where !watch.isOver {
      let samples = partition.samples(of: tile)
      _ = pass.firstState(ofStage: stage, source, samples, columns: partition.columns(of: tile))
      let (own, states) = (pass.weights(stage: stage), pass.states(stage: stage, block))
      for j in 0...block.layers where !log.isOver {
        if j > 0 { block.propagateLayer(j - 1, own, buffer: states, scratch: pass.scratch) }
        let state = block.propagated(j, in: states)
        log.requireFinite(state, within: layers.contains(j) ? limit : plan.precision.largest, "states of layer \(j)")
        guard layers.contains(j) else { continue }
        let target = MutableTensorView(staged(j).base, type: ElementType(plan.precision), rows: features.rows, columns: block.stateWidth)
        FreshMemory(target, rows: samples).provide(watch)
        scatter(state, count: samples.count, to: target, startRow: samples.lowerBound)
      }
    }
    try watch.check()
    if let first = log.first { throw source.named(first) }
    if let refusal { throw refusal }
    for j in layers { convertWhole(staged(j), to: layerView(j)) }
  }
}

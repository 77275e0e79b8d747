import LinearAlgebra
import Networks
import Settings

/// The mean loss of a network over a batch of samples plus the regularizers, as a function of the parameters.
final class BatchObjective: Objective {
  private let plan: NetworkPlan
  private let settings: TrainerOptions
  private let layout: ParameterLayout
  private let sweep: Sweep
  private let pool: WorkerPool
  /// The number of samples in the whole training set, by which work is measured.
  private let total: Int
  /// The ranges of parameters that the tasks of an update take, one per task, with their decoupled decay.
  private let pieces: [(range: Range<Int>, decay: Double)]
  private let preconditioner: SmoothnessPreconditioner?
  private var batch: TrainingBatch?
  private lazy var curvature = CurvatureSweep(plan)
  private var readout: BatchReadoutProblem?

  private(set) var repeats = false
  /// The network's result at the parameters with which the step began, once they have been evaluated.
  private(set) var atStart: BatchResult?
  /// The objective at these parameters.
  private(set) var valueAtStart: Double?
  /// The network's result when the gradient was last evaluated.
  private(set) var latest = BatchResult()
  /// The lowest finite value since the step began, at points where it may end.
  private var lowest = Double.infinity
  /// Whether values are those of the difference quotients of a curvature product.
  private var isDifferencing = false
  /// The work done, in units of one gradient of the mean loss over the whole training set. A gradient costs three forward passes, a product with the Gauss–Newton matrix five.
  private(set) var work = 0.0

  private static let pieceLength = 16384

  init(_ plan: NetworkPlan, _ settings: TrainerOptions, sweep: Sweep, pool: WorkerPool, total: Int) throws(Failure) {
    self.plan = plan
    self.settings = settings
    self.sweep = sweep
    self.pool = pool
    self.total = total
    let smoothness = settings.regularizers.lazy.compactMap { ($0 as? Smoothness)?.strength }.first
    let layout = try ParameterLayout(plan, inTime: smoothness != nil)
    self.layout = layout
    for term in settings.regularizers { try term.check(layout) }
    let decay = settings.regularizers.lazy.compactMap { ($0 as? WeightDecay)?.strength }.first
    preconditioner = if let smoothness { try SmoothnessPreconditioner(layout, smoothness: smoothness, weightDecay: decay ?? 0) } else { nil }
    pieces = layout.regions.flatMap { region in
      stride(from: region.range.lowerBound, to: region.range.upperBound, by: Self.pieceLength).map { start in
        (start..<min(start + Self.pieceLength, region.range.upperBound), region.isWeight ? settings.decoupledDecay : 0)
      }
    }
  }

  /// Changes to another batch. `known` is the network's result for it at the parameters with which the step begins, and the objective there, if the last step computed them.
  func begin(_ batch: TrainingBatch, known: (result: BatchResult, value: Double)?) {
    self.batch = batch
    // With noise, every step minimizes a different function; also where other samples are normalized together.
    repeats = batch.count == total && batch.draws == nil && (plan.samplesTogether == nil || !settings.shuffle)
    (atStart, valueAtStart) = (known?.result, known?.value)
    lowest = known?.value ?? .infinity
    sweep.forgetStatistics()
    work = 0
  }

  func value(at parameters: Vector) throws(Failure) -> Double { try evaluate(parameters, gradient: nil) }
  func gradient(at parameters: Vector, into gradient: Vector) throws(Failure) -> Double { try evaluate(parameters, gradient: gradient) }

  private func evaluate(_ parameters: Vector, gradient: Vector?) throws(Failure) -> Double {
    guard let loss = try loss(parameters, gradient: gradient) else { return .infinity }
    let value = settings.regularizers.reduce(loss) { value, term in
      _ = Watch.current.isOver
      return value + term.accumulate(parameters, layout: layout, addingTo: gradient)
    }
    if valueAtStart == nil {
      // A search along a direction can come back from such a point, but a step cannot begin there.
      if let gradient, value.isFinite, try !allFiniteInPieces(gradient) { throw Failure(.notFinite, "the gradient of the objective is not finite") }
      valueAtStart = value
    }
    // The last point of a search may be one that it rejects; the lowest one is where the step begins or ends.
    if value.isFinite, value <= lowest, !isDifferencing {
      lowest = value
      sweep.keepStatistics()
    }
    return value
  }

  /// The name of the first regularizer whose value or gradient is not finite; nil if there is none.
  /// - Parameter scratch: as many numbers as the parameters, overwritten.
  func regularizerNotFinite(at parameters: Vector, scratch: Vector) -> String? {
    for term in settings.regularizers {
      fill(scratch, 0)
      guard term.accumulate(parameters, layout: layout, addingTo: scratch).isFinite, allFinite(scratch) else { return type(of: term).option.key }
    }
    return nil
  }

  func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure) {
    let batch = present.part(fraction)
    try requireCurvature(batch)
    try curvature.gaussNewtonProduct(
      direction, at: parameters, batch.source, batch.targets, loss: batch.loss, weighting: batch.weighting, count: batch.count, draws: batch.draws, sweep, pool,
      into: product)
    count(5, batch)
    for term in settings.regularizers { term.accumulateCurvature(direction, at: parameters, layout: layout, addingTo: product) }
  }

  func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure) {
    isDifferencing = true
    defer { isDifferencing = false }
    try curvature.hessianProduct(direction, at: parameters, into: product) { (point, gradient) throws(Failure) in
      let value = try self.gradient(at: point, into: gradient)
      guard value.isFinite else { throw notFinite(value) }
    }
  }

  /// With smoothness in time, preconditions by the shifted curvature of the regularizers: (αLᵀL + αI + γI)⁻¹.
  func precondition(_ residual: Vector, into result: Vector) {
    copy(residual, into: result)
    preconditioner?.apply(result, shift: settings.preconditionerShift)
  }

  /// Moves the running averages of batch normalization, which have no gradient, towards the statistics at the point with the lowest value that the step has evaluated.
  func updateStatistics(of parameters: Vector) { sweep.updateStatistics(of: parameters) }

  func forEachPiece(_ body: (_ range: Range<Int>, _ decay: Double) -> Void) {
    pool.runWhole(pieces.count) { task, _ in body(pieces[task].range, pieces[task].decay) }
  }

  func averageLayers(of gradient: Vector, share: Double) {
    let layered = layout.regions.filter(\.isLayered)
    pool.runWhole(layered.count) { task, _ in
      let (numbers, layers) = (gradient[layered[task].range], layered[task].entries)
      averageNeighbors(numbers, layers: layers, size: numbers.count / layers, share: share)
    }
  }

  /// Refuses terms along trajectories, because tangents of the scores alone do not give their curvature, and a loss of the caller's, which has first derivatives only.
  private func requireCurvature(_ batch: TrainingBatch) throws(Failure) {
    guard settings.trajectoryCost == nil else {
      throw Failure(
        .incompatible, "kinetic_energy and jacobian_penalty have no Gauss–Newton matrix here, for which tangents of every layer's states would have to be kept; newton_pcg takes them, as do lbfgs, nonlinear_cg and first-order methods")
    }
    if let reason = batch.loss.reasonWithoutCurvature {
      // Searches along a line need the gradient that belongs to the value.
      let others = batch.loss.hasExactGradient ? "adam, sgd, lbfgs, newton_pcg …" : "adam, adamw, sgd …"
      throw Failure(.incompatible, "optimizer is '\(settings.optimizerName)', which needs second derivatives of the loss; \(reason): use \(others)")
    }
  }

  func readoutProblem() throws(Failure) -> any ReadoutProblem {
    try requireCurvature(present)
    if let readout { return readout }
    let made = try BatchReadoutProblem(
      plan, settings, layout, batch: sweep.batch,
      prepare: { [unowned self] readout, parameters throws(Failure) in try self.fixStates(readout, parameters) },
      count: { [unowned self] passes in self.count(passes, self.present) })
    readout = made
    return made
  }

  private func fixStates(_ readout: ReadoutSweep, _ parameters: Vector) throws(Failure) -> Bool {
    let batch = present
    count(1, batch)
    do throws(Failure) {
      try readout.fixStates(
        parameters, batch.source, batch.targets, loss: batch.loss, weighting: batch.weighting, count: batch.count, draws: batch.draws, sweep, pool)
    } catch {
      guard atStart != nil, [.notConverged, .stepLimit, .notFinite].contains(error.status) else { throw error }
      return false
    }
    return true
  }

  private var present: TrainingBatch {
    guard let batch else { preconditionFailure("objective without a batch") }
    return batch
  }

  /// The mean loss; nil if a step of the network fails.
  private func loss(_ parameters: Vector, gradient: Vector?) throws(Failure) -> Double? {
    let batch = present
    let result: BatchResult
    do throws(Failure) {
      result = try sweep.lossGradient(
        parameters, batch.source, batch.targets, loss: batch.loss, weighting: batch.weighting, count: batch.count, gradient: gradient, draws: batch.draws,
        pool: pool)
    } catch {
      // A search along a direction that went too far can come back from such a point, but a step cannot begin there.
      guard atStart != nil, [.notConverged, .stepLimit, .notFinite].contains(error.status) else { throw error }
      return nil
    }
    count(gradient == nil ? 1 : 3, batch)
    guard result.meanCost.isFinite || atStart != nil else { throw Failure(.notFinite, "the terms along the trajectories are not finite") }
    if atStart == nil { atStart = result }
    if gradient != nil { latest = result }
    return result.meanLoss + result.meanCost
  }

  /// Adds the given number of passes over the batch to the work.
  private func count(_ passes: Double, _ batch: TrainingBatch) { work += passes / 3 * Double(batch.count) / Double(total) }
}

/// The samples of one step.
struct TrainingBatch {
  let source: BatchSource
  let targets: Targets
  let count: Int
  let loss: any Loss
  let weighting: LossWeighting
  /// The random numbers of the step; nil if the network draws none.
  let draws: Draws?

  /// Its first samples, at least one.
  func part(_ fraction: Double) -> TrainingBatch {
    TrainingBatch(
      source: source, targets: targets, count: min(count, max(1, Int((fraction * Double(count)).rounded(.up)))), loss: loss, weighting: weighting, draws: draws)
  }
}

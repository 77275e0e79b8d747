import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// What `Network.solve` reports besides the states that it writes.
package struct Solution: Sendable {
  /// How each sample's solve ended: at the horizon, at its event, or in a failure of step control.
  package var ends: [SolveEnd] = []
  /// When each sample's solve ended, from 0 to the horizon.
  package var endTimes: [Double] = []
  /// The samples that failed, in ascending order, and the reason for each.
  package var failures: [SampleFailure] = []
  /// Evaluations of the field, summed over the samples; steps below are summed likewise.
  package var evaluations = 0
  package var accepted = 0
  package var rejected = 0
}

/// Where a solve begins.
package struct SolveStart: Sendable {
  /// Samples × state width of the block; nil: the states that the features lead to.
  package var states: TensorView?
  /// When each sample begins; nil: at 0. `timePrecision` is their type's, which defines what is rounding.
  package var times: [Double]?
  package var timePrecision: Precision

  package init(states: TensorView? = nil, times: [Double]? = nil, in timePrecision: Precision = .float64) {
    (self.states, self.times, self.timePrecision) = (states, times, timePrecision)
  }
}

/// What is solved: a block's layers, or where samples have times of their own its equation in these times, as one layer from 0 to the last time that is asked for.
private struct SolvedEquation {
  let field: any VectorField
  let layers: Int
  let horizon: Double
  private let block: ODEBlock

  /// - Throws: `.incompatible`, `.invalidArgument`, `.outOfRange` where samples have times of their own and the block is no equation in them, or no time is asked for.
  init(_ plan: NetworkPlan, block index: Int, until last: Double?) throws(Failure) {
    block = plan.blocks[index]
    guard block.hasOwnTimes else {
      (field, layers, horizon) = (block.field, block.layers, block.grid.horizon)
      return
    }
    try plan.refuseKnownTerms("a solve at asked times knows")
    field = try plan.equation(ofBlock: index)
    guard block.isAutonomous else {
      throw Failure(.incompatible, "the weights of block \(index) depend on the block's time, but samples have times of their own (sequence_time intervals); weights_in_time shared goes with them")
    }
    guard let last else { throw Failure(.invalidArgument, "times is empty; samples with times of their own are solved up to the last time that is asked for") }
    guard last > 0, last < .infinity else { throw Failure(.outOfRange, "times ends with \(last); it must end with a finite time after 0, up to which samples with times of their own are solved") }
    (layers, horizon) = (1, last)
  }

  func interval(_ layer: Int) -> ClosedRange<Double> { block.hasOwnTimes ? 0...horizon : block.grid.time(layer)...block.grid.time(layer + 1) }

  func step(_ layer: Int, _ weights: Weights) -> Step {
    var step = block.step(layer, weights)
    if block.hasOwnTimes { (step.stepSize, step.previousStepSize) = (horizon, horizon) }
    return step
  }

  /// The last time before the horizon from which a step fits before it.
  var lastTime: Double { horizon - DenseOutput.sliver * (horizon - interval(layers - 1).lowerBound) }
}

extension Network {
  /// Solves the differential equation of one block for a batch. Gives the states at the given times, and the point at which each sample meets an event, which ends its solve.
  ///
  /// The samples first pass through the opening and the preceding blocks, unless their states are given; times count from the beginning of the block. Samples of a trajectory network, which have times of their own, are solved
  /// from their initial states on, up to the last asked time; their own times are not used. Within a step, states come from the method's continuous extension, which is
  /// within the tolerance and needs no further evaluations. A sample's result has the same bits alone and in any batch. All work runs on the calling thread.
  ///
  /// - Parameters:
  ///   - index: a block with an adaptive integrator (dopri5, tsit5).
  ///   - features: samples × inputs; nil if states are given.
  ///   - start: the states and the times from which the samples go on; nil: from time 0 and the states that the features lead to.
  ///   - times: ascending, within [0, horizon]; from 0 on for trajectories, whose last one is the horizon. A time outside by rounding, up to 4 units in the last place of the horizon, counts as 0 or the horizon.
  ///   - timePrecision: the precision of the given times, which defines this rounding.
  ///   - event: w·y = level for weights w on the visible state; nil solves to the horizon.
  ///   - states: samples × (times·width): each sample's states in the order of the times; NaN for times that it did not reach.
  ///   - eventStates: samples × width, or × state width for the whole states; NaN for samples without an event.
  ///   - isPartial: whether samples that cannot begin, because of their features, state or time, fail alone: `failures` has their reasons, and their end times are NaN.
  /// - Returns: how and when each sample ended. A sample whose step control gives up does not make this call fail: its end says so and `failures` has the reason. A sample that failed in a
  ///   preceding block ends at time 0.
  /// - Throws: `.incompatible` for another kind of integrator, and for samples with times of their own whose weights depend on the block's time or whose field reads a sequence; `.outOfRange` and `.shapeMismatch` for times and events; `.invalidData` for features and events that the network cannot take; `.memory`; the reason
  ///   why the thread's watch ended the work, which leaves part of the states written.
  package func solve(
    block index: Int, _ features: TensorView?, from start: SolveStart = SolveStart(), times asked: [Double], in timePrecision: Precision = .float64, event: EventFunction?, states: MutableTensorView?,
    eventStates: MutableTensorView?, isPartial: Bool = false
  ) throws(Failure) -> Solution {
    guard plan.blocks.indices.contains(index) else { throw Failure(.outOfRange, "block is \(index); the network has \(plan.blocks.count) blocks, from 0") }
    let block = plan.blocks[index]
    guard let method = block.integrator as? AdaptiveRungeKutta else {
      throw Failure(.incompatible, "block \(index) has steps of fixed size; states at asked times and events need an adaptive integrator: dopri5, tsit5")
    }
    let equation = try SolvedEquation(plan, block: index, until: asked.last)
    let times = try self.times(asked, equation, timePrecision)
    var late: [Int: Failure] = [:]
    let starts = try start.times.map { (starts) throws(Failure) in
      try self.starts(starts, equation, start.timePrecision) { sample, failure throws(Failure) in
        guard isPartial else { throw failure }
        late[sample] = failure
      }
    }
    guard let count = start.states?.rows ?? features?.rows else { throw Failure(.nullPointer, "neither features nor start_states are given; one of them is needed") }
    try check(block, count, features, start, times, event, states, eventStates)
    if let given = start.states, !isPartial, let fault = try stateFault(given, firstRow: 0) { throw fault }

    let snapshot = self.snapshot
    if let features, !isPartial { try plan.checkIntake(features, snapshot.normalization, called: "features") }
    let source = start.states == nil ? features.map { BatchSource(features: $0, normalization: snapshot.normalization) } : nil
    let weights = try snapshot.inferenceWeights(plan)
    let partition = TilePartition(count: count, largest: plan.tileColumns, accumulates: false)
    var size = Arena.Size()
    InferencePass.add(plan, partition.columns, to: &size)
    let arena = try Arena(size)
    let pass = InferencePass(plan, weights, partition.columns, arena)
    let (stage, log) = (plan.stage(ofBlock: index), pass.log)
    log.watch = .current
    var solution = Solution()
    for tile in 0..<partition.tiles {
      try Watch.check()
      let samples = partition.samples(of: tile)
      let columns = partition.columns(of: tile)
      let output = try DenseOutput(
        times: times, event: event?.scaled, visible: block.width, width: block.stateWidth, columns: columns, horizon: equation.horizon,
        starts: starts.map { Array($0[samples]) }, precision: plan.precision)
      log.samples = samples
      if isPartial {
        if let features { plan.noteIntake(BatchSource(features: features, normalization: snapshot.normalization), samples, log) }
        if !late.isEmpty { for sample in samples { if let failure = late[sample] { log.fail(column: sample - samples.lowerBound, failure) } } }
        if let given = start.states { try noteStates(given, samples, log) }
      }
      if let source {
        let state = pass.firstState(ofStage: stage, source, samples, columns: columns)
        // A sample that the stages before have made infinite did not fail in this block.
        log.requireFinite(state, within: plan.precision.largest, "state at the start of block \(index)", isPlural: false)
        output.begin(at: state, samples: samples.count)
      } else if let given = start.states {
        output.begin(at: pass.firstState(ofStage: stage, given: given, samples, columns: columns), samples: samples.count)
      }
      let lost = log.failedSamples
      let (own, buffer) = (pass.weights(stage: stage), pass.states(stage: stage, block))
      for layer in 0..<equation.layers where !output.allHaveEnded(samples: samples.count) && !log.isOver {
        let (before, after) = (block.propagated(layer, in: buffer), block.propagated(layer + 1, in: buffer))
        output.enter(equation.interval(layer))
        if output.isIdle(samples: samples.count) {
          copy(before, into: after)
        } else {
          method.solve(equation.field, equation.step(layer, own), from: before, into: after, output: output, scratch: pass.scratch)
        }
      }
      try Watch.check()
      if let states, !times.isEmpty { scatter(output.visibleStates, count: samples.count, to: states, startRow: samples.lowerBound) }
      if let eventStates { scatter(output.eventStates.rows(0..<eventStates.columns), count: samples.count, to: eventStates, startRow: samples.lowerBound) }
      solution.ends += output.ends.prefix(samples.count)
      solution.endTimes += output.endTimes.prefix(samples.count)
      for sample in lost {
        let began = log.failures[sample]?.status != .invalidData && late[sample] == nil
        (solution.ends[sample], solution.endTimes[sample]) = (.failure, began ? starts?[sample] ?? 0 : .nan)
        states?.fill(row: sample, with: .nan)
        eventStates?.fill(row: sample, with: .nan)
      }
    }
    solution.failures = log.failures.map { SampleFailure(sample: $0.key, $0.value) }.sorted { $0.sample < $1.sample }
    (solution.evaluations, solution.accepted, solution.rejected) = (log.evaluations, log.accepted, log.rejected)
    withExtendedLifetime((snapshot, arena)) {}
    return solution
  }

  /// The given times, checked and moved into [0, horizon]. A time so close to the horizon that no step fits between counts as the horizon.
  private func times(_ asked: [Double], _ equation: SolvedEquation, _ precision: Precision) throws(Failure) -> [Double] {
    let (horizon, last) = (equation.horizon, equation.lastTime)
    let rounding = 4 * (precision == .float32 ? Double(Float(horizon).ulp) : horizon.ulp)
    for (number, time) in asked.enumerated() {
      if number & 0xffff == 0 { try Watch.check() }
      guard time >= -rounding, time <= horizon + rounding else {
        throw Failure(.outOfRange, "times holds \(time) at element \(number); times must lie between 0 and the horizon \(horizon)")
      }
      guard number == 0 || time >= asked[number - 1] else { throw Failure(.outOfRange, "times holds \(time) at element \(number), after \(asked[number - 1]); times must ascend") }
    }
    return try asked.enumerated().map { (number, time) throws(Failure) in
      if number & 0xffff == 0 { try Watch.check() }
      return time > last ? horizon : max(time, 0)
    }
  }

  /// The times at which samples begin, checked and moved as `times`.
  /// - Parameter refuse: called with each sample that cannot begin at its time; if it returns, the sample is taken to begin at the horizon.
  private func starts(
    _ given: [Double], _ equation: SolvedEquation, _ precision: Precision, refuse: (_ sample: Int, _ failure: Failure) throws(Failure) -> Void
  ) throws(Failure) -> [Double] {
    let (horizon, last) = (equation.horizon, equation.lastTime)
    let rounding = 4 * (precision == .float32 ? Double(Float(horizon).ulp) : horizon.ulp)
    var starts: [Double] = []
    for (row, time) in given.enumerated() {
      if row & 0xffff == 0 { try Watch.check() }
      guard time >= -rounding, time <= horizon + rounding else {
        let what = time.isFinite ? "\(time)" : "NaN or infinity"
        try refuse(row, Failure(time.isFinite ? .outOfRange : .invalidData, "start_times holds \(what) at row \(row); samples begin between 0 and the horizon \(horizon)"))
        starts.append(horizon)
        continue
      }
      starts.append(time > last ? horizon : max(time, 0))
    }
    return starts
  }

  /// Why the first of some given states cannot be taken; nil if all can.
  private func stateFault(_ given: TensorView, firstRow: Int) throws(Failure) -> Failure? {
    guard let place = try firstUnheldInPieces(given, by: plan.precision) else { return nil }
    let number = given.number(row: place.row, column: place.column)
    let what = number.isFinite ? "\(number), too large for \(plan.precision.name)," : "NaN or infinity"
    return Failure(.invalidData, "start_states holds \(what) at row \(firstRow + place.row), column \(place.column)")
  }

  /// Records the samples of a tile whose given states cannot be taken.
  private func noteStates(_ given: TensorView, _ samples: Range<Int>, _ log: StepLog) throws(Failure) {
    guard try stateFault(given.rows(samples), firstRow: samples.lowerBound) != nil else { return }
    for sample in samples {
      if let fault = try stateFault(given.rows(sample..<sample + 1), firstRow: sample) { log.fail(column: sample - samples.lowerBound, fault) }
    }
  }

  private func check(
    _ block: ODEBlock, _ count: Int, _ features: TensorView?, _ start: SolveStart, _ times: [Double], _ event: EventFunction?, _ states: MutableTensorView?,
    _ eventStates: MutableTensorView?
  ) throws(Failure) {
    if let features, features.rows != count || count < 1 || features.columns != plan.inputs {
      throw Failure(.shapeMismatch, "features are \(features.rows) × \(features.columns); they must be samples × inputs, \(max(count, 1)) × \(plan.inputs)")
    }
    if let given = start.states {
      guard given.rows >= 1, given.columns == block.stateWidth else {
        throw Failure(.shapeMismatch, "start states are \(given.rows) × \(given.columns); they must be samples × state width, at least one sample of \(block.stateWidth) numbers")
      }
    }
    if let starts = start.times, starts.count != count {
      throw Failure(.shapeMismatch, "there are \(starts.count) start times and \(count) samples; both must have the same number")
    }
    if let event {
      guard event.weights.count == block.width else {
        throw Failure(.shapeMismatch, "the event has \(event.weights.count) weights; the state has \(block.width) features")
      }
      guard event.level.isFinite, event.weights.allSatisfy(\.isFinite) else { throw Failure(.invalidData, "the event's weights and level must be finite") }
    }
    if let states, states.rows != count || states.columns != times.count * block.width {
      throw Failure(.shapeMismatch, "states are \(states.rows) × \(states.columns); they must be samples × (times·width), \(count) × \(times.count * block.width)")
    }
    if let eventStates, eventStates.rows != count || ![block.width, block.stateWidth].contains(eventStates.columns) {
      throw Failure(.shapeMismatch, "event states are \(eventStates.rows) × \(eventStates.columns); they must be samples × width, \(count) × \(block.width)")
    }
  }
}

import Gradients
import Integrators
import LinearAlgebra
import Settings

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

extension Network {
  /// Solves the differential equation of one block for a batch. Gives the states at the given times, and the point at which each sample meets an event, which ends its solve.
  ///
  /// The samples first pass through the opening and the preceding blocks; times count from the beginning of the block. Within a step, states come from the method's continuous extension, which is
  /// within the tolerance and needs no further evaluations. A sample's result has the same bits alone and in any batch. All work runs on the calling thread.
  ///
  /// - Parameters:
  ///   - index: a block with an adaptive integrator (dopri5, tsit5).
  ///   - features: samples × inputs.
  ///   - times: ascending, within [0, horizon]; a time outside by rounding, up to 4 units in the last place of the horizon, counts as 0 or the horizon.
  ///   - timePrecision: the precision of the given times, which defines this rounding.
  ///   - event: w·y = level for weights w on the visible state; nil solves to the horizon.
  ///   - states: samples × (times·width): each sample's states in the order of the times; NaN for times that it did not reach.
  ///   - eventStates: samples × width; NaN for samples without an event.
  /// - Returns: how and when each sample ended. A sample whose step control gives up does not make this call fail: its end says so and `failures` has the reason. A sample that failed in a
  ///   preceding block ends at time 0.
  /// - Throws: `.incompatible` for another kind of integrator; `.outOfRange` and `.shapeMismatch` for times and events; `.invalidData` for features that the network cannot take; `.memory`; the reason
  ///   why the thread's watch ended the work, which leaves part of the states written.
  package func solve(
    block index: Int, _ features: TensorView, times asked: [Double], in timePrecision: Precision = .float64, event: EventFunction?, states: MutableTensorView?,
    eventStates: MutableTensorView?
  ) throws(Failure) -> Solution {
    guard plan.blocks.indices.contains(index) else { throw Failure(.outOfRange, "block is \(index); the network has \(plan.blocks.count) blocks, from 0") }
    let block = plan.blocks[index]
    guard let method = block.integrator as? AdaptiveRungeKutta else {
      throw Failure(.incompatible, "block \(index) has steps of fixed size; states at asked times and events need an adaptive integrator: dopri5, tsit5")
    }
    let times = try self.times(asked, upTo: block.grid.horizon, timePrecision)
    try check(block, features, times, event, states, eventStates)

    let snapshot = self.snapshot
    try plan.checkIntake(features, snapshot.normalization, called: "features")
    let source = BatchSource(features: features, normalization: snapshot.normalization)
    let weights = try snapshot.inferenceWeights(plan)
    let partition = TilePartition(count: features.rows, largest: plan.tileColumns, accumulates: false)
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
      let output = try DenseOutput(
        times: times, event: event, visible: block.width, width: block.stateWidth, columns: partition.columns(of: tile), horizon: block.grid.horizon, precision: plan.precision)
      _ = pass.firstState(ofStage: stage, source, samples, columns: partition.columns(of: tile))
      let lost = log.failedSamples
      let (own, buffer) = (pass.weights(stage: stage), pass.states(stage: stage, block))
      for layer in 0..<block.layers where !output.allHaveEnded(samples: samples.count) && !log.isOver {
        output.enter(block.grid.time(layer)...block.grid.time(layer + 1))
        method.solve(
          block.field, block.step(layer, own), from: block.propagated(layer, in: buffer), into: block.propagated(layer + 1, in: buffer), output: output,
          scratch: pass.scratch)
      }
      try Watch.check()
      if let states, !times.isEmpty { scatter(output.visibleStates, count: samples.count, to: states, startRow: samples.lowerBound) }
      if let eventStates { scatter(block.visible(output.eventStates), count: samples.count, to: eventStates, startRow: samples.lowerBound) }
      solution.ends += output.ends.prefix(samples.count)
      solution.endTimes += output.endTimes.prefix(samples.count)
      for sample in lost {
        (solution.ends[sample], solution.endTimes[sample]) = (.failure, 0)
        states?.fill(row: sample, with: .nan)
        eventStates?.fill(row: sample, with: .nan)
      }
    }
    solution.failures = log.failures.map { SampleFailure(sample: $0.key, $0.value) }.sorted { $0.sample < $1.sample }
    (solution.evaluations, solution.accepted, solution.rejected) = (log.evaluations, log.accepted, log.rejected)
    withExtendedLifetime((snapshot, arena)) {}
    return solution
  }

  /// The given times, checked and moved into [0, horizon].
  private func times(_ asked: [Double], upTo horizon: Double, _ precision: Precision) throws(Failure) -> [Double] {
    let rounding = 4 * (precision == .float32 ? Double(Float(horizon).ulp) : horizon.ulp)
    for (number, time) in asked.enumerated() {
      if number & 0xffff == 0 { try Watch.check() }
      guard time >= -rounding, time <= horizon + rounding else {
        throw Failure(.outOfRange, "times[\(number)] is \(time); times must lie between 0 and the horizon \(horizon)")
      }
      guard number == 0 || time >= asked[number - 1] else { throw Failure(.outOfRange, "times[\(number)] is \(time), before times[\(number - 1)]; times must ascend") }
    }
    return try asked.enumerated().map { (number, time) throws(Failure) in
      if number & 0xffff == 0 { try Watch.check() }
      return min(max(time, 0), horizon)
    }
  }

  private func check(
    _ block: ODEBlock, _ features: TensorView, _ times: [Double], _ event: EventFunction?, _ states: MutableTensorView?, _ eventStates: MutableTensorView?
  ) throws(Failure) {
    guard features.rows >= 1, features.columns == plan.inputs else {
      throw Failure(.shapeMismatch, "features are \(features.rows) × \(features.columns); they must be samples × \(plan.inputs), at least one sample")
    }
    if let event {
      guard event.weights.count == block.width else {
        throw Failure(.shapeMismatch, "the event has \(event.weights.count) weights; the state has \(block.width) features")
      }
      guard event.level.isFinite, event.weights.allSatisfy(\.isFinite) else { throw Failure(.notFinite, "the event's weights and level must be finite") }
      if let place = event.weights.firstIndex(where: { $0.magnitude > plan.precision.largest }) {
        throw Failure(.notFinite, "the event's weight \(place) is \(event.weights[place]), too large for \(plan.precision.name)")
      }
    }
    if let states, states.rows != features.rows || states.columns != times.count * block.width {
      throw Failure(.shapeMismatch, "states are \(states.rows) × \(states.columns); they must be samples × (times·width), \(features.rows) × \(times.count * block.width)")
    }
    if let eventStates, eventStates.rows != features.rows || eventStates.columns != block.width {
      throw Failure(.shapeMismatch, "event states are \(eventStates.rows) × \(eventStates.columns); they must be samples × width, \(features.rows) × \(block.width)")
    }
  }
}

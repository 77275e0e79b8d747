import LinearAlgebra
import Networks
import Settings

/// What a fit of trajectories reports.
package struct TrajectoryFitReport: Sendable, Equatable {
  /// The loss of the last round without the penalty, per observed number: for least squares half the mean squared residual.
  package var loss = Double.nan
  /// The largest magnitude of a gap between the end of a segment and the start of the next; 0 for single shooting.
  package var largestGap = 0.0
  /// The segments of all trajectories.
  package var segments = 0
  /// The steps of the optimizer, over all rounds.
  package var steps = 0
}

/// A step of a fit, for callbacks.
package struct TrajectoryFitEvent: Sendable, Equatable {
  /// The round, from 1, and the steps that the optimizer has taken in all rounds.
  package let round: Int
  package let step: Int
  /// The objective at the last point that was evaluated in a step.
  package let objective: Double
}

/// Fits the field of a trajectory network to measured trajectories, by single or multiple shooting.
///
/// Single shooting follows each trajectory from its initial state to its end, so that a small change at the start may move everything after it; multiple shooting cuts trajectories into segments whose first states are fitted
/// too, and closes the gaps between them by a penalty that grows from round to round. Then the objective has few false minima, and chaotic trajectories, which no shot from the first state follows, can be fitted.
package struct TrajectoryFit {
  private let network: Network
  private let options: TrajectoryFitOptions
  private let segments: TrajectorySegments

  /// - Parameters:
  ///   - network: one with the opening trajectory, outputs at all steps and the readout identity.
  ///   - features: trajectories × inputs: initial states, then times.
  ///   - states: trajectories × (steps·width): what was observed, NaN where nothing was.
  ///   - options: of scope "trajectory_fit".
  /// - Throws: `.incompatible` for another network; `.shapeMismatch`, `.invalidData` (data); what reading the options throws; `.memory`; the reason why the work must end.
  package init(_ network: Network, features: TensorView, states: TensorView, options values: OptionValues) throws(Failure) {
    let (plan, shape) = (network.plan, try Self.shape(of: network.plan))
    options = try TrajectoryFitOptions(values)
    self.network = network
    try plan.checkIntake(features, network.snapshot.normalization, called: "features")
    let trajectories = try MeasuredTrajectories(features: features, states: states, width: shape.width, steps: shape.steps, precision: plan.precision)
    segments = try TrajectorySegments(trajectories, plan, segment: options.segment)
  }

  /// Numbers of a state and times of a trajectory, of a network that can be fitted to trajectories.
  /// - Throws: `.incompatible` for another network.
  package static func shape(of plan: NetworkPlan) throws(Failure) -> (width: Int, steps: Int) {
    guard let shape = plan.trajectoryShape else {
      throw Failure(.incompatible, "a fit of trajectories needs a network with opening trajectory, outputs_at steps, readout identity and one block")
    }
    guard plan.loss.outputKind == .values, plan.targetsOfStep == shape.width else {
      throw Failure(.incompatible, "loss is \(try plan.specification.network.text("loss")), but a fit of trajectories compares states with measured ones; losses of values with one target for each output go with it, such as least_squares and huber")
    }
    guard !plan.drawsNumbers else {
      throw Failure(.incompatible, "the network draws random numbers in training (noise \(try plan.specification.blocks[0].text("noise"))), but a fit of trajectories minimizes one fixed function; noise must be none")
    }
    return shape
  }

  /// Fits until each round has converged or has taken the option `epochs` steps, and gives the network the fitted parameters.
  ///
  /// - Parameters:
  ///   - initialStates: gets the fitted states at the first times, trajectories × width; nil if they are not wanted.
  ///   - onEvent: called on this thread about every 50 ms: 0 goes on, > 0 stops, < 0 fails.
  /// - Returns: why the last round ended: `ok` after the option `epochs` steps, `converged`, or `noDescent`; or the reason why the fit ended early. The network has the parameters with the lowest objective that was evaluated in the last round.
  /// - Throws: `.notFinite` and others for trajectories that diverge at the first guess, which segments help against; `.state` if the network's parameters were replaced meanwhile; `.memory`; the callback's failure; the reason why the work must end before the first step, where nothing is written.
  package func run(initialStates: MutableTensorView? = nil, onEvent: @escaping (TrajectoryFitEvent) -> Int32 = { _ in 0 }) throws(Failure) -> (status: Status, report: TrajectoryFitReport) {
    var report = TrajectoryFitReport()
    report.segments = segments.count
    var event = TrajectoryFitEvent(round: 1, step: 0, objective: .nan)
    let watch = Watch.current
    watch.onPulse = { onEvent(event) }
    defer { watch.onPulse = nil }
    let objective = try ShootingObjective(segments, fitsInitialStates: options.fitsInitialStates, threads: options.threads == 0 ? availableProcessors() : options.threads)
    let snapshot = network.snapshot
    let buffer = try Buffer(count: objective.count, precision: segments.plan.precision)
    let variables = buffer.vector(count: objective.count, precision: segments.plan.precision)
    try copyInPieces(snapshot.parameters, into: objective.parameters(variables))
    try segments.begin(objective.states(variables))
    var status = Status.ok
    do throws(Failure) {
      for round in 0..<options.rounds {
        let strength = options.strength(ofRound: round)
        event = TrajectoryFitEvent(round: round + 1, step: report.steps, objective: .nan)
        let ending = try fit(round, objective, strength, variables) {
          report.steps += 1
          event = TrajectoryFitEvent(round: round + 1, step: report.steps, objective: objective.latest)
        }
        status = ending?.status ?? .ok
        // The steps of first-order methods may raise the objective, and the last one has not been evaluated yet.
        _ = try objective.value(at: variables)
        objective.takeBest(variables)
      }
      (report.loss, report.largestGap) = try objective.figures(at: variables)
    } catch {
      // A fit that ends early ends as requested, with the best point of its round; before the first step there is nothing to write.
      guard error.status.rawValue > 0, report.steps > 0 else { throw error }
      status = error.status
      objective.takeBest(variables)
    }
    guard try network.publish(objective.parameters(variables), over: snapshot.version) != nil else {
      throw Failure(.state, "the network's parameters were replaced during the fit, and stay as they are")
    }
    if let initialStates {
      let states = objective.states(variables)
      segments.forEachInitialState { trajectory, range in
        let own = states[range]
        copyWhole(
          TensorView(UnsafeRawPointer(own.base), type: ElementType(own.precision), rows: 1, columns: own.count),
          into: MutableTensorView(initialStates.base + trajectory * initialStates.rowStride * initialStates.type.byteCount, type: initialStates.type, rows: 1, columns: initialStates.columns, rowStride: initialStates.rowStride, columnStride: initialStates.columnStride))
      }
    }
    return (status, report)
  }

  /// One round: minimizes the objective with the given weight of a squared gap, from `variables` on, which become its minimizer.
  /// - Parameter onStep: called after each step.
  /// - Returns: how the optimizer ended the round; nil if it took the option `epochs` steps.
  private func fit(_ round: Int, _ objective: ShootingObjective, _ strength: Double, _ variables: Vector, onStep: () -> Void) throws(Failure) -> Ending? {
    objective.begin(strength: strength)
    let memory = try TrainerMemory(from: variables, optimizer: options.optimizer)
    let iterate = memory.iterate
    for step in 0..<options.epochs {
      try Watch.check()
      iterate.number = step + 1
      iterate.rate = options.learningRate.rate(epoch: step, step: 0, stepsPerEpoch: 1)
      do throws(Failure) {
        try options.optimizer.step(objective, iterate)
      } catch {
        // The first guess has its own message, which names the trajectory.
        guard error.status == .notFinite, step > 0 else { throw error }
        throw Failure(.notFinite, "round \(round + 1), step \(step + 1): \(error.message); the steps before have gone too far: a smaller learning_rate or shorter segments help")
      }
      // The step that ends a round leaves the iterate as it was.
      if let ending = iterate.ending { return ending }
      copy(iterate.parameters, into: variables)
      onStep()
    }
    return nil
  }
}

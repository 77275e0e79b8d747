import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

struct TrajectoryFitTests {
  /// The matrix of the oscillator, [[0, 1], [−1, 0]], which RK4 with steps of ½ follows within 1e-3.
  private func error(_ network: Network) -> Double {
    let found = network.snapshot.parameters
    return zip(0..<4, [0.0, 1, -1, 0]).map { abs(found.load($0.0) - $0.1) }.max() ?? .infinity
  }

  @Test(arguments: [0, 3, 6])
  func shootingFindsTheOscillator(segment: Int) throws {
    let own = try TrajectoryCase(missing: segment == 3 ? 3 : 0)
    let starts = try TestSupport.Numbers(6, .float64)
    let (status, report) = try own.fit([("segment", .integer(Int64(segment)))]).run(initialStates: starts.target(rows: 3, columns: 2))
    #expect(status.rawValue >= 0 && report.steps > 3 && report.segments == (segment == 0 ? 3 : 3 * 12 / segment))
    #expect(error(own.network) < 5e-3 && report.loss < 1e-6 && report.largestGap < 1e-3)
    for trajectory in 0..<3 { #expect(abs(starts[2 * trajectory] - own.features[trajectory * 15]) < 5e-3) }
  }

  /// The same bits for one thread and two.
  @Test func threadsChangeNothing() throws {
    var bits: [[UInt64]] = []
    for threads in [1, 2] {
      let own = try TrajectoryCase(field: #""field": "two_layer", "hidden_width": 6"#, count: 40)
      _ = try own.fit([("segment", .integer(2)), ("epochs", .integer(4)), ("num_threads", .integer(Int64(threads)))]).run()
      let found = own.network.snapshot
      bits.append((0..<found.parameters.count).map { found.parameters.load($0).bitPattern })
    }
    #expect(bits[0] == bits[1])
  }

  @Test func otherNetworksAreRefused() throws {
    let own = try TrajectoryCase()
    let plain = try network(#"{"inputs": 15, "outputs": 26, "loss": "least_squares"}"#)
    let failure = refusal { _ = try TrajectoryFit(plain, features: own.featureView, states: own.stateView, options: OptionValues(scope: "trajectory_fit", trajectoryFitOptions)) }
    #expect(failure?.status == .incompatible && failure?.message.contains("opening trajectory") == true)
  }

  /// A callback can end a fit: the network has the best parameters of the round, and the objective after a step is known for every method.
  @Test func aFitEndsWhereItIsToldTo() throws {
    let own = try TrajectoryCase(field: #""field": "two_layer", "hidden_width": 6"#)
    let (before, starts) = (own.network.snapshot.version, try TestSupport.Numbers([Double](repeating: 7, count: 6), .float64))
    var events: [TrajectoryFitEvent] = []
    let (status, report) = try Watch().asCurrent {
      try own.fit([("segment", .integer(4)), ("optimizer", .text("adam")), ("epochs", .integer(1_000_000_000))]).run(initialStates: starts.target(rows: 3, columns: 2)) {
        events.append($0)
        return 1
      }
    }
    #expect(status == .stoppedByCallback && events.count == 1 && events[0].step > 0 && events[0].objective.isFinite)
    #expect(report.steps >= events[0].step && report.loss.isNaN && own.network.snapshot.version > before && abs(starts[0] - 1) < 0.5)
  }

  /// Before the first step there is nothing to give: all stays as it was.
  @Test func aFitThatMayNotBeginChangesNothing() throws {
    let own = try TrajectoryCase(field: #""field": "two_layer", "hidden_width": 6"#)
    let (before, starts) = (own.network.snapshot.version, try TestSupport.Numbers([Double](repeating: 7, count: 6), .float64))
    let fit = try own.fit([("segment", .integer(4))])
    let failure = refusal { _ = try Watch(isCancelled: { true }).asCurrent { try fit.run(initialStates: starts.target(rows: 3, columns: 2)) } }
    #expect(failure?.status == .cancelled && starts.values == [Double](repeating: 7, count: 6) && own.network.snapshot.version == before)
  }

  /// Wherever a fit is ended, it has either taken a step or changed nothing.
  @Test(arguments: [1, 2, 3, 5, 8, 12, 20, 40]) func anEndBeforeTheFirstStepChangesNothing(_ allowed: Int) throws {
    let own = try TrajectoryCase(field: #""field": "two_layer", "hidden_width": 6"#)
    let (before, starts) = (own.network.snapshot.version, try TestSupport.Numbers([Double](repeating: 7, count: 6), .float64))
    let fit = try own.fit([("segment", .integer(4)), ("epochs", .integer(1_000_000)), ("num_threads", .integer(1))])
    var asked = 0
    let watch = Watch(isCancelled: {
      asked += 1
      return asked > allowed
    })
    do throws(Failure) {
      let (status, report) = try watch.asCurrent { () throws(Failure) in try fit.run(initialStates: starts.target(rows: 3, columns: 2)) }
      #expect(status == .cancelled && report.steps > 0 && own.network.snapshot.version > before && starts[0] != 7)
    } catch {
      #expect(error.status == .cancelled && starts.values == [Double](repeating: 7, count: 6) && own.network.snapshot.version == before)
    }
  }

  /// The end of the last round is told: the steps are used up, the gradient has become small, or no step lowers the objective.
  @Test func theEndOfTheLastRoundIsTold() throws {
    let short = try TrajectoryCase()
    let (first, report) = try short.fit([("epochs", .integer(2))]).run()
    #expect(first == .ok && report.steps == 2)
    let long = try TrajectoryCase()
    let (last, more) = try long.fit([("epochs", .integer(100_000))]).run()
    #expect((last == .converged || last == .noDescent) && more.steps > 2 && more.steps < 100_000 && more.loss <= report.loss)
  }

  /// Of all iterates the best is kept: with a learning rate that makes a method jump, more steps never end at a higher loss.
  @Test func theBestIterateIsKept() throws {
    let losses = try (1...12).map { epochs in
      let own = try TrajectoryCase()
      return try own.fit([("optimizer", .text("adam")), ("learning_rate", .real(0.6)), ("epochs", .integer(Int64(epochs)))]).run().report.loss
    }
    #expect(zip(losses, losses.dropFirst()).allSatisfy { $0.1 <= $0.0 } && Set(losses).count < losses.count, "\(losses)")
  }

  /// A field that explodes at the first guess is named, with the row of the trajectory.
  @Test func divergingGuessesAreFailures() throws {
    let own = try TrajectoryCase(field: #""field": "linear_cubic""#)
    own.features[15] = 1e200
    let failure = refusal { _ = try own.fit([]).run() }
    #expect(failure?.status == .notFinite && failure?.message.contains("row 1") == true)
  }
}

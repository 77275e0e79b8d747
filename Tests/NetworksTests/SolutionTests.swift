import Foundation
import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct SolutionTests {
  private static let adaptive = integrators.names.filter { (try? integrators.standard($0)) is AdaptiveRungeKutta }

  /// ẏ = Ky as a network of one block, where K is a rotation with decay.
  private func network(_ integrator: String, layers: Int = 1, horizon: Double = 2, precision: Precision = .float64, extra: String = "") throws -> Network {
    let tolerance = precision == .float64 ? 1e-9 : 1e-6
    let network = try Network(
      try specification(
        #"{"precision": "\#(precision.name)", "inputs": 2, "outputs": 2, "readout": "identity", "loss": "least_squares", "field": "dense", "activation": "identity", "bias": "none", "weights_in_time": "shared", "integrator": "\#(integrator)", "layers": \#(layers), "horizon": \#(horizon), \#(extra)"relative_tolerance": \#(tolerance), "absolute_tolerance": \#(tolerance)}"#))
    let parameters = try Numbers([-0.2, -3, 3, -0.2], precision)
    try network.replaceParameters(with: parameters.vector)
    return network
  }

  private func plain(_ t: Double, _ y: [Double]) -> [Double] {
    let (c, s, e) = (cos(3 * t), sin(3 * t), exp(-0.2 * t))
    return [e * (c * y[0] - s * y[1]), e * (s * y[0] + c * y[1])]
  }

  /// With more samples than a tile holds, shared weights, times and an event, the solve agrees with the closed form, and at the horizon it has the predictor's bits.
  @Test(arguments: adaptive, [1, 3]) func givesStatesAndEvents(_ integrator: String, _ layers: Int) throws {
    let network = try network(integrator, layers: layers)
    let samples = 500
    let features = try Numbers.normal(2 * samples, .float64, seed: 4)
    let times = [0.0, 0.4, 1.3, 2]
    let (states, eventStates) = (try Numbers(samples * 8, .float64), try Numbers(samples * 2, .float64))
    let view = features.view(rows: samples, columns: 2)
    let whole = try network.solve(
      block: 0, view, times: times, event: nil, states: states.target(rows: samples, columns: 8), eventStates: nil)
    #expect(whole.failures.isEmpty && whole.ends == Array(repeating: .horizon, count: samples) && whole.endTimes.allSatisfy { $0 == 2 })
    #expect(whole.accepted > samples && whole.evaluations == 2 * layers * samples + 6 * (whole.accepted + whole.rejected))
    let predicted = try Numbers(samples * 2, .float64)
    try Predictor(network, maximumBatch: samples, threads: 1).run(view, .scores, into: predicted.target(rows: samples, columns: 2), pool: nil)
    let event = EventFunction(weights: [1, 0], level: 0, direction: .rising)
    let until = try network.solve(block: 0, view, times: times, event: event, states: nil, eventStates: eventStates.target(rows: samples, columns: 2))
    for sample in 0..<samples {
      let y = [features[2 * sample], features[2 * sample + 1]]
      for (number, time) in times.enumerated() {
        #expect(largestDifference([states[8 * sample + 2 * number], states[8 * sample + 2 * number + 1]], plain(time, y)) < 1e-6)
      }
      for row in 0..<2 { #expect(states[8 * sample + 6 + row].bitPattern == predicted[2 * sample + row].bitPattern) }
      // y₁ = r·cos(3t + φ) rises through 0 at 3t + φ = 3π/2 (mod 2π).
      let angle = (1.5 * .pi - atan2(y[1], y[0])).truncatingRemainder(dividingBy: 2 * .pi)
      let time = (angle < 0 ? angle + 2 * .pi : angle) / 3
      #expect(until.ends[sample] == (time < 2 ? .event : .horizon))
      if time < 2 {
        #expect(abs(until.endTimes[sample] - time) < 1e-6)
        #expect(largestDifference([eventStates[2 * sample], eventStates[2 * sample + 1]], plain(time, y)) < 1e-6)
      } else {
        #expect(eventStates[2 * sample].isNaN)
      }
    }
    #expect(until.evaluations < whole.evaluations)
  }

  /// 40 samples and five consecutive events: each solve begins at the event of the last one. The decaying rotation crosses y₁ = 0 every half turn, and no event is found twice.
  @Test(arguments: adaptive, Precision.allCases) func solvesGoOnFromTheirEvents(_ integrator: String, _ precision: Precision) throws {
    let network = try network(integrator, precision: precision)
    var states = try Numbers.normal(80, precision, seed: 4)
    for round in 0..<5 {
      let eventStates = try Numbers(80, precision)
      let result = try network.solve(
        block: 0, states.view(rows: 40, columns: 2), times: [], event: EventFunction(weights: [1, 0], level: 0), states: nil,
        eventStates: eventStates.target(rows: 40, columns: 2))
      #expect(result.failures.isEmpty)
      for sample in 0..<40 {
        #expect(result.ends[sample] == .event)
        if round > 0 { #expect(abs(result.endTimes[sample] - .pi / 3) < (precision == .float64 ? 1e-7 : 1e-4), "sample \(sample), round \(round): \(result.endTimes[sample])") }
      }
      states = eventStates
    }
  }

  /// A time that lies beyond an end only by rounding in its own type counts as that end: 3·0.1 > 0.3, and 0.3 in float32 is greater than 0.3.
  @Test func timesBeyondTheHorizonByRoundingAreTheHorizon() throws {
    let network = try network("dopri5", horizon: 0.3)
    let view = try Numbers([1, 0], .float64).view(rows: 1, columns: 2)
    func last(_ time: Double, _ precision: Precision = .float64) throws -> [UInt64] {
      let states = try Numbers(2, .float64)
      _ = try network.solve(block: 0, view, times: [time], in: precision, event: nil, states: states.target(rows: 1, columns: 2), eventStates: nil)
      return states.bits
    }
    let horizon = try last(0.3)
    #expect(try last(3 * 0.1) == horizon && last(0.3.nextUp) == horizon && last(Double(Float(0.3)), .float32) == horizon && last(Double(Float(0.3).nextUp), .float32) == horizon)
    #expect(try last(-0.0) == last(0) && last(-1e-17) == last(0))
    #expect(try last(0.3.nextDown) != [])
    for (time, precision) in [(0.3 + 1e-12, Precision.float64), (Double(Float(0.3)), .float64), (0.300001, .float32), (-1e-12, .float64)] {
      #expect(refusal { _ = try last(time, precision) }?.status == .outOfRange)
    }
  }

  @Test func refusesWhatMakesNoSense() throws {
    let network = try network("dopri5")
    let view = try Numbers(4, .float64).view(rows: 2, columns: 2)
    func status(_ network: Network, _ index: Int = 0, _ times: [Double] = [], _ event: EventFunction? = nil, states: MutableTensorView? = nil) -> Status? {
      refusal { _ = try network.solve(block: index, view, times: times, event: event, states: states, eventStates: nil) }?.status
    }
    #expect(status(network, 1) == .outOfRange)
    #expect(status(network, 0, [1, 0.5]) == .outOfRange && status(network, 0, [2.1]) == .outOfRange && status(network, 0, [.nan]) == .outOfRange)
    #expect(status(network, 0, [], EventFunction(weights: [1], level: 0)) == .shapeMismatch)
    #expect(status(network, 0, [], EventFunction(weights: [1, .nan], level: 0)) == .invalidData)
    #expect(status(network, 0, [], EventFunction(weights: [1, 0], level: .infinity)) == .invalidData)
    let room = try Numbers(4, .float64).target(rows: 2, columns: 2)
    #expect(status(network, 0, [1], states: room) == nil)
    #expect(status(network, 0, [1, 2], states: room) == .shapeMismatch)
    let fixed = try Network(try specification(#"{"inputs": 2, "outputs": 2, "integrator": "euler"}"#))
    #expect(status(fixed) == .incompatible)
  }

  /// Training and prediction report a failed solve; `solve` says which sample failed.
  @Test func aSampleThatFailsIsNamed() throws {
    let network = try network("tsit5", extra: #""max_steps": 8, "#)
    let features = try Numbers([1, 0, 0, 0, 0, 2], .float64)
    let result = try network.solve(block: 0, features.view(rows: 3, columns: 2), times: [], event: nil, states: nil, eventStates: nil)
    #expect(result.ends == [.failure, .horizon, .failure] && result.failures.map(\.sample) == [0, 2] && result.endTimes[0] < 2)
    #expect(result.failures.allSatisfy { $0.failure.status == .stepLimit && $0.failure.message.contains("max_steps = 8") })
    let scores = try Numbers(Array(repeating: 7, count: 6), .float64)
    let failure = refusal {
      try Predictor(network, maximumBatch: 3, threads: 1).run(features.view(rows: 3, columns: 2), .scores, into: scores.target(rows: 3, columns: 2), pool: nil)
    }
    #expect(failure?.status == .stepLimit && failure?.message.hasPrefix("row 0: ") == true)
    #expect(scores.values == Array(repeating: 7, count: 6), "a result is as it was where the call fails")
  }

  /// Euler steps ẏ = 20y with h = 1 grow by 21 in every layer of the first block; one row overflows there, and the second block is not blamed.
  @Test func aSampleThatAnEarlierBlockMadeInfiniteIsNamed() throws {
    let network = try Network(
      try specification(
        #"{"inputs": 1, "outputs": 1, "readout": "identity", "loss": "least_squares", "field": "dense", "activation": "identity", "bias": "none", "weights_in_time": "shared", "blocks": [{"integrator": "euler", "layers": 2, "horizon": 2}, {"integrator": "dopri5", "layers": 1, "horizon": 1, "relative_tolerance": 1e-10, "absolute_tolerance": 1e-10}], "precision": "float64"}"#))
    let parameters = try Numbers([20, 0.5], .float64)
    try network.replaceParameters(with: parameters.vector)
    let (features, states) = (try Numbers([1, 1e307, 2], .float64), try Numbers(3, .float64))
    let result = try network.solve(
      block: 1, features.view(rows: 3, columns: 1), times: [1], event: nil, states: states.target(rows: 3, columns: 1), eventStates: nil)
    #expect(result.ends == [.horizon, .failure, .horizon] && result.endTimes == [1, 0, 1])
    #expect(result.failures == [SampleFailure(sample: 1, Failure(.notFinite, "the state at the start of block 1 is not finite"))])
    #expect(states[1].isNaN && abs(states[0] / (441 * exp(0.5)) - 1) < 1e-8)
  }

  /// The solver may use only one iteration. Rows of zeros are fixed points; one row is not and fails. The error names this row of the caller's features, wherever its tile begins
  /// and however rows are selected.
  @Test(arguments: [1, 2]) func aRowThatDoesNotConvergeIsNamed(_ threads: Int) throws {
    let network = try TestSupport.network(
      #"{"inputs": 2, "outputs": 2, "integrator": "backward_euler", "solver_iterations": 1, "horizon": 4, "layers": 2, "precision": "float64"}"#)
    let features = try Numbers(2 * 300, .float64)
    (features[2 * 281], features[2 * 290]) = (3, 1)
    let out = try Numbers(Array(repeating: 7, count: 600), .float64)
    let predictor = try Predictor(network, maximumBatch: 300, threads: threads)
    let failure = refusal {
      try predictor.run(features.view(rows: 300, columns: 2), .scores, into: out.target(rows: 300, columns: 2), pool: try WorkerPool(threads: predictor.threads))
    }
    #expect(failure?.status == .notConverged && failure?.message.hasPrefix("row 281: layer 0: backward_euler did not converge") == true, "\(failure?.message ?? "")")
    #expect(out.values.allSatisfy { $0 == 7 })
    let rows = try predictor.run(
      features.view(rows: 300, columns: 2), .scores, into: out.target(rows: 300, columns: 2), isPartial: true, pool: try WorkerPool(threads: predictor.threads))
    #expect(rows.map(\.sample) == [281, 290] && rows.allSatisfy { $0.failure.status == .notConverged })
    #expect((0..<600).filter { out[$0].isNaN } == [562, 563, 580, 581])

    let sweep = try Sweep(network.plan, batch: 300, derivative: true, threads: threads)
    let gradient = try Numbers(network.plan.parameterCount, .float64)
    let order = (0..<300).map { Int64(299 - $0) }
    let labels = Array(repeating: Int32(0), count: 300)
    let snapshot = network.snapshot
    try order.withUnsafeBufferPointer { order in
      try labels.withUnsafeBufferPointer { labels in
        let (order, labels) = (try #require(order.baseAddress), try #require(labels.baseAddress))
        let named = refusal {
          _ = try sweep.lossGradient(
            snapshot.parameters, BatchSource(features: features.view(rows: 300, columns: 2), rows: order, normalization: nil), .labels(labels), count: 300,
            gradient: gradient.vector, pool: try WorkerPool(threads: sweep.threads))
        }
        #expect(named?.message.hasPrefix("row 290: ") == true, "\(named?.message ?? "")")
      }
    }
    let tangents = try TangentSweep(network.plan)
    let tangent = try Numbers(600, .float64)
    let pushed = refusal {
      try tangents.pushforward(
        snapshot.parameters, BatchSource(features: features.view(rows: 300, columns: 2), normalization: nil), count: 300, direction: nil,
        featureDirection: features.view(rows: 300, columns: 2), scores: nil, into: tangent.target(rows: 300, columns: 2))
    }
    #expect(pushed?.message.hasPrefix("row 281: ") == true, "\(pushed?.message ?? "")")
  }
}

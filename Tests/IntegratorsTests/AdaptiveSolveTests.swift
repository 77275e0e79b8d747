import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveSolveTests {
  private static let tableaus = AdaptiveTableauTests.tableaus

  /// The error follows the tolerance over six decades, for a rotation with decay, which has a closed solution. A sample's error is between 0.01 and 100 tolerances. It decreases tenfold with
  /// the tolerance, within a factor of four, and over six decades by 6 ± 1 decades (tsit5's leading error terms are so small that on a linear problem those of the next order matter).
  @Test(arguments: tableaus.indices) func errorIsProportionalToTheTolerance(_ index: Int) throws {
    let (a, w, length) = (-0.3, 4.0, 3.0)
    var logs: [Double] = []
    for power in 4...10 {
      let tolerance = pow(10, -Double(power))
      let adaptive = try AdaptiveCase(linear: [[a, -w], [w, a]], Self.tableaus[index], tolerance: tolerance, length: length)
      let starts = (0..<20).map { [cos(Double($0)), 0.3 + sin(Double($0))] }
      let error = zip(starts, try adaptive.solve(starts)).map { largestDifference($1, spiral(a, w, length, $0)) }.max() ?? .nan
      #expect(error < 100 * tolerance && error > 0.01 * tolerance, "tolerance \(tolerance): error \(error)")
      #expect(adaptive.log.first == nil)
      logs.append(log10(error))
    }
    for (coarse, fine) in zip(logs, logs.dropFirst()) { #expect(abs(coarse - fine - 1) < 0.6, "\(logs)") }
    #expect(abs(logs[0] - logs[6] - 6) < 1, "\(logs)")
  }

  /// A nonlinear problem: ẏ = tanh y has sinh y(t) = eᵗ·sinh y(0).
  @Test(arguments: tableaus.indices) func errorIsProportionalOnANonlinearProblem(_ index: Int) throws {
    var logs: [Double] = []
    for power in 4...10 {
      let adaptive = try AdaptiveCase(
        Self.tableaus[index], "dense", FieldConfiguration(width: 1, activation: .tanh, bias: .none, precision: .float64), tolerance: pow(10, -Double(power)), length: 4)
      adaptive.example.tensors[0][0] = 1
      let starts = (0..<24).map { [0.02 * Double($0 + 1)] }
      let errors = zip(starts, try adaptive.solve(starts)).map { abs($1[0] - asinh(exp(4) * sinh($0[0]))) }
      logs.append(log10(errors.reduce(0, +) / 24))
    }
    #expect(abs(logs[0] - logs[6] - 6) < 1, "\(logs)")
    for (coarse, fine) in zip(logs, logs.dropFirst()) { #expect(coarse > fine) }
  }

  /// A sample has the same bits with any neighbors as alone. Here one neighbor needs fifty times as many steps, one has infinite numbers, and there are so many that samples are moved together.
  @Test(arguments: tableaus.indices, Precision.allCases) func noSampleDependsOnItsNeighbors(_ index: Int, _ precision: Precision) throws {
    func adaptive() throws -> AdaptiveCase {
      let made = try AdaptiveCase(Self.tableaus[index], "dense", FieldConfiguration(width: 5, precision: precision), tolerance: 1e-5, length: 4)
      for i in 0..<25 { made.example.tensors[0][i] *= 3 }
      return made
    }
    var stream = RandomStream(seed: 8)
    let numbers = try Numbers(5 * 60, .float64)
    stream.normal(into: numbers.vector, mean: 0, deviation: 1)
    var states = (0..<60).map { sample in (0..<5).map { Double(Float(numbers[5 * sample + $0])) } }
    states[17] = states[17].map { 1e4 * $0 }
    states[40][2] = .infinity
    let together = try adaptive().solve(states)
    for sample in states.indices where sample != 40 {
      #expect(try adaptive().solve([states[sample]])[0].map(\.bitPattern) == together[sample].map(\.bitPattern), "sample \(sample)")
      if sample % 9 == 0 { #expect(try adaptive().solve([states[3], states[sample], states[17]])[1].map(\.bitPattern) == together[sample].map(\.bitPattern)) }
    }
    #expect(Set(together.indices.map { sample in together[sample][0] }).count == 60)
  }

  /// Samples make different numbers of steps: with one step size for all, the sums would be multiples of the number of samples.
  @Test func samplesHaveStepsOfTheirOwn() throws {
    let adaptive = try AdaptiveCase(.dopri5, "dense", FieldConfiguration(width: 1, activation: .tanh, bias: .none, precision: .float64), tolerance: 1e-8, length: 3)
    adaptive.example.tensors[0][0] = 3
    // The field is constant where tanh is saturated.
    let easy = try adaptive.counts([[50]])
    let hard = try adaptive.counts([[0.01]])
    #expect(hard.accepted > easy.accepted)
    let both = try adaptive.counts([[50], [0.01]])
    #expect(both == (easy.accepted + hard.accepted, easy.rejected + hard.rejected, easy.evaluations + hard.evaluations))
  }

  /// Solves, derivatives and states at requested times stop within one step when the work must end.
  @Test func everyLoopOfStepsAsksTheWatch() throws {
    let adaptive = try AdaptiveCase(linear: [[0, -1], [1, 0]], length: 900) { $0.maximumSteps = 4000 }
    let (before, p) = (try adaptive.tile([[1, 0]], columns: 1), try adaptive.tile([[0, 1]], columns: 1))
    func record() throws -> (record: Numbers, after: Numbers) {
      adaptive.log.watch = .none
      let record = try adaptive.record(1)
      return (record, try adaptive.solve(before, columns: 1, record: record))
    }
    let whole = try record()
    #expect(adaptive.log.accepted > 1000)
    let cancelled = Watch(isCancelled: { true })
    func work(_ body: () throws -> Void) throws -> Int {
      adaptive.log.clear()
      adaptive.log.watch = cancelled
      try body()
      return adaptive.log.evaluations + adaptive.log.recomputed
    }
    #expect(try work { _ = try adaptive.solve(before, columns: 1) } <= 8)
    #expect(try work { _ = try adaptive.pullback(before, whole.after, whole.record, cotangent: p, columns: 1) } <= 8)
    let other = try record()
    #expect(try work { _ = try adaptive.pushforward(before, other.after, other.record, tangent: p, direction: nil, columns: 1) } <= 8)
    let output = try adaptive.output([[1, 0]], times: (0..<100_000).map { 1e-6 * Double($0) }, event: EventFunction(weights: [1, 0], level: 0))
    #expect(output.ends[0] == .running)
  }

  /// The last step ends exactly at the end time: for a constant field y = t holds exactly.
  @Test(arguments: Precision.allCases) func endsAtTheEnd(_ precision: Precision) throws {
    let adaptive = try AdaptiveCase(.dopri5, "dense", FieldConfiguration(width: 1, activation: .identity, precision: precision), length: 1.7)
    adaptive.example.tensors[0][0] = 0
    adaptive.example.tensors[1][0] = 1
    #expect(abs(try adaptive.solve([[0]])[0][0] - 1.7) < 4 * precision.epsilon)
  }

  /// Padding beyond the samples is neither counted nor reported, whatever it contains.
  @Test func paddingIsNoSample() throws {
    let adaptive = try AdaptiveCase(linear: [[-1, 0], [0, -2]], length: 1)
    let before = try adaptive.tile([[1, 1], [2, 2]], columns: 16)
    before[5] = 1e300
    let after = try adaptive.solve(before, columns: 16)
    #expect(adaptive.log.first == nil && after[5] == 1e300)
    #expect(adaptive.log.evaluations == 4 + 6 * (adaptive.log.accepted + adaptive.log.rejected))
  }
}

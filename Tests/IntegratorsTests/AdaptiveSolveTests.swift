import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveSolveTests {
  private static let tableaus = AdaptiveTableauTests.tableaus

  /// A rotation with decay, which has a closed solution. At seven tolerances every sample ends where a plain loop ends, after as many steps. The error is between 0.01 and 100 tolerances.
  @Test(arguments: tableaus.indices) func aRotationIsSolvedAsByAPlainLoop(_ index: Int) throws {
    let (a, w, length) = (-0.3, 4.0, 3.0)
    for power in 4...10 {
      let tolerance = pow(10, -Double(power))
      let adaptive = try AdaptiveCase(linear: [[a, -w], [w, a]], Self.tableaus[index], tolerance: tolerance, length: length)
      let starts = (0..<20).map { [cos(Double($0)), 0.3 + sin(Double($0))] }
      let found = try adaptive.solve(starts)
      try compare(adaptive, found, starts.map { start in
        PlainSolve(Self.tableaus[index], tolerance: tolerance, length: length, from: start) { y in [a * y[0] - w * y[1], w * y[0] + a * y[1]] }
      }, tolerance: tolerance)
      let error = zip(starts, found).map { largestDifference($1, spiral(a, w, length, $0)) }.max() ?? .nan
      #expect(error < 100 * tolerance && error > 0.01 * tolerance, "tolerance \(tolerance): error \(error)")
      #expect(adaptive.log.first == nil)
    }
  }

  /// A nonlinear problem: ẏ = tanh y has sinh y(t) = eᵗ·sinh y(0). The mean error decreases with every tolerance.
  @Test(arguments: tableaus.indices) func aNonlinearProblemIsSolvedAsByAPlainLoop(_ index: Int) throws {
    var means: [Double] = []
    for power in 4...10 {
      let tolerance = pow(10, -Double(power))
      let adaptive = try AdaptiveCase(
        Self.tableaus[index], "dense", FieldConfiguration(width: 1, activation: .tanh, bias: .none, precision: .float64), tolerance: tolerance, length: 4)
      adaptive.example.tensors[0][0] = 1
      let starts = (0..<24).map { [0.02 * Double($0 + 1)] }
      let found = try adaptive.solve(starts)
      try compare(adaptive, found, starts.map { PlainSolve(Self.tableaus[index], tolerance: tolerance, length: 4, from: $0) { [tanh($0[0])] } }, tolerance: tolerance)
      means.append(zip(starts, found).map { abs($1[0] - asinh(exp(4) * sinh($0[0]))) }.reduce(0, +) / 24)
    }
    for (coarse, fine) in zip(means, means.dropFirst()) { #expect(coarse > fine) }
  }

  /// The counts agree exactly. Each step adds rounding errors of a few units to the states, which the problems of these tests amplify by less than e⁴. An error estimate is a small difference of slopes; its
  /// rounding changes the step sizes, and thereby the error of the result, by far less than a ten thousandth.
  private func compare(_ adaptive: AdaptiveCase, _ found: [[Double]], _ plain: [PlainSolve], tolerance: Double) throws {
    #expect(adaptive.log.accepted == plain.reduce(0) { $0 + $1.accepted } && adaptive.log.rejected == plain.reduce(0) { $0 + $1.rejected })
    let steps = plain.map(\.accepted).max() ?? 0
    for (sample, pair) in zip(found, plain).enumerated() {
      let difference = largestDifference(pair.0, pair.1.state)
      #expect(difference < 1e-4 * tolerance + 100 * Double(steps) * Precision.float64.epsilon, "sample \(sample): \(difference) after \(pair.1.accepted) steps")
    }
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

/// The solve of one sample in a plain loop over Doubles, with the formulas in the doc comments of `AdaptiveControl` and `AdaptiveTableau`.
private struct PlainSolve {
  var state: [Double]
  var accepted = 0
  var rejected = 0

  init(_ tableau: AdaptiveTableau, tolerance: Double, length: Double, from start: [Double], _ field: ([Double]) -> [Double]) {
    state = start
    func moved(_ y: [Double], _ terms: [(factor: Double, slope: [Double])]) -> [Double] {
      y.indices.map { i in y[i] + terms.reduce(0) { $0 + $1.factor * $1.slope[i] } }
    }
    /// √(1/n Σ (x_i/(tolerance·(1 + max(|y_i|, |z_i|))))²).
    func errorNorm(_ x: [Double], _ y: [Double], _ z: [Double]) -> Double {
      let squares = x.indices.map { i in pow(x[i] / (tolerance * (1 + max(abs(y[i]), abs(z[i])))), 2) }
      return (squares.reduce(0, +) / Double(x.count)).squareRoot()
    }
    var first = field(state)
    // The first step size: II.4 of Hairer, Nørsett & Wanner.
    let (size, slope) = (errorNorm(state, state, state), errorNorm(first, state, state))
    let trial = min(size < 1e-5 || slope < 1e-5 ? 1e-6 : 0.01 * size / slope, length)
    let second = field(moved(state, [(trial, first)]))
    let curvature = errorNorm(zip(second, first).map { $0 - $1 }, state, state) / trial
    var h = min(100 * trial, pow(0.01 / max(slope, curvature), 1 / Double(tableau.order)))

    let (beta, alpha) = (0.02, 0.2 - 0.75 * 0.02)
    var (time, before, wasRejected, isFinal) = (0.0, 1.0, false, false)
    while !isFinal || wasRejected {
      // A last step takes along a rest of less than a hundredth of it.
      isFinal = 1.01 * h >= length - time
      if isFinal { h = length - time }
      var slopes = [first]
      var stage = state
      for i in 1..<AdaptiveTableau.stages {
        stage = moved(state, (0..<i).map { (h * tableau.a(i, $0), slopes[$0]) })
        slopes.append(field(stage))
      }
      let error = moved(state.map { _ in 0 }, (0..<AdaptiveTableau.stages).map { (h * tableau.error[$0], slopes[$0]) })
      let norm = max(errorNorm(error, state, stage), 1e-10)
      if norm <= 1 {
        let growth = min(10, max(0.2, 0.95 * pow(norm, -alpha) * pow(before, beta)))
        (accepted, time, state, first, before) = (accepted + 1, time + h, stage, slopes[6], max(norm, 1e-4))
        h *= wasRejected ? min(growth, 1) : growth
        wasRejected = false
      } else {
        (rejected, wasRejected) = (rejected + 1, true)
        h *= max(0.2, 0.95 * pow(norm, -alpha))
      }
    }
  }
}

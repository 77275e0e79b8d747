import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveSolveTests {
  private static let tableaus = AdaptiveTableauTests.tableaus

  /// The error follows the tolerance over six decades, on a rotation with decay whose solution is closed. The error of a sample is between 0.01 and 100 tolerances and falls tenfold
  /// with the tolerance, within a factor of four: over six decades by 6 ± 1 (tsit5's leading error terms are so small that those of the next order count on a linear problem).
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

  /// A sample's bits are those it has alone, whatever its neighbors: here one of them needs fifty times its steps, one has infinite numbers, and there are so many that samples move together.
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

  /// Samples need different numbers of steps: with one step size for all, the sums would be multiples of the count.
  @Test func samplesHaveStepsOfTheirOwn() throws {
    let adaptive = try AdaptiveCase(.dopri5, "dense", FieldConfiguration(width: 1, activation: .tanh, bias: .none, precision: .float64), tolerance: 1e-8, length: 3)
    adaptive.example.tensors[0][0] = 3
    // Where tanh is saturated the field is constant.
    let easy = try counts(adaptive, [[50]])
    let hard = try counts(adaptive, [[0.01]])
    #expect(hard.accepted > easy.accepted)
    let both = try counts(adaptive, [[50], [0.01]])
    #expect(both == (easy.accepted + hard.accepted, easy.rejected + hard.rejected, easy.evaluations + hard.evaluations))
  }

  private func counts(_ adaptive: AdaptiveCase, _ states: [[Double]]) throws -> (accepted: Int, rejected: Int, evaluations: Int) {
    adaptive.log.clear()
    _ = try adaptive.solve(states)
    return (adaptive.log.accepted, adaptive.log.rejected, adaptive.log.evaluations)
  }

  /// Six evaluations a step tried, two to begin with; one when the first step is given.
  @Test func countsEvaluations() throws {
    let adaptive = try AdaptiveCase(.tsit5, "dense", FieldConfiguration(width: 3, precision: .float64), length: 5)
    let automatic = try counts(adaptive, [[1, 2, 3], [0, 0, 1]])
    #expect(automatic.evaluations == 4 + 6 * (automatic.accepted + automatic.rejected))
    let given = try AdaptiveCase(.tsit5, "dense", FieldConfiguration(width: 3, precision: .float64), length: 5) { $0.firstStep = 0.3 }
    let result = try counts(given, [[1, 2, 3]])
    #expect(result.evaluations == 1 + 6 * (result.accepted + result.rejected))
  }

  /// A stiff linear field: λ = −10⁶ keeps an explicit method's step below about 3.3/10⁶; the limit on steps ends it, with the reason and the last good state.
  @Test(arguments: tableaus.indices) func aStiffFieldEndsInAStatus(_ index: Int) throws {
    let adaptive = try AdaptiveCase(linear: [[-1e6, 0], [0, -1]], Self.tableaus[index], length: 1) { $0.maximumSteps = 500 }
    let end = try adaptive.solve([[1, 1]])[0]
    let failure = try #require(adaptive.log.first?.failure)
    #expect(failure.status == .stepLimit && failure.message.contains("max_steps = 500") && adaptive.log.first?.sample == 0)
    #expect(adaptive.log.accepted + adaptive.log.rejected == 500)
    // The solution at the time it got to, about 500·3·10⁻⁶: the fast part is gone, the slow one has hardly moved.
    #expect(abs(end[0]) < 1e-4 && end[1] < 1 && end[1] > 0.99)
  }

  /// A neighbor that fails takes nobody with it.
  @Test func othersArriveBesideASampleThatFails() throws {
    let adaptive = try AdaptiveCase(linear: [[-0.5, -1], [1, -0.5]], length: 2)
    let states = [[1.0, 0], [.nan, 0], [0, 2], [.infinity, 1]]
    let ends = try adaptive.solve(states)
    #expect(adaptive.log.first?.failure.status == .notFinite)
    #expect(adaptive.log.failures.keys.sorted() == [1, 3])
    for sample in [0, 2] { #expect(largestDifference(ends[sample], spiral(-0.5, 1, 2, states[sample])) < 1e-5) }
    #expect(ends[1][0].isNaN && ends[3][0] == .infinity, "the last good state is the first one")
  }

  /// ẏ = e^y-like growth by softplus slopes is linear at most; a repelling linear field overflows Float in finite time, and that is a status.
  @Test func overflowEndsInAStatus() throws {
    let adaptive = try AdaptiveCase(linear: [[50]], tolerance: 1e-3, length: 10, precision: .float32)
    let end = try adaptive.solve([[1]])[0]
    #expect(adaptive.log.first != nil && end[0].isFinite && end[0] > 1e20)
  }

  /// The last step ends at the end, not beyond or before: y = t exactly, for a constant field.
  @Test(arguments: Precision.allCases) func endsAtTheEnd(_ precision: Precision) throws {
    let adaptive = try AdaptiveCase(.dopri5, "dense", FieldConfiguration(width: 1, activation: .identity, precision: precision), length: 1.7)
    adaptive.example.tensors[0][0] = 0
    adaptive.example.tensors[1][0] = 1
    #expect(abs(try adaptive.solve([[0]])[0][0] - 1.7) < 4 * precision.epsilon)
  }

  /// Padding beyond the samples is neither counted nor reported, whatever it holds.
  @Test func paddingIsNoSample() throws {
    let adaptive = try AdaptiveCase(linear: [[-1, 0], [0, -2]], length: 1)
    let before = try adaptive.tile([[1, 1], [2, 2]], columns: 16)
    before[5] = 1e300
    let after = try adaptive.solve(before, columns: 16)
    #expect(adaptive.log.first == nil && after[5] == 1e300)
    #expect(adaptive.log.evaluations == 4 + 6 * (adaptive.log.accepted + adaptive.log.rejected))
  }

  /// van der Pol's ẏ₁ = y₂, ẏ₂ = μ(1 − y₁²)y₂ − y₁ with μ = 1000 over a period of 1614: the slow parts hold an explicit method's steps below about 3/(3μ), so that 5000 steps do not suffice. It ends
  /// in a status with a state on the limit cycle, whose y₁ stays within 2.0001.
  @Test(arguments: tableaus.indices) func vanDerPolEndsInAStatus(_ index: Int) throws {
    var control = AdaptiveControl()
    control.maximumSteps = 5000
    let method = AdaptiveRungeKutta(Self.tableaus[index], control)
    let field = VanDerPol(mu: 1000)
    let log = StepLog()
    let (before, after) = (try Numbers([2, 0], .float64), try Numbers(2, .float64))
    let scratch = try Numbers(method.scratchWidth(field), .float64)
    withExtendedLifetime(log) {
      method.step(
        field, Step(stepSize: 2000, weights: StepWeights(Layer()), log: Unmanaged.passUnretained(log)), from: before.block(rows: 2, columns: 1),
        into: after.block(rows: 2, columns: 1), record: nil, scratch: scratch.block(rows: scratch.count, columns: 1))
    }
    let failure = try #require(log.first?.failure)
    #expect(failure.status == .stepLimit && failure.message.contains("at time"))
    #expect(log.accepted + log.rejected == 5000)
    #expect(after[0] < 2.0001 && after[0] > 1.9 && abs(after[1]) < 1e-2 && after[0] != 2, "moved along the slow part")
  }
}

/// ẏ₁ = y₂, ẏ₂ = μ(1 − y₁²)y₂ − y₁, as far as an explicit solve wants it.
private struct VanDerPol: VectorField {
  let mu: Double
  var width: Int { 2 }
  var parameters: [ParameterShape] { [] }

  func evaluate(_ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    let (first, second, square) = (x.rows(0..<1), x.rows(1..<2), scratch.rows(0..<1))
    copy(second, into: out.rows(0..<1))
    multiply(1, first, first, addingTo: nil, into: square)
    multiply(-mu, square, second, addingTo: nil, into: square)
    combine(mu, second, 1, square, into: square)
    combine(1, square, -1, first, into: out.rows(1..<2))
  }
  func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {}
  func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo q: Block, gradient: Layer?, scratch: Block
  ) {}
}

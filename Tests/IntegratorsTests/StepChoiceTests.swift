import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// The first step, the last one, and where a sample must stop.
@Suite struct StepChoiceTests {
  private static let tableaus = AdaptiveTableauTests.tableaus

  /// Each trial step takes six evaluations. The start takes two, or one if the first step is given.
  @Test func countsEvaluations() throws {
    let adaptive = try AdaptiveCase(.tsit5, "dense", FieldConfiguration(width: 3, precision: .float64), length: 5)
    let automatic = try adaptive.counts([[1, 2, 3], [0, 0, 1]])
    #expect(automatic.evaluations == 4 + 6 * (automatic.accepted + automatic.rejected))
    let given = try AdaptiveCase(.tsit5, "dense", FieldConfiguration(width: 3, precision: .float64), length: 5) { $0.firstStep = 0.3 }
    let result = try given.counts([[1, 2, 3]])
    #expect(result.evaluations == 1 + 6 * (result.accepted + result.rejected))
  }

  /// A stiff linear field: λ = −10⁶ keeps an explicit method's step below about 3.3/10⁶; the limit on steps ends it, with the reason and the last good state.
  @Test(arguments: tableaus.indices) func aStiffFieldEndsInAStatus(_ index: Int) throws {
    let adaptive = try AdaptiveCase(linear: [[-1e6, 0], [0, -1]], Self.tableaus[index], length: 1) { $0.maximumSteps = 500 }
    let end = try adaptive.solve([[1, 1]])[0]
    let failure = try #require(adaptive.log.first?.failure)
    #expect(failure.status == .stepLimit && failure.message.contains("max_steps = 500"))
    #expect(adaptive.log.accepted + adaptive.log.rejected == 500)
    // The solution at the time reached, about 500·3·10⁻⁶: the fast component has vanished, and the slow one has hardly changed.
    #expect(abs(end[0]) < 1e-4 && end[1] < 1 && end[1] > 0.99)
  }

  /// A sample that fails does not affect its neighbors.
  @Test func othersArriveBesideASampleThatFails() throws {
    let adaptive = try AdaptiveCase(linear: [[-0.5, -1], [1, -0.5]], length: 2)
    let states = [[1.0, 0], [.nan, 0], [0, 2], [.infinity, 1]]
    let ends = try adaptive.solve(states)
    #expect(adaptive.log.first?.failure.status == .notFinite)
    #expect(adaptive.log.first?.sample == 1)
    for sample in [0, 2] { #expect(largestDifference(ends[sample], spiral(-0.5, 1, 2, states[sample])) < 1e-5) }
    #expect(ends[1][0].isNaN && ends[3][0] == .infinity, "the last good state is the first one")
  }

  /// ẏ = e^y-like growth by softplus slopes is linear at most; a repelling linear field overflows Float in finite time, and that is a status.
  @Test func overflowEndsInAStatus() throws {
    let adaptive = try AdaptiveCase(linear: [[50]], tolerance: 1e-3, length: 10, precision: .float32)
    let end = try adaptive.solve([[1]])[0]
    #expect(adaptive.log.first?.failure != nil && end[0].isFinite && end[0] > 1e20)
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

/// ẏ₁ = y₂, ẏ₂ = μ(1 − y₁²)y₂ − y₁, with only the functions that an explicit solve needs.
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

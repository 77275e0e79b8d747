import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct LeapfrogTests {
  private static let (width, columns) = (5, 16)

  /// Theory.md §3.7: y₊ = 2y − y₋ + h²f(y).
  @Test(arguments: Precision.allCases) func stepsByItsFormula(_ precision: Precision) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: precision))
    let scheme = try SchemeRun(Leapfrog(), example)
    let start = try example.numbers(2 * Self.width, Self.columns, seed: 5)
    scheme.state.store(start.values)
    scheme.advance(4, 0.2)
    let end = try Numbers(scheme.values, precision)
    for sample in 0..<Self.columns {
      let state = start.column(sample, of: Self.columns)
      let (y, old) = (Array(state[..<Self.width]), Array(state[Self.width...]))
      let f = plainLayer(.tanh, example.weights, example.bias, y).value
      let expected = y.indices.map { 2 * y[$0] - old[$0] + 0.04 * f[$0] } + y
      #expect(largestDifference(end.column(sample, of: Self.columns), expected) < 10 * precision.epsilon)
    }
  }

  /// Theory.md §4.2: p₀ = p + q (neumann), p₀ = p (zero).
  @Test func bothStartsAndTheirTransposes() throws {
    let field = try fields("dense").make(FieldConfiguration(width: 1, precision: .float64))
    for (start, before, cotangent) in [(Leapfrog.Start.neumann, 3.0, 12.0), (.zero, 0.0, 7.0)] {
      let block = Block.zeros(2, 1, .float64)
      block.store([3, 9])
      Leapfrog(start: start).start(field, block)
      #expect(block.values == [3, before])
      block.store([7, 5])
      Leapfrog(start: start).startPullback(field, block)
      #expect(block.values[0] == cotangent)
    }
    var options = OptionValues(scope: "block", integrators.options)
    try options.set("start", .text("zero"))
    let block = Block.zeros(2, 1, .float64)
    block.store([3, 9])
    try integrators("leapfrog").make(options).start(field, block)
    #expect(block.values == [3, 0])
    #expect { try options.set("start", .text("dirichlet")) } throws: { ($0 as? Failure)?.status == .unknownName && "\($0)".contains("dirichlet") }
  }

  /// The largest |y| in this many steps of h = 1 for ÿ = λy.
  private func largest(_ lambda: Double, steps: Int) throws -> Double {
    let scheme = try SchemeRun(Leapfrog(), linear: [[lambda]])
    scheme.start([1])
    var largest = 0.0
    for index in 0..<steps {
      scheme.advance(index, 1)
      largest = max(largest, abs(scheme.visible.values[0]))
    }
    return largest
  }

  /// Theory.md §6.6: h²|λ| ≤ 4. Just below, the roots e^{±iθ} with sin(θ/2) = √(h²|λ|)/2 give |y| ≤ 1/cos(θ/2) = 20; just above, the root −1.105 gives 1e8 in 200 steps.
  @Test func isBoundedUpToStepSquaredTimesEigenvalueFour() throws {
    #expect(try largest(-3.99, steps: 20_000) < 21)
    #expect(try largest(-4.01, steps: 200) > 1e6)
  }

  /// ÿ = −y from rest, with steps that alternate by a factor of 3, converges to cos t. With the formula for equal steps the velocity would change at every step.
  @Test func unequalStepsConverge() throws {
    func error(_ pairs: Int) throws -> Double {
      let scheme = try SchemeRun(Leapfrog(), linear: [[-1]])
      scheme.start([1])
      let sizes = (0..<2 * pairs).map { ($0 % 2 == 0 ? 1.5 : 0.5) / Double(2 * pairs) }
      for (index, h) in sizes.enumerated() { scheme.advance(index, h, previous: index > 0 ? sizes[index - 1] : h) }
      return abs(scheme.visible.values[0] - cos(1))
    }
    #expect(abs(log2(try error(128) / error(256)) - 1) < 0.15)
    #expect(try error(256) < 0.01)
  }

  @Test func refusesAFieldWithoutAnAcceleration() throws {
    let hamiltonian = try fields("hamiltonian").make(FieldConfiguration(width: 2))
    let failure = refusal { try Leapfrog().check(hamiltonian) }
    #expect(failure?.status == .incompatible)
    #expect(failure?.message.contains("acceleration") == true)
  }

  /// Theory.md §3.15: algebraic inverse; 1000 tanh layers forward and back in float64, for ÿ = tanh(−4y + Ry), whose oscillations keep rounding errors from growing.
  @Test func a1000LayersThereAndBackAreTheIdentity() throws {
    let example = try BlockCase(field: "dense", integrator: "leapfrog", bias: .none, width: 8, layers: 1000, horizon: 20)
    let square = 64
    for layer in 0..<1000 {
      for index in 0..<square {
        let place = 3 + layer * square + index
        example.parameters[place] = 0.1 * example.parameters[place] - (index % 9 == 0 ? 4 : 0)
      }
    }
    example.prepare()
    #expect(try roundTripDefect(example) < 1e-12)
  }
}

import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct RungeKuttaTests {
  private static let (width, columns) = (5, 16)
  private static let named: [(String, @Sendable () throws -> ButcherTableau)] = [
    ("heun", { try .heun() }), ("ssprk3", { try .ssprk3() }), ("rk3", { try .rk3() }), ("rk4", { try .rk4() }),
  ]

  /// y + h Σ b_i k_i with k_i = f(y + h Σ a_ij k_j), in plain arithmetic.
  private func plain(_ tableau: ButcherTableau, _ y: [Double], _ h: Double, _ f: ([Double]) -> [Double]) -> [Double] {
    var slopes: [[Double]] = []
    func moved(_ coefficients: [Double]) -> [Double] {
      zip(coefficients, slopes).reduce(y) { sum, term in zip(sum, term.1).map { $0 + h * term.0 * $1 } }
    }
    for i in 0..<tableau.stages { slopes.append(f(moved(Array(tableau.a[i * tableau.stages..<i * tableau.stages + i])))) }
    return moved(tableau.b)
  }

  @Test(arguments: ["heun", "ssprk3", "rk3", "rk4"], Precision.allCases) func stepsByItsTableau(_ name: String, _ precision: Precision) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: precision))
    let scheme = try SchemeRun(try integrators.standard(name), example)
    let start = try example.numbers(Self.width, Self.columns, seed: 5)
    let end = try Numbers(scheme.run(start.values, steps: 1, 0.3), precision)
    let tableau = try #require(try Self.named.first { $0.0 == name }?.1())
    for sample in 0..<Self.columns {
      let expected = plain(tableau, start.column(sample, of: Self.columns), 0.3) { plainLayer(.tanh, example.weights, example.bias, $0).value }
      // A few rounding errors per stage.
      #expect(largestDifference(end.column(sample, of: Self.columns), expected) < 20 * precision.epsilon)
    }
  }

  /// The stage state of a partitioned field contains all its parts: ẏ = z, ż = −y gives the Taylor polynomial of a rotation.
  @Test func partitionedFieldsMoveAsOneState() throws {
    let example = try FieldCase("hamiltonian", FieldConfiguration(width: 1, activation: .identity, bias: .none, precision: .float64))
    example.tensors[0][0] = 1
    let scheme = try SchemeRun(try integrators.standard("rk4"), example, columns: 1)
    scheme.start([1])
    let h = 0.5
    scheme.advance(0, h)
    #expect(largestDifference(scheme.values, [1 - h * h / 2 + pow(h, 4) / 24, -h + pow(h, 3) / 6]) < 1e-15)
  }

  /// Theory.md §6.8: ẏ = iω y is bounded up to h·ω = 0, √3, 2√2 for orders 2, 3, 4; every method of s stages and order s has the same polynomial.
  @Test func limitsOnTheImaginaryAxis() throws {
    // |R(iω)|² = 1 + ω⁴/4 for order 2: no ω > 0 is below 1 + 1e-12 past ω⁴ = 8e-12.
    #expect(try imaginaryLimit(try integrators.standard("heun"), between: 0, and: 1) < 2e-3)
    #expect(abs(try imaginaryLimit(try integrators.standard("ssprk3"), between: 1, and: 3) - 3.0.squareRoot()) < 1e-6)
    #expect(abs(try imaginaryLimit(try integrators.standard("rk3"), between: 1, and: 3) - 3.0.squareRoot()) < 1e-6)
    #expect(abs(try imaginaryLimit(try integrators.standard("rk4"), between: 1, and: 4) - 8.0.squareRoot()) < 1e-6)
  }

  @Test func nodesAreTheDistinctTimesOfTheStages() throws {
    #expect(try integrators.standard("heun").nodes == [0, 1])
    #expect(try integrators.standard("ssprk3").nodes == [0, 0.5, 1])
    #expect(try integrators.standard("rk4").nodes == [0, 0.5, 1])
    // c = (0, 1/3, 1/3 + 1/3, 1): a row sum that differs from 2/3 in the last digit is not a new node.
    let scheme = RungeKutta(try ButcherTableau(a: [1.0 / 3, -1.0 / 3, 1, 1, -1, 1], b: [1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8], order: 4))
    #expect(scheme.nodes.count == 4)
  }

  /// ẏ = w(t) y with w = 2 at the beginning, 3 in the middle and 5 at the end of the step: each stage uses the weights at its time.
  @Test func stagesHaveTheWeightsOfTheirTimes() throws {
    let example = try FieldCase("dense", FieldConfiguration(width: 1, activation: .identity, bias: .none, precision: .float64))
    let values = try Numbers([2, 3, 5], .float64)
    var weights = StepWeights(Layer())
    weights.first.tensors[0] = values.vector.base
    (weights.advance, weights.fieldsPerNode) = (8, 1)
    let integrator = try integrators.standard("rk4")
    let (before, after) = (Block.zeros(1, 1, .float64), Block.zeros(1, 1, .float64))
    before.store([1])
    let h = 0.1
    integrator.step(
      example.field, Step(stepSize: h, weights: weights), from: before, into: after, record: nil, scratch: .zeros(integrator.scratchWidth(example.field), 1, .float64))
    let k1 = 2.0
    let k2 = 3 * (1 + h / 2 * k1)
    let k3 = 3 * (1 + h / 2 * k2)
    let k4 = 5 * (1 + h * k3)
    #expect(abs(after.values[0] - (1 + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))) < 1e-15)
  }

  private func custom(_ a: String, _ b: String, _ order: Int64) throws -> any Integrator {
    var options = OptionValues(scope: "block", integrators.options)
    try options.set("tableau_a", .text(a))
    try options.set("tableau_b", .text(b))
    try options.set("tableau_order", .integer(order))
    return try integrators("runge_kutta").make(options)
  }

  @Test func aTableauOfTheOptionsIsTheSameScheme() throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: .float64))
    let start = try example.numbers(Self.width, Self.columns, seed: 5).values
    let sixth = "\(1.0 / 6), \(1.0 / 3), \(1.0 / 3), \(1.0 / 6)"
    let given = try custom("0,0,0,0, 0.5,0,0,0, 0,0.5,0,0, 0,0,1,0", sixth, 4)
    #expect(given.order == 4)
    let own = try SchemeRun(given, example).run(start, steps: 3, 0.1)
    #expect(try own == SchemeRun(try integrators.standard("rk4"), example).run(start, steps: 3, 0.1))
  }

  @Test func theOptionsAreChecked() {
    #expect(refusal { _ = try custom("0.5", "0,1", 3) }?.message.contains("Σ b_i c_i²") == true)
    #expect(refusal { _ = try custom("0.5;1", "0,1", 2) }?.message.contains("tableau_a: entry 0") == true)
    #expect(refusal { _ = try custom("0.5", "0,1", 5) }?.message.contains("tableau_order is 5") == true)
  }

  /// An unused stage is neither evaluated nor recorded, and its infinite slope has no effect.
  @Test func idleStagesCostNothing() throws {
    let example = try FieldCase("dense", FieldConfiguration(width: 1, precision: .float64))
    let scheme = RungeKutta(try ButcherTableau(a: [0.5, 1, 0], b: [0.5, 0, 0.5], order: 2))
    let heun = try integrators.standard("heun")
    #expect(scheme.recordWidth(example.field) == heun.recordWidth(example.field))
    #expect(scheme.nodes == heun.nodes)
    #expect(try SchemeRun(scheme, example, columns: 1).run([0.3], steps: 1, 0.2) == SchemeRun(heun, example, columns: 1).run([0.3], steps: 1, 0.2))
  }
}

import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct MidpointTests {
  private static let (width, columns) = (5, 16)

  /// Theory.md §3.8: y₊ = y₋ + 2hf(y), the first step by Euler.
  @Test(arguments: Precision.allCases) func stepsByItsFormula(_ precision: Precision) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: precision))
    let scheme = try SchemeRun(Midpoint(), example)
    let start = try example.numbers(Self.width, Self.columns, seed: 5)
    let first = try Numbers(scheme.run(start.values, steps: 1, 0.2), precision)
    let second = try Numbers(scheme.run(start.values, steps: 2, 0.2), precision)
    for sample in 0..<Self.columns {
      let y = start.column(sample, of: Self.columns)
      let euler = zip(y, plainLayer(.tanh, example.weights, example.bias, y).value).map { $0 + 0.2 * $1 }
      #expect(largestDifference(first.column(sample, of: Self.columns), euler) < 10 * precision.epsilon)
      let f = plainLayer(.tanh, example.weights, example.bias, euler).value
      #expect(largestDifference(second.column(sample, of: Self.columns), zip(y, f).map { $0 + 0.4 * $1 }) < 10 * precision.epsilon)
    }
  }

  /// Theory.md §6.5: for ẏ = iω y the states are bounded below hω = 1 and grow above it; with damping they grow for any step size.
  @Test func isStableOnTheImaginaryAxisAlone() throws {
    func largest(_ matrix: [[Double]], _ steps: Int) throws -> Double {
      norm(try SchemeRun(Midpoint(), linear: matrix).run([1, 0], steps: steps, 1))
    }
    #expect(try largest([[0, -0.99], [0.99, 0]], 20_000) < 20)
    #expect(try largest([[0, -1.01], [1.01, 0]], 200) > 1e6)
    #expect(try largest([[-0.1, -0.5], [0.5, -0.1]], 400) > 1e6)
  }

  @Test func refusesDamping() throws {
    let damped = try fields("antisymmetric").make(FieldConfiguration(width: 2, gamma: 0.1))
    let failure = refusal { try Midpoint().check(damped) }
    #expect(failure?.status == .incompatible)
    #expect(failure?.message.contains("damped") == true)
    try Midpoint().check(try fields("antisymmetric").make(FieldConfiguration(width: 2, gamma: 0)))
  }

  /// The error at time 1 for ẏ = −y with these relative step sizes.
  private func error(_ steps: Int, _ size: (Double) -> Double) throws -> Double {
    let scheme = try SchemeRun(Midpoint(), linear: [[-1]])
    scheme.start([1])
    let raw = (0..<steps).map { size(Double($0)) }
    let sizes = raw.map { $0 / raw.reduce(0, +) }
    for (index, h) in sizes.enumerated() { scheme.advance(index, h, previous: index > 0 ? sizes[index - 1] : h) }
    return abs(scheme.visible.values[0] - exp(-1))
  }

  /// A grid that grows smoothly by a factor of 3 keeps order 2; one that alternates by a factor of 3 has order 1.
  @Test func unequalStepsConverge() throws {
    #expect(abs(log2(try error(256) { 128 + $0 } / error(512) { 256 + $0 }) - 2) < 0.15)
    func alternating(_ index: Double) -> Double { index.truncatingRemainder(dividingBy: 2) == 0 ? 3 : 1 }
    #expect(abs(log2(try error(256, alternating) / error(512, alternating)) - 1) < 0.15)
  }

  /// Theory.md §3.15: algebraic inverse; 1000 tanh layers forward and back in float64.
  @Test func a1000LayersThereAndBackAreTheIdentity() throws {
    let example = try BlockCase(field: "antisymmetric", integrator: "midpoint", width: 8, layers: 1000, horizon: 10)
    #expect(try roundTripDefect(example) < 1e-12)
  }
}

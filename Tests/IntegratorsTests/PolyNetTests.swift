import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct PolyNetTests {
  private static let (width, columns) = (5, 16)

  /// Theory.md §3.3: for a linear f the truncated Neumann series of (I − hf)⁻¹.
  @Test(arguments: 1...9) func aLinearFieldGivesTheNeumannSeries(_ terms: Int) throws {
    let matrix = [[0.3, -1.2], [0.8, 0.1]]
    let (start, h) = ([1.0, -0.5], 0.4)
    let end = try SchemeRun(PolyNet(terms: terms), linear: matrix).run(start, steps: 1, h)
    var (power, expected) = (start, start)
    for _ in 0..<terms {
      power = matrix.map { h * inner($0, power) }
      expected = zip(expected, power).map { $0 + $1 }
    }
    #expect(largestDifference(end, expected) < 1e-15)
  }

  /// y + hf(y) + hf(hf(y)): the field is applied to its own result.
  @Test(arguments: Precision.allCases) func theFieldIsAppliedToItsResult(_ precision: Precision) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: precision))
    let start = try example.numbers(Self.width, Self.columns, seed: 5)
    let end = try Numbers(try SchemeRun(PolyNet(terms: 2), example).run(start.values, steps: 1, 0.3), precision)
    for sample in 0..<Self.columns {
      let y = start.column(sample, of: Self.columns)
      let once = plainLayer(.tanh, example.weights, example.bias, y).value.map { 0.3 * $0 }
      let twice = plainLayer(.tanh, example.weights, example.bias, once).value.map { 0.3 * $0 }
      #expect(largestDifference(end.column(sample, of: Self.columns), y.indices.map { y[$0] + once[$0] + twice[$0] }) < 10 * precision.epsilon)
    }
  }

  @Test func oneTermIsEulerToTheBit() throws {
    let example = try FieldCase("antisymmetric", FieldConfiguration(width: Self.width, gamma: 0.1))
    let start = try example.numbers(Self.width, Self.columns, seed: 5).values
    #expect(try SchemeRun(PolyNet(terms: 1), example).run(start, steps: 4, 0.1) == SchemeRun(Euler(), example).run(start, steps: 4, 0.1))
  }

  @Test func theOptionIsTheNumberOfTerms() throws {
    var options = OptionValues(scope: "block", integrators.options)
    let matrix = [[0.5]]
    #expect(try SchemeRun(try integrators("polynet").make(options), linear: matrix).run([1], steps: 1, 1) == [1.75])
    try options.set("polynet_order", .integer(3))
    #expect(try SchemeRun(try integrators("polynet").make(options), linear: matrix).run([1], steps: 1, 1) == [1.875])
    #expect { try options.set("polynet_order", .integer(0)) } throws: { ($0 as? Failure)?.status == .outOfRange && "\($0)".hasPrefix("polynet_order is 0; ") }
  }
}

import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct LinearMultistepTests {
  private static let (width, columns) = (5, 16)
  /// k inside, on and outside of the zero-stable interval (Theory.md §6.7).
  private static let factors = [-0.5, -0.1, 0.1, 0.5]

  /// Theory.md §3.5: y₊ = (1 − k)y + k y₋ + h f(y), where k is one number or one per row.
  @Test(arguments: LinearMultistep.CoefficientShape.allCases, Precision.allCases) func stepsByItsFormula(_ shape: LinearMultistep.CoefficientShape, _ precision: Precision) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: precision))
    let k = shape == .scalar ? [0.3] : [0.3, -0.2, 0, 0.5, -0.05]
    let scheme = try SchemeRun(LinearMultistep(shape: shape), example, own: [k])
    let start = try example.numbers(2 * Self.width, Self.columns, seed: 5)
    scheme.state.store(start.values)
    scheme.advance(1, 0.2)
    let end = try Numbers(scheme.values, precision)
    for sample in 0..<Self.columns {
      let state = start.column(sample, of: Self.columns)
      let (y, old) = (Array(state[..<Self.width]), Array(state[Self.width...]))
      let f = plainLayer(.tanh, example.weights, example.bias, y).value
      let expected = y.indices.map { row in
        let factor = k.count == 1 ? k[0] : k[row]
        return (1 - factor) * y[row] + factor * old[row] + 0.2 * f[row]
      }
      #expect(largestDifference(end.column(sample, of: Self.columns), expected + y) < 10 * precision.epsilon)
    }
  }

  @Test(arguments: LinearMultistep.CoefficientShape.allCases, Precision.allCases) func zeroIsEulerToTheBit(_ shape: LinearMultistep.CoefficientShape, _ precision: Precision) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: precision))
    let start = try example.numbers(Self.width, Self.columns, seed: 5).values
    let own = Array(repeating: 0.0, count: shape == .scalar ? 1 : Self.width)
    let scheme = try SchemeRun(LinearMultistep(shape: shape), example, own: [own]).run(start, steps: 8, 0.1)
    #expect(try scheme == SchemeRun(Euler(), example).run(start, steps: 8, 0.1))
  }

  @Test func theFirstLayerIsEulerAndHasNoFactor() throws {
    let example = try FieldCase("dense", FieldConfiguration(width: Self.width, precision: .float64))
    let start = try example.numbers(Self.width, Self.columns, seed: 5).values
    #expect(
      try SchemeRun(LinearMultistep(), example, own: [[0.7]]).run(start, steps: 1, 0.1) == SchemeRun(Euler(), example).run(start, steps: 1, 0.1))
    let shape = LinearMultistep(shape: .perChannel).parameters(example.field)
    #expect(shape.map(\.shape) == [[Self.width]])
    #expect(shape.allSatisfy { $0.skipsFirstLayer })
    #expect(shape.map(\.initial) == [.uniform(-0.1...0)])
  }

  @Test func theOptionChoosesTheShape() throws {
    let field = try fields("dense").make(FieldConfiguration(width: 7))
    var options = OptionValues(scope: "block", integrators.options)
    #expect(try integrators("linear_multistep").make(options).parameters(field).map(\.shape) == [[1]])
    try options.set("multistep_shape", .text("per_channel"))
    #expect(try integrators("linear_multistep").make(options).parameters(field).map(\.shape) == [[7]])
  }

  /// A scheme for ẏ = λy with h = 1, started with y and y₋.
  private func scheme(_ k: Double, _ lambda: Double, _ y: Double, _ old: Double) throws -> SchemeRun {
    let scheme = try SchemeRun(LinearMultistep(), linear: [[lambda]], own: [[k]])
    scheme.state.store([y, old])
    return scheme
  }

  /// Theory.md §6.7: with f = 0 the states 1 and (−k)ⁿ repeat: the roots are 1 and −k.
  @Test(arguments: factors + [1]) func rootsAreOneAndMinusK(_ k: Double) throws {
    for root in [1, -k] {
      let scheme = try scheme(k, 0, root, 1)
      for index in 1...5 {
        scheme.advance(index, 1)
        #expect(abs(scheme.visible.values[0] - pow(root, Double(index + 1))) < 1e-15)
      }
    }
  }

  /// Theory.md §6.7: −2(1 − k) ≤ hλ ≤ 0, found by bisection on growth over many steps.
  @Test(arguments: factors) func realIntervalOfStability(_ k: Double) throws {
    func grows(_ z: Double) throws -> Bool {
      let scheme = try scheme(k, z, 1, 1)
      for index in 1...4000 { scheme.advance(index, 1) }
      // After an overflow the values are NaN.
      return !(abs(scheme.visible.values[0]) < 10)
    }
    var (stable, unstable) = (-0.1, -8.0)
    while stable - unstable > 1e-3 {
      let middle = (stable + unstable) / 2
      if try grows(middle) { unstable = middle } else { stable = middle }
    }
    #expect(abs(stable / (-2 * (1 - k)) - 1) < 0.01, "limit \(stable)")
  }

  /// The error at time 1 for (1 + k)u̇ = −u with exact starting values; for k = 0 it is that of Euler for the same equation with `rate`.
  private func error(_ k: Double, rate: Double, steps: Int) throws -> Double {
    let h = 1 / Double(steps)
    let scheme = try SchemeRun(LinearMultistep(), linear: [[rate * (1 + k)]], own: [[k]])
    scheme.state.store([1, exp(-rate * h)])
    for index in 1...steps { scheme.advance(index, h) }
    return scheme.visible.values[0] - exp(rate)
  }

  /// Theory.md §3.5: (1 + k)u̇ + (1 − k)(h/2)ü = f, so the error is (1 − k)/(1 + k) times that of Euler for the equation with the same solution.
  @Test(arguments: factors) func errorIsAFractionOfEulers(_ k: Double) throws {
    let ratio = try error(k, rate: -1, steps: 4000) / error(0, rate: -1, steps: 4000)
    #expect(abs(ratio / ((1 - k) / (1 + k)) - 1) < 0.01, "ratio \(ratio)")
  }

  /// Theory.md §3.5: k = 1 has order 2.
  @Test func oneHasOrderTwo() throws {
    let order = log2(abs(try error(1, rate: -1, steps: 200) / error(1, rate: -1, steps: 400)))
    #expect(abs(order - 2) < 0.15, "order \(order)")
  }
}

import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AdamsBashforthTests {
  /// Hairer, Nørsett & Wanner 1993, §III.1, eq. 1.5: (3f_n − f_{n−1})/2 and (23f_n − 16f_{n−1} + 5f_{n−2})/12, after steps of Heun and of the method of two steps.
  @Test(arguments: [2, 3]) func stepsByItsFormula(_ steps: Int) throws {
    let (rate, h) = (-0.7, 0.3)
    let scheme = try SchemeRun(AdamsBashforth(steps: steps), linear: [[rate]])
    scheme.start([1])
    var y = [1.0]
    for index in 0..<6 {
      scheme.advance(index, h)
      let f = y.reversed().map { rate * $0 }
      let slope =
        switch min(index + 1, steps) {
        case 1: (f[0] + rate * (y[0] + h * f[0])) / 2
        case 2: (3 * f[0] - f[1]) / 2
        default: (23 * f[0] - 16 * f[1] + 5 * f[2]) / 12
        }
      y.append(y[index] + h * slope)
      #expect(abs(scheme.visible.values[0] - y[index + 1]) < 1e-15)
    }
  }

  /// The first layer is a step of `heun`; it too uses weights and external input at the time of each stage.
  @Test(arguments: [2, 3], ["dense", "antisymmetric_rnn"]) func theFirstLayerIsHeunsWhereWeightsAndInputsVaryInTime(_ steps: Int, _ field: String) throws {
    func first(_ name: String) throws -> [Double] {
      let example = try BlockCase(field: field, integrator: name, layers: 1, basis: try PolynomialBasis(3))
      let before = try example.state(16)
      // The memory of earlier slopes is empty at first.
      example.block.start(before.block(rows: example.stateWidth, columns: 16))
      let after = try example.propagate(before, columns: 16)
      return Array(after.values.prefix(6 * 16))
    }
    // Both add the same stages, but in another order.
    #expect(largestDifference(try first("adams_bashforth\(steps)"), try first("heun")) < 1e-14)
  }

  /// ẏ = −y with steps that alternate by a factor of 3: the formula for variable steps has order 2; that for equal steps would have order 1.
  @Test func unequalStepsKeepTheOrderOfTwoSteps() throws {
    func error(_ pairs: Int) throws -> Double {
      let scheme = try SchemeRun(AdamsBashforth(steps: 2), linear: [[-1]])
      scheme.start([1])
      let sizes = (0..<2 * pairs).map { ($0 % 2 == 0 ? 1.5 : 0.5) / Double(2 * pairs) }
      for (index, h) in sizes.enumerated() { scheme.advance(index, h, previous: index > 0 ? sizes[index - 1] : h) }
      return abs(scheme.visible.values[0] - exp(-1))
    }
    #expect(abs(log2(try error(64) / error(128)) - 2) < 0.1)
  }

  @Test func threeStepsRefuseUnequalOnes() throws {
    let field = try fields("dense").make(FieldConfiguration(width: 2))
    func block(_ steps: Int, _ grid: TimeGrid) throws {
      _ = try ODEBlock(field: field, integrator: AdamsBashforth(steps: steps), grid: grid, offset: 0, precision: .float32)
    }
    let unequal = try TimeGrid(stepSizes: [0.1, 0.2])
    let failure = refusal { try block(3, unequal) }
    #expect(failure?.status == .incompatible)
    #expect(failure?.message.contains("equal step sizes") == true)
    try block(2, unequal)
    try block(3, TimeGrid(layers: 4, horizon: 1))
  }

  /// Hairer & Wanner 1996, §V.1: the three-step method is stable up to 0.7236 on the imaginary axis (|ζ| ≤ 1 for all roots), the two-step method nowhere.
  @Test func limitOfThreeStepsOnTheImaginaryAxis() throws {
    func largest(_ omega: Double) throws -> Double {
      let scheme = try SchemeRun(AdamsBashforth(steps: 3), linear: [[0, -omega], [omega, 0]])
      return norm(scheme.run([1, 0], steps: 4000, 1))
    }
    #expect(try largest(0.71) < 10)
    #expect(try largest(0.74) > 1e6)
  }
}

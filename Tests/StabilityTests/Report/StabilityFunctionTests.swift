import Foundation
import Integrators
import LinearAlgebra
import Settings
import Stability
import TestSupport
import Testing
import VectorFields

@Suite struct StabilityFunctionTests {
  private func scheme(_ name: String, _ options: [(String, OptionValue)] = []) throws -> any Integrator {
    var values = OptionValues(scope: "block", integrators.options)
    for (key, value) in options { try values.set(key, value) }
    return try integrators(name).make(values)
  }

  private func function(_ name: String, own: [Double] = []) throws -> StabilityFunction { try StabilityFunction(try scheme(name), own: own) }

  /// Every scheme has a function, or says why it has none. A one-step function agrees with e^z to the scheme's order.
  @Test(arguments: integrators.names) func everySchemeHasAFunctionOrAReason(_ name: String) throws {
    // Without coefficients there is no tableau.
    guard name != "runge_kutta" else { return }
    let scheme = try scheme(name)
    let count = StabilityFunction.ownCount(scheme)
    // Heun's coefficients for fractal; k = 0 for linear_multistep.
    var own = Array(repeating: 0.0, count: count)
    if name == "fractal", case .values(let values)? = scheme.parameters(try AntisymmetricField(FieldConfiguration(width: 2, gamma: 0))).first?.initial { own = values }
    if let failure = refusal({ _ = try StabilityFunction(scheme, own: own) }) {
      #expect(failure.status == .incompatible && failure.message.contains("the scheme"), "\(name): \(failure.message)")
      #expect(["dopri5", "tsit5", "cayley", "exponential", "imex", "near_identity"].contains(name), "\(name)")
      return
    }
    let function = try StabilityFunction(scheme, own: own)
    #expect(function.power == (name == "leapfrog" ? 2 : 1), "\(name)")
    #expect(abs(try function.radius(ComplexNumber(0)) - 1) < 1e-7, "\(name)")
    guard function.order == 1 else { return }
    for z in [ComplexNumber(-0.05), ComplexNumber(0.03, 0.04)] {
      let error = abs(try function.radius(z) - exp(z.real))
      #expect(error < 3 * pow(z.magnitude, Double(scheme.order + 1)), "\(name): \(error)")
    }
  }

  @Test func knownFunctions() throws {
    for z in [ComplexNumber(-0.7, 0.4), ComplexNumber(-2.3, 1.9), ComplexNumber(0.5, -3)] {
      let (one, square) = (ComplexNumber(1), z * z)
      #expect(abs(try function("euler").radius(z) - (one + z).magnitude) < 1e-14)
      #expect(abs(try function("heun").radius(z) - (one + z + 0.5 * square).magnitude) < 1e-13)
      let rk4 = one + z + 0.5 * square + (1.0 / 6) * (square * z) + (1.0 / 24) * (square * square)
      #expect(abs(try function("rk4").radius(z) - rk4.magnitude) < 1e-13)
      #expect(abs(try function("backward_euler").radius(z) * (one - z).magnitude - 1) < 1e-11)
    }
    // Dahlquist's roots of the midpoint rule, ζ² = 1 + 2zζ, at z = ½i lie on the circle; k of linear_multistep at z = 0 gives 1 and −k.
    #expect(abs(try function("midpoint").radius(ComplexNumber(0, 0.5)) - 1) < 1e-12)
    #expect(abs(try function("linear_multistep", own: [-1.4]).radius(ComplexNumber(0)) - 1.4) < 1e-12)
  }

  /// Theory.md §3 and §6: the real and the imaginary limits of the schemes.
  @Test(arguments: [
    ("euler", -1.0, 0.0, 2.0), ("heun", -1, 0, 2), ("rk4", 0, 1, 2 * 2.0.squareRoot()), ("ssprk3", 0, 1, 3.0.squareRoot()), ("euler", 0, 1, 0), ("heun", 0, 1, 0),
    ("verlet", 0, 1, 2), ("leapfrog", -1, 0, 4), ("midpoint", 0, 1, 1), ("midpoint", -1, 0, 0), ("backward_euler", -1, 0, .infinity), ("implicit_midpoint", 0, 1, .infinity), ("euler", 1, 0, 0),
  ]) func limits(_ name: String, _ re: Double, _ im: Double, _ expected: Double) throws {
    let found = try function(name).largestFactor(along: ComplexNumber(re, im))
    #expect(expected.isFinite ? abs(found - expected) < 1e-5 : found == .infinity, "\(name): \(found)")
  }

  /// [LU]: the real interval of linear_multistep is [−2(1 − k), 0].
  @Test(arguments: [-0.5, -0.1, 0.0, 0.4, 0.9]) func multistepInterval(_ k: Double) throws {
    #expect(abs(try function("linear_multistep", own: [k]).largestFactor(along: ComplexNumber(-1)) - 2 * (1 - k)) < 1e-5)
  }

  /// Just inside and just outside of a limit that is not 1.
  @Test func insideAndOutside() throws {
    let rk4 = try function("rk4")
    #expect(try rk4.isStable(ComplexNumber(0, 2.828)) && !rk4.isStable(ComplexNumber(0, 2.829)))
    #expect(try rk4.isStable(ComplexNumber(-2.785)) && !rk4.isStable(ComplexNumber(-2.786)))
  }
}

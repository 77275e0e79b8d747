import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct StableSizeTests {
  private func dynamics(_ kind: FrozenDynamics.Kind, slope activation: Activation = .tanh) throws -> FrozenDynamics {
    let place = OperatorPlace(DenseOperator(inputs: 4, outputs: 4, precision: .float64), tensor: 0, use: .itself, preparedOffset: nil)
    return try #require(FrozenDynamics(kind, activation, [.init(place)]))
  }

  private func limit(_ integrator: any Integrator, _ kind: FrozenDynamics.Kind, _ h: Double) throws -> Double? {
    if case .atMost(let limit) = integrator.largestStableSize(try dynamics(kind), stepSize: h) { return limit }
    return nil
  }

  /// The formulas of Theory.md §6.2 to §6.6 at h = 0.1.
  @Test func limitsAreThoseOfTheTheory() throws {
    let h = 0.1
    // §6.2: h = 2g/(L(g² + s²)) for L = 1, g = 0.2: s² = 4 − 0.04.
    #expect(abs(try #require(try limit(Euler(), .rotation(damping: 0.2), h)) - 3.96.squareRoot()) < 1e-12)
    // §6.3: h(γ + s)² = 2(γ − ½s).
    let s = try #require(try limit(Euler(), .dampedRotation(0.5), h))
    #expect(s > 0 && abs(h * (0.5 + s) * (0.5 + s) - 2 * (0.5 - 0.5 * s)) < 1e-12)
    #expect(try limit(Euler(), .descent, h) == 20)
    #expect(try limit(Verlet(), .oscillation, h) == 20 && abs(try #require(try limit(Verlet(), .potential, h)) - 400) < 1e-9)
    #expect(abs(try #require(try limit(Leapfrog(), .decay, h)) - 400) < 1e-9)
    let midpoint = try #require(try limit(Midpoint(), .rotation(damping: 0), h))
    #expect(midpoint < 10 && midpoint > 9.9999)
    #expect(abs(try #require(try limit(RungeKutta(.rk4()), .rotation(damping: 0), h)) - 10 * 8.0.squareRoot()) < 1e-9)
    #expect(abs(try #require(try limit(RungeKutta(.rk3()), .descent, h)) - 10) < 1e-7)
    #expect(try limit(RotationSplitting(.cayley, name: "cayley"), .rotationAndDescent, h) == 20)
  }

  /// At the limit linear steps do not grow, and slightly beyond it they do, measured by |R| at the outermost eigenvalue.
  @Test func limitsAreSharp() throws {
    let h = 0.3
    // Euler on the rotation of size s and damping g: |1 + h(−g + is)|.
    let s = try #require(try limit(Euler(), .rotation(damping: 0.2), h))
    func euler(_ s: Double) -> Double { (1 - 0.2 * h) * (1 - 0.2 * h) + h * h * s * s }
    #expect(euler(s) <= 1 + 1e-14 && euler(1.001 * s) > 1)
    // Verlet: y'' with frequency ω has trace 2 − h²ω² of its step matrix, bounded for ≥ −2.
    let w = try #require(try limit(Verlet(), .oscillation, h))
    #expect(2 - h * h * w * w >= -2 - 1e-12 && 2 - h * h * w * w * 1.01 < -2)
    // Leapfrog the same for λ = ω².
    let lambda = try #require(try limit(Leapfrog(), .decay, h))
    #expect(abs(2 - h * h * lambda + 2) < 1e-12)
  }

  @Test func whatHasNoLimitSaysWhy() throws {
    func reason(_ integrator: any Integrator, _ kind: FrozenDynamics.Kind, _ h: Double = 0.1) throws -> String? {
      if case .unknown(let reason) = integrator.largestStableSize(try dynamics(kind), stepSize: h) { return reason }
      return nil
    }
    #expect(try reason(Euler(), .rotation(damping: 0))?.contains("gamma") == true)
    #expect(try reason(Euler(), .rotation(damping: 30))?.contains("too strong") == true)
    #expect(try reason(RungeKutta(.heun()), .rotation(damping: 0))?.contains("imaginary") == true)
    #expect(try reason(AdamsBashforth(steps: 2), .descent) != nil)
    #expect(try integrators.standard("backward_euler").largestStableSize(dynamics(.descent), stepSize: 1) == .unlimited)
    #expect(try reason(Verlet(), .descent)?.hasSuffix(": hamiltonian, hamiltonian_two_weight, hamiltonian_h, second_order (form gradient)") == true)
    #expect(try reason(Leapfrog(), .oscillation)?.hasSuffix(": negative_definite, gradient_flow, second_order (form gradient)") == true)
    #expect(try reason(Midpoint(), .descent)?.hasSuffix(": antisymmetric, antisymmetric_damped") == true)
    #expect(try reason(RungeKutta(.rk4()), .oscillation)?.hasSuffix(": antisymmetric, antisymmetric_damped, negative_definite, gradient_flow") == true)
    // Heun's method is stable at no step on imaginary eigenvalues.
    #expect(try reason(RungeKutta(.heun()), .oscillation)?.hasSuffix(": negative_definite, gradient_flow") == true)
    #expect(try reason(RotationSplitting(.cayley, name: "cayley"), .descent)?.hasSuffix(": rotate_relax") == true)
    #expect(try reason(integrators.standard("backward_euler"), .oscillation)?.hasSuffix(": antisymmetric, antisymmetric_damped, negative_definite, gradient_flow, rotate_relax") == true)
  }
}

import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ImplicitMidpointTests {
  /// y' = λy: y₊ = (1 + hλ/2)/(1 − hλ/2)·y; at hλ = −100 the factor is −49/51.
  @Test(arguments: Precision.allCases) func stiffDecayIsStable(_ precision: Precision) throws {
    let example = try StepCase("dense", "implicit_midpoint", width: 2, h: 1, activation: .identity, bias: .none, precision: precision)
    for (index, value) in [-100, 0, 0, -100.0].enumerated() { example.tensors[0][index] = value }
    let start = try example.normal(5)
    var state = start
    for _ in 0..<3 { state = try example.run(state).after }
    // The residual is a few rounding errors; y₊ = 2m − y doubles it in each of three steps.
    #expect(largestDifference(state.values, start.values.map { $0 * -(49 * 49 * 49.0) / (51 * 51 * 51) }) < 100 * precision.epsilon)
    #expect(example.log.first == nil)
  }

  /// A linear rotation conserves ‖y‖ for any step size: the Cayley transform of an antisymmetric matrix is orthogonal (Hairer, Lubich & Wanner 2006, IV.2).
  @Test func rotationKeepsTheNorm() throws {
    let example = try StepCase("antisymmetric", "implicit_midpoint", h: 3, activation: .identity, bias: .none)
    let start = try example.normal(5)
    var state = start
    for _ in 0..<100 { state = try example.run(state).after }
    for sample in 0..<16 {
      let (now, then) = (norm(state.column(sample, of: 16)), norm(start.column(sample, of: 16)))
      // A hundred steps with a few rounding errors each.
      #expect(abs(now - then) < 1e-12 * then)
    }
  }

  @Test(arguments: ["dense", "antisymmetric", "hamiltonian"]) func isOfOrderTwo(_ name: String) throws {
    let order = try StepCase.observedOrder { try StepCase(name, "implicit_midpoint", h: $0) }
    #expect(abs(order - 2) < 0.15, "order \(order)")
  }

  /// A step uses weights and drive at its midpoint.
  @Test func evaluatesAtTheMiddleOfAStep() throws {
    #expect(try integrators.standard("implicit_midpoint").nodes == [0.5])
    #expect(try integrators.standard("implicit_midpoint").order == 2)
  }
}

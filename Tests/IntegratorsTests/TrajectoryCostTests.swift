import Integrators
import TestSupport
import Testing
import VectorFields

@Suite struct TrajectoryCostTests {
  /// The second term needs steps that map the field's own state; the first accepts every scheme.
  @Test func refusesWhatHasNoStepMap() throws {
    let field = try fields("antisymmetric").make(FieldConfiguration(width: 4, gamma: 0.1, precision: .float64))
    for name in ["euler", "rk4", "backward_euler"] { try TrajectoryCost(kinetic: 1, jacobian: 1).check(integrators.standard(name), field) }
    for name in ["leapfrog", "adams_bashforth2", "linear_multistep", "dopri5"] {
      try TrajectoryCost(kinetic: 1).check(integrators.standard(name), field)
      #expect(refusal { try TrajectoryCost(jacobian: 1).check(integrators.standard(name), field) }?.status == .incompatible, "\(name)")
    }
  }
}

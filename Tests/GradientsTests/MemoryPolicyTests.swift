import Gradients
import Integrators
import LinearAlgebra
import Settings
import Testing
import VectorFields

@Suite struct MemoryPolicyTests {
  @Test func reversibleRefusesEulerAndNamesWhatWouldDo() throws {
    let block = try ODEBlock(
      field: fields("dense").make(FieldConfiguration(width: 2)), integrator: integrators("euler"), layers: 3, horizon: 1, offset: 0, precision: .float32)
    #expect { try memoryPolicies("reversible").check(block) } throws: { error in
      (error as? Failure)?.status == .incompatible && "\(error)".contains("verlet")
    }
  }
}

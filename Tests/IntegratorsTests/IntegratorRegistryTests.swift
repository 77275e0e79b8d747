import Integrators
import Settings
import Testing
import VectorFields

@Suite struct IntegratorRegistryTests {
  @Test func verletRefusesAFieldOfOneComponentWithTheReason() throws {
    let dense = try fields("dense").make(FieldConfiguration(width: 2))
    #expect { try integrators.standard("verlet").check(dense) } throws: { error in
      (error as? Failure)?.status == .incompatible && "\(error)".contains("partitioned")
    }
  }
}

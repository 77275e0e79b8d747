import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct MemoryPolicyTests {
  @Test func reversibleRefusesEulerAndNamesWhatWouldDo() throws {
    let block = try ODEBlock(
      field: fields("dense").make(FieldConfiguration(width: 2)), integrator: integrators.standard("euler"), layers: 3, horizon: 1, offset: 0, precision: .float32)
    #expect { try memoryPolicies.standard("reversible").check(block) } throws: { error in
      (error as? Failure)?.status == .incompatible && "\(error)".contains("verlet")
    }
  }

  /// Without a gradient, the adjoint pulls back the same cotangent.
  @Test(arguments: memoryPolicies.names) func gradientIsOptional(_ name: String) throws {
    let policy = try memoryPolicies.standard(name)
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", layers: 5)
    let (rows, columns) = (policy.tapeRows(example.block), 16)
    let tape = try example.numbers(rows, columns).block(rows: rows, columns: columns)
    let width = example.stateWidth
    copy(try example.state(columns).block(rows: width, columns: columns), into: policy.initialState(example.block, tape: tape))
    let scratch = try example.numbers(example.block.scratchWidth, columns).block(rows: example.block.scratchWidth, columns: columns)
    _ = policy.forward(example.block, example.weights, tape: tape, scratch: scratch)
    let cotangent = try example.state(columns, seed: 14)
    policy.adjoint(
      example.block, example.weights, tape: tape, cotangent: cotangent.block(rows: width, columns: columns), gradient: nil, scratch: scratch)
    #expect(cotangent.bits == (try example.derivatives(policy, columns: columns)).cotangent.bits)
  }
}

import CStableODE
import Testing

struct MemoryPlanEntriesTests {
  private func plan(_ network: TestNetwork, _ memory: String?) -> (plan: sode_memory_plan, block: sode_block_memory) {
    var (plan, block) = (sode_memory_plan(), sode_block_memory())
    plan.struct_size = UInt32(MemoryLayout<sode_memory_plan>.size)
    block.struct_size = UInt32(MemoryLayout<sode_block_memory>.size)
    #expect(sode_network_memory_plan(network.handle, 64, memory, 1, &plan) == SODE_OK, "\(lastError())")
    #expect(sode_network_block_memory(network.handle, 64, memory, 1, 0, &block) == SODE_OK, "\(lastError())")
    return (plan, block)
  }

  @Test func checkpointsTradeBytesForSteps() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 8, "layers": 100}"#)
    let (all, some) = (plan(network, nil), plan(network, "binomial"))
    #expect(String(cString: all.block.policy) == "store_all" && String(cString: some.block.policy) == "binomial")
    #expect(all.block.recomputed_steps == 0 && all.block.layers == 100)
    #expect(some.block.recomputed_steps > 0 && some.block.tape_bytes < all.block.tape_bytes)
    #expect(all.plan.tape_bytes == all.block.total_tape_bytes && all.plan.scratch_bytes > all.plan.tape_bytes)
  }

  /// The gradient object holds exactly as many bytes as the plan says.
  @Test func theGradientHoldsWhatThePlanSaid() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 8, "layers": 100}"#)
    let said = plan(network, "store_every").plan.scratch_bytes
    var (gradient, bytes): (OpaquePointer?, Int64) = (nil, 0)
    #expect(sode_gradient_create(network.handle, 64, "store_every", 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    #expect(sode_gradient_bytes(gradient, &bytes) == SODE_OK)
    #expect(bytes == said)
  }

  @Test func unknownPoliciesAndBlocksAreNamed() throws {
    let network = try TestNetwork()
    var (plan, block) = (sode_memory_plan(), sode_block_memory())
    plan.struct_size = UInt32(MemoryLayout<sode_memory_plan>.size)
    block.struct_size = UInt32(MemoryLayout<sode_block_memory>.size)
    #expect(sode_network_memory_plan(network.handle, 64, "binomal", 1, &plan) == SODE_ERR_UNKNOWN_NAME)
    #expect(lastError().contains("did you mean 'binomial'"))
    #expect(sode_network_block_memory(network.handle, 64, nil, 1, 3, &block) == SODE_ERR_OUT_OF_RANGE)
  }

  @Test func theReconstructionErrorIsReported() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 4, "layers": 50, "field": "hamiltonian", "integrator": "verlet"}"#)
    var (gradient, report): (OpaquePointer?, sode_step_report) = (nil, sode_step_report())
    report.struct_size = UInt32(MemoryLayout<sode_step_report>.size)
    #expect(sode_gradient_create(network.handle, 2, "reversible", 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    var (points, labels, loss): ([Float], [Int32], Double) = ([1, 2, 3, 4], [0, 1], 0)
    var slope = [Float](repeating: 0, count: network.parameters.count)
    withTensor(&points, [2, 2]) { x in
      withTensor(&labels, [2]) { y in
        withTensor(&slope, [slope.count]) { #expect(sode_gradient_run(gradient, x, y, &loss, $0) == SODE_OK) }
      }
    }
    #expect(sode_gradient_report(gradient, &report) == SODE_OK)
    // Fifty float32 steps forward and back.
    #expect(report.reconstruction_error >= 0 && report.reconstruction_error < 1e-4)
  }
}

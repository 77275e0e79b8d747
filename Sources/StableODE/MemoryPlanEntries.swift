import CStableODE
import Gradients
import Integrators
import Networks
import Settings

// Section 11 of the header: memory plans of gradients, and reports of their steps.

@_cdecl("sode_gradient_report") @implementation
public func sode_gradient_report(_ gradient: OpaquePointer?, _ report: UnsafeMutablePointer<sode_step_report>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(report, "report")
    _ = try structSize(out, "report")
    try using(gradient, .gradient, "gradient") { box throws(Failure) in try writeStruct(sode_step_report(box.report), to: out, "report") }
  }
}

extension sode_step_report {
  init(_ report: StepReport) {
    self.init()
    evaluations = Int64(report.evaluations)
    accepted_steps = Int64(report.accepted)
    rejected_steps = Int64(report.rejected)
    iterations = Int64(report.iterations)
    reconstruction_error = report.reconstructionError
  }
}

@_cdecl("sode_network_memory_plan") @implementation
public func sode_network_memory_plan(
  _ network: OpaquePointer?, _ max_batch: Int64, _ memory: UnsafePointer<CChar>?, _ num_threads: Int64, _ plan: UnsafeMutablePointer<sode_memory_plan>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(plan, "plan")
    _ = try structSize(out, "plan")
    let made = try memoryPlan(network, max_batch, memory, num_threads)
    var result = sode_memory_plan()
    result.workers = Int64(made.workers)
    result.tile_columns = Int64(made.tileColumns)
    result.tape_bytes = Int64(made.tapeBytes)
    result.scratch_bytes = Int64(made.scratchBytes)
    try writeStruct(result, to: out, "plan")
  }
}

@_cdecl("sode_network_block_memory") @implementation
public func sode_network_block_memory(
  _ network: OpaquePointer?, _ max_batch: Int64, _ memory: UnsafePointer<CChar>?, _ num_threads: Int64, _ block: Int64,
  _ part: UnsafeMutablePointer<sode_block_memory>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(part, "part")
    _ = try structSize(out, "part")
    let made = try memoryPlan(network, max_batch, memory, num_threads)
    let row = made.blocks[Int(try checked(block, "block", in: 0...Int64(made.blocks.count - 1)))]
    var result = sode_block_memory()
    result.policy = try interned(row.policy)
    result.layers = Int64(row.layers)
    result.states = Int64(row.states)
    result.records = Int64(row.records)
    result.recomputed_steps = Int64(row.recomputedSteps)
    result.tape_bytes = Int64(row.tapeBytes)
    result.total_tape_bytes = Int64(row.totalTapeBytes)
    try writeStruct(result, to: out, "part")
  }
}

private func memoryPlan(
  _ network: OpaquePointer?, _ max_batch: Int64, _ memory: UnsafePointer<CChar>?, _ num_threads: Int64
) throws(Failure) -> MemoryPlan {
  let batch = try checked(max_batch, "max_batch", in: 1...mostSamples)
  let threads = try threads(num_threads)
  let policy = memory == nil ? nil : try memoryPolicies.standard(try text(memory, "memory"))
  return try using(network, .network, "network") { network throws(Failure) in
    try MemoryPlan(network.plan, batch: batch, memory: policy, threads: threads)
  }
}

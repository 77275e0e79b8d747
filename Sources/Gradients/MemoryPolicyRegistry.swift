import Settings

/// How a registered memory policy is made from its block options.
package typealias MemoryPolicyEntry = Factory<OptionValues, any MemoryPolicy>

/// The memory policies by name.
package let memoryPolicies = Registry<MemoryPolicyEntry>("memory policy", [
  ("store_all", "keep every layer's state and slopes: the fastest; memory grows with depth", MemoryPolicyEntry { _ in StoreAll() }),
  ("store_every", "keep the state of every k-th layer and recompute between: memory of √N layers for less than one more forward sweep", MemoryPolicyEntry(options: [checkpointEveryOption]) { (o) throws(Failure) in StoreEvery(try o.integer("checkpoint_every")) }),
  ("binomial", "recompute from s checkpoints in the optimal order [Griewank & Walther 2000]: any depth in little memory", MemoryPolicyEntry(options: [checkpointsOption, memoryLimitOption]) { (o) throws(Failure) in try Binomial(checkpoints: o.integer("checkpoints"), memoryLimit: o.integer("memory_limit")) }),
  ("automatic", "the first of store_all, store_every and binomial that keeps to memory_limit", MemoryPolicyEntry(options: [memoryLimitOption]) { (o) throws(Failure) in Automatic(memoryLimit: try o.integer("memory_limit")) }),
  ("reversible", "recompute the states backwards: constant memory at any depth; for reversible integrators", MemoryPolicyEntry(options: [reconstructionToleranceOption]) { (o) throws(Failure) in Reversible(tolerance: try o.real("reconstruction_tolerance")) }),
])

private let checkpointEveryOption = OptionDescription(
  "checkpoint_every", .integer(0...1_000_000), default: .integer(0), unit: "layers", "layers from one kept state to the next; 0 = ⌈√N⌉, which needs the least memory")

private let reconstructionToleranceOption = OptionDescription(
  "reconstruction_tolerance", .real(0...1e300), default: .real(0),
  "largest error of a recovered first state, relative to its size, that reversible makes a gradient of; above it training and gradients end in an error; 0 = 1e-3 in float32, 1e-6 in float64")

private let checkpointsOption = OptionDescription(
  "checkpoints", .integer(0...Int64(Binomial.maximumCheckpoints)), default: .integer(0), unit: "states",
  "kept states s of binomial; 0 = as many as memory_limit allows, or ⌈√N⌉ without a limit")

private let memoryLimitOption = OptionDescription(
  "memory_limit", .integer(0...Int64.max), default: .integer(0), unit: "bytes",
  "most bytes for what training remembers: the tapes of all blocks and threads of the network together; the smallest given by any block holds; 0 = no limit")

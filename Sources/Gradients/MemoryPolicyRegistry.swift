import Settings

/// How a registered memory policy is made from its block options.
package typealias MemoryPolicyEntry = Factory<OptionValues, any MemoryPolicy>

/// The memory policies by name.
package let memoryPolicies = Registry<MemoryPolicyEntry>("memory policy", [
  ("store_all", "keeps the state and the slopes of every layer: the fastest; memory grows with the number of layers", MemoryPolicyEntry { _ in StoreAll() }),
  ("store_every", "keeps the state of every k-th layer and computes the others again: memory grows with the square root of the number of layers, for less than one more forward pass", MemoryPolicyEntry(options: [checkpointEveryOption]) { (o) throws(Failure) in StoreEvery(try o.integer("checkpoint_every")) }),
  ("binomial", "keeps few states and computes the others again in the optimal order [Griewank & Walther 2000]: any number of layers in little memory", MemoryPolicyEntry(options: [checkpointsOption, memoryLimitOption]) { (o) throws(Failure) in try Binomial(checkpoints: o.integer("checkpoints"), memoryLimit: o.integer("memory_limit")) }),
  ("automatic", "the first of store_all, store_every and binomial that needs no more than memory_limit", MemoryPolicyEntry(options: [memoryLimitOption]) { (o) throws(Failure) in Automatic(memoryLimit: try o.integer("memory_limit")) }),
  ("reversible", "computes the states again from the last one backwards: the same memory for any number of layers; for reversible integrators", MemoryPolicyEntry(options: [reconstructionToleranceOption]) { (o) throws(Failure) in Reversible(tolerance: try o.real("reconstruction_tolerance")) }),
])

private let checkpointEveryOption = OptionDescription(
  "checkpoint_every", .integer(0...1_000_000), default: .integer(0), unit: "layers", "layers from one kept state to the next; 0: ⌈√N⌉ for N layers, which needs the least memory")

private let reconstructionToleranceOption = OptionDescription(
  "reconstruction_tolerance", .real(0...1e300), default: .real(0),
  "largest relative error of the first state that reversible may recover; if the error is larger, training and gradients fail instead of using it; 0: 1e-3 in float32, 1e-6 in float64")

private let checkpointsOption = OptionDescription(
  "checkpoints", .integer(0...Int64(Binomial.maximumCheckpoints)), default: .integer(0), unit: "states",
  "number of states that binomial keeps; 0: as many as memory_limit allows, or ⌈√N⌉ for N layers without a limit")

private let memoryLimitOption = OptionDescription(
  "memory_limit", .integer(0...Int64.max), default: .integer(0), unit: "bytes",
  "most bytes that training may use for kept states, over all blocks and threads of the network; if blocks give different limits, the smallest is used; 0: no limit")

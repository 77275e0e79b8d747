import Integrators
import LinearAlgebra
import Settings

/// How a block remembers its forward sweep until the adjoint sweep: stored, or recomputed.
///
/// The tape of a tile is a block of `tapeRows` rows. Every policy gives the exact gradient of the steps taken; reversible recomputation differs by the rounding of the
/// reconstructed states.
package protocol MemoryPolicy: Sendable {
  /// Refuses a block that it cannot serve, with the reason.
  func check(_ block: ODEBlock) throws(Failure)
  func tapeRows(_ block: ODEBlock) -> Int
  /// The first state of the tape, which the caller fills before `forward`.
  func initialState(_ block: ODEBlock, tape: Block) -> Block
  /// Runs all layers; gives the final state, a view of the tape. `scratch` has the block's `scratchWidth` rows.
  func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block
  /// After `forward`: the cotangent of the final state becomes that of the initial state, in place; the gradient accumulates.
  func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block)
}

extension MemoryPolicy {
  package func check(_ block: ODEBlock) throws(Failure) {}
}

/// A registered memory policy: the block options it takes, and how it is made from their values.
package struct MemoryPolicyEntry: Sendable {
  package let options: [OptionDescription]
  package let make: @Sendable (OptionValues) throws(Failure) -> any MemoryPolicy

  init(options: [OptionDescription] = [], _ make: @escaping @Sendable (OptionValues) throws(Failure) -> any MemoryPolicy) {
    self.options = options
    self.make = make
  }
}

/// The memory policies by name.
package let memoryPolicies = Registry<MemoryPolicyEntry>("memory policy", [
  ("store_all", "keep every layer's state and slopes: the fastest; memory grows with depth", MemoryPolicyEntry { _ in StoreAll() }),
  ("reversible", "recompute the states backwards: constant memory at any depth; for reversible integrators", MemoryPolicyEntry { _ in Reversible() }),
])

/// The options that single policies take, each once.
package let memoryOptions: [OptionDescription] = distinctOptions(memoryPolicies.entries.map(\.entry.options))

extension Registry where Entry == MemoryPolicyEntry {
  /// The policy of this name with its options at their defaults.
  package func standard(_ name: String) throws(Failure) -> any MemoryPolicy {
    try self(name).make(OptionValues(scope: "block", memoryOptions))
  }
}

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
  /// Runs all layers; gives the final state, a view of the tape.
  func forward(_ block: ODEBlock, _ weights: Weights, tape: Block) -> Block
  /// After `forward`: the cotangent of the final state becomes that of the initial state, in place; the gradient accumulates.
  func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: Vector?, scratch: Block)
}

extension MemoryPolicy {
  package func check(_ block: ODEBlock) throws(Failure) {}
}

/// The memory policies by name.
package let memoryPolicies = Registry<any MemoryPolicy>("memory policy", [
  ("store_all", "keep every layer's state and slopes: the fastest; memory grows with depth", StoreAll()),
  ("reversible", "recompute the states backwards: constant memory at any depth; for reversible integrators", Reversible()),
])

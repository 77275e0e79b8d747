import LinearAlgebra

/// Chooses by the memory that is available: `StoreAll` if it fits, else the `StoreEvery` of the longest segments that fits, else `Binomial` with as many checkpoints as fit.
///
/// In this order each recomputes less than the next, and all give the bits of `StoreAll`: the choice affects time alone. `Reversible` is never chosen, because it changes bits.
/// Without a limit, and until `fitted` is called, it behaves like `StoreAll`.
package struct Automatic: MemoryPolicy {
  package let byteLimit: Int?

  /// - Parameter memoryLimit: bytes; 0 for none.
  package init(memoryLimit: Int) { byteLimit = memoryLimit == 0 ? nil : memoryLimit }

  package var name: String { "automatic" }

  package func use(_ block: ODEBlock) -> MemoryUse { StoreAll().use(block) }
  package func leastTapeRows(_ block: ODEBlock) -> Int { min(mostTapeRows(block), Binomial.rows(block, 1)) }
  package func mostTapeRows(_ block: ODEBlock) -> Int { StoreAll().tapeRows(block) }

  package func fitted(to block: ODEBlock, rows: Int) -> any MemoryPolicy {
    if rows >= mostTapeRows(block) { return StoreAll() }
    return StoreEvery.longest(block, rows: rows) ?? Binomial.most(block, rows: rows)
  }

  package func initialState(_ block: ODEBlock, tape: Block) -> Block { StoreAll().initialState(block, tape: tape) }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    StoreAll().forward(block, weights, tape: tape, scratch: scratch)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    StoreAll().adjoint(block, weights, tape: tape, cotangent: cotangent, gradient: gradient, scratch: scratch)
  }
}

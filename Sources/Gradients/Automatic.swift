import LinearAlgebra

/// Chooses a policy by the available memory: `StoreAll` if it fits, otherwise `StoreEvery` with the longest segments that fit, otherwise `Binomial` with as many checkpoints as fit.
///
/// In this order, each policy recomputes less than the next. All give the bits of `StoreAll`, so that the choice affects only the time. `Reversible` is never chosen, because it changes bits.
/// Without a limit, and until `fitted` is called, it behaves like `StoreAll`.
package struct Automatic: MemoryPolicy {
  package let byteLimit: Int?

  /// - Parameter memoryLimit: the limit in bytes; 0 for none.
  package init(memoryLimit: Int) { byteLimit = memoryLimit == 0 ? nil : memoryLimit }

  package var name: String { "automatic" }

  package func use(_ block: ODEBlock) -> MemoryUse { StoreAll().use(block) }
  package func leastTapeRows(_ block: ODEBlock) -> Int { min(mostTapeRows(block), Binomial.rows(block, 1)) }
  package func mostTapeRows(_ block: ODEBlock) -> Int { StoreAll().tapeRows(block) }

  package func fitted(to block: ODEBlock, rows: Int) -> any MemoryPolicy {
    if rows >= mostTapeRows(block) { return StoreAll() }
    return StoreEvery.longest(block, rows: rows) ?? Binomial.most(block, rows: rows)
  }

  package func initialRow(_ block: ODEBlock) -> Int { StoreAll().initialRow(block) }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    StoreAll().forward(block, weights, tape: tape, scratch: scratch)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    StoreAll().adjoint(block, weights, tape: tape, cotangent: cotangent, gradient: gradient, scratch: scratch)
  }
}

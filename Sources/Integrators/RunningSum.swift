import LinearAlgebra

/// Computes out = base + Σ c_i·x_i for any number of terms. Each block is read once; terms with the coefficient 0 cost nothing.
///
/// Up to eight terms take one pass; more are added eight at a time, in order. The terms are held inline, so nothing is allocated.
package struct RunningSum {
  private var terms = WeightedTerms()
  private var base: Block?
  private let out: Block

  /// - Parameter base: nil stands for zeros; it may be the memory of `out`.
  package init(_ base: Block?, into out: Block) {
    self.base = base
    self.out = out
  }

  /// Adds c·x. `x` has the shape of `out` and does not share its memory.
  package mutating func add(_ coefficient: Double, _ x: Block) {
    guard coefficient != 0 else { return }
    if terms.count == WeightedTerms.capacity { finish() }
    terms.append(coefficient, x)
  }

  /// Writes the sum.
  package mutating func finish() {
    weightedSum(terms, addingTo: base, into: out)
    (terms, base) = (WeightedTerms(), out)
  }
}

import CKernels

/// Up to eight blocks with their coefficients, such as the stages of a Runge–Kutta step. They are stored inline, so that nothing is allocated.
package struct WeightedTerms {
  /// The largest number of terms in one sum.
  package static let capacity = 8

  package private(set) var count = 0
  fileprivate var terms = InlineArray<8, WeightedTerm>(repeating: WeightedTerm())
  fileprivate var areContiguous = true

  package init() {}

  /// Appends the term coefficient·x. The caller must leave out terms with the coefficient 0, because 0·∞ is NaN.
  package mutating func append(_ coefficient: Double, _ x: Block) {
    precondition(count < WeightedTerms.capacity, "more terms than a weighted sum takes")
    terms[count] = WeightedTerm(coefficient: coefficient, x: x.base, stride: x.stride)
    areContiguous = areContiguous && x.isContiguous
    count += 1
  }

  /// Some rows of all blocks.
  fileprivate func rows(_ range: Range<Int>, _ precision: Precision) -> WeightedTerms {
    var part = self
    for index in 0..<count { part.terms[index].x = terms[index].x.map { $0 + range.lowerBound * terms[index].stride * precision.byteCount } }
    return part
  }
}

/// out = base + Σ_m c_m·x_m, or out = base + f⊙Σ_m c_m·x_m, in one pass, with fused multiply-adds in the order given.
///
/// - Parameters:
///   - terms: blocks of the shape of `out`; none give `base`.
///   - factors: one row: a factor for each column, such as its step size; nil for none.
///   - base: nil stands for zeros; it may be the memory of `out`, as may any x_m.
/// - Cost: each block is read once and `out` written once; no allocation.
package func weightedSum(_ terms: WeightedTerms, factors: Block? = nil, addingTo base: Block?, into out: Block) {
  if BlockPieces.areMany(out) {
    return forEachPiece(of: out.rows, BlockPieces.rows(out)) { rows in sum(terms.rows(rows, out.precision), factors: factors, addingTo: base?.rows(rows), into: out.rows(rows)) }
  }
  sum(terms, factors: factors, addingTo: base, into: out)
}

private func sum(_ terms: WeightedTerms, factors: Block?, addingTo base: Block?, into out: Block) {
  let flat = factors == nil && terms.areContiguous && out.isContiguous && base?.isContiguous != false
  withUnsafePointer(to: terms.terms) { first in
    var call = WeightedSumCall(
      terms: UnsafeRawPointer(first).assumingMemoryBound(to: WeightedTerm.self), count: terms.count, factors: factors.map { UnsafeRawPointer($0.base) },
      base: base.map { UnsafeRawPointer($0.base) }, baseStride: base?.stride ?? 0, out: out.base, outStride: out.stride, rows: flat ? 1 : out.rows,
      columns: flat ? out.rows * out.columns : out.columns)
    Kernels.table(out.precision).pointee.weightedSum(&call)
  }
}

import KernelInterface

/// Up to eight blocks with their coefficients, as a Runge–Kutta step sums its stages; held inline, so that making one allocates nothing.
package struct WeightedTerms {
  /// The most terms that one sum takes.
  package static let capacity = 8

  package private(set) var count = 0
  fileprivate var coefficients = InlineArray<8, Double>(repeating: 0)
  fileprivate var bases = InlineArray<8, UnsafeRawPointer?>(repeating: nil)
  fileprivate var strides = InlineArray<8, Int>(repeating: 0)
  fileprivate var areContiguous = true

  package init() {}

  /// Appends coefficient·x. Terms whose coefficient is 0 are left out by the caller, since 0·∞ is NaN.
  package mutating func append(_ coefficient: Double, _ x: Block) {
    precondition(count < WeightedTerms.capacity, "more terms than a weighted sum takes")
    coefficients[count] = coefficient
    bases[count] = UnsafeRawPointer(x.base)
    strides[count] = x.stride
    areContiguous = areContiguous && x.isContiguous
    count += 1
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
  var x = InlineArray<8, UnsafeRawPointer>(repeating: UnsafeRawPointer(out.base))
  for term in 0..<terms.count { x[term] = terms.bases[term] ?? x[term] }
  let flat = factors == nil && terms.areContiguous && out.isContiguous && base?.isContiguous != false
  var call = WeightedSumCall(
    count: terms.count, a: terms.coefficients, x: x, xStride: terms.strides, factors: factors.map { UnsafeRawPointer($0.base) }, base: base.map { UnsafeRawPointer($0.base) }, baseStride: base?.stride ?? 0, out: out.base,
    outStride: out.stride, rows: flat ? 1 : out.rows, columns: flat ? out.rows * out.columns : out.columns)
  Kernels.table(out.precision).pointee.weightedSum(&call)
}

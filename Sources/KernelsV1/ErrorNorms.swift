import CKernels

/// out[s] = √(mean_i (x/(b + a·max(|y|, |base|)))²), i ascending.
@inline(__always) func errorNorms<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  var column = 0
  while column &+ F.Wide.count <= c.columns {
    errorNorm(F.Wide.self, c, column)
    column &+= F.Wide.count
  }
  while column < c.columns {
    errorNorm(F.One.self, c, column)
    column &+= 1
  }
}

@inline(__always) private func errorNorm<L: Lanes>(_: L.Type, _ c: ElementwiseCall, _ column: Int) {
  typealias S = L.Scalar
  guard let y = c.y, let z = c.base else { return }
  var error = c.x.assumingMemoryBound(to: S.self) + column
  var from = y.assumingMemoryBound(to: S.self) + column
  var to = z.assumingMemoryBound(to: S.self) + column
  let (relative, absolute) = (L(S(c.a)), L(S(c.b)))
  var sum = L(0)
  var rows = c.rows
  while rows > 0 {
    let (before, after) = (L(loading: from), L(loading: to))
    let tolerance = L.fma(relative, L.larger(before.magnitude, after.magnitude), absolute)
    // The quotient alone would be 0 for an infinite y or base; 0·y and 0·base are added, which are NaN then.
    let quotient = L.fma(L(0), before, L.fma(L(0), after, L(loading: error))) / tolerance
    sum = L.fma(quotient, quotient, sum)
    error += c.xStride
    from += c.yStride
    to += c.baseStride
    rows &-= 1
  }
  (sum / L(S(c.rows))).squareRoot.store(c.out.assumingMemoryBound(to: S.self) + column)
}

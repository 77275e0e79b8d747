import CKernels

/// out = base + scale·σ(x), slope = σ'(x), over rows × columns.
@inline(__always) func activate<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ActivateCall.self).pointee
  withActivation(c.activation, ActivateRows<F>(call: c))
}

/// The rows of one call, each passed to its activation's body.
private struct ActivateRows<F: Family>: ActivationWork {
  let call: ActivateCall
  @inline(__always) func run<A: ActivationKernel>(_: A.Type) {
    typealias S = F.Scalar
    var row = 0
    while row < call.rows {
      activateRow(
        F.self, A.self, call.x.assumingMemoryBound(to: S.self) + row &* call.xStride, call.scale,
        call.base.map { $0.assumingMemoryBound(to: S.self) + row &* call.baseStride }, call.out.assumingMemoryBound(to: S.self) + row &* call.outStride,
        call.slope.map { $0.assumingMemoryBound(to: S.self) + row &* call.slopeStride }, call.columns)
      row &+= 1
    }
  }
}

/// `count` numbers in a row: out = base + scale·σ(x), slope = σ'(x). `out` or `slope` may be `x`.
///
/// Not inlined, so that an activation has one such body, which the affine kernels share for the activations that they do not fuse.
@inline(never) func activateRow<F: Family, A: ActivationKernel>(
  _: F.Type, _: A.Type, _ x: UnsafePointer<F.Scalar>, _ scale: Double, _ base: UnsafePointer<F.Scalar>?, _ out: UnsafeMutablePointer<F.Scalar>,
  _ slope: UnsafeMutablePointer<F.Scalar>?, _ count: Int
) {
  let factor = F.Scalar(scale)
  var i = 0
  while i &+ F.Wide.count <= count {
    activated(F.Wide.self, A.self, x, factor, base, out, slope, i)
    i &+= F.Wide.count
  }
  while i < count {
    activated(F.One.self, A.self, x, factor, base, out, slope, i)
    i &+= 1
  }
}

@inline(__always) private func activated<L: Lanes, A: ActivationKernel>(
  _: L.Type, _: A.Type, _ x: UnsafePointer<L.Scalar>, _ scale: L.Scalar, _ base: UnsafePointer<L.Scalar>?, _ out: UnsafeMutablePointer<L.Scalar>,
  _ slope: UnsafeMutablePointer<L.Scalar>?, _ i: Int
) {
  let (value, derivative) = A.valueAndSlope(L(loading: x + i))
  let sum = L.fma(L(scale), value, base.map { L(loading: $0 + i) } ?? L(0))
  if let slope { derivative.store(slope + i) }
  sum.store(out + i)
}

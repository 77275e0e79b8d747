import CKernels

/// out[i,s] = base[i,s] + a·f[i·stride]·y[i,s]: x of the call holds the factors f, `xStride` their stride.
@inline(__always) func scaleRows<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  guard let y = c.y else { return }
  let factors = c.x.assumingMemoryBound(to: F.Scalar.self)
  var row = 0
  while row < c.rows {
    let factor = F.Scalar(c.a) * factors[row &* c.xStride]
    let y = y.assumingMemoryBound(to: F.Scalar.self) + row &* c.yStride
    let base = c.base.map { $0.assumingMemoryBound(to: F.Scalar.self) + row &* c.baseStride }
    let out = c.out.assumingMemoryBound(to: F.Scalar.self) + row &* c.outStride
    var i = 0
    while i &+ F.Wide.count <= c.columns {
      scaled(F.Wide.self, factor, y, base, out, i)
      i &+= F.Wide.count
    }
    while i < c.columns {
      scaled(F.One.self, factor, y, base, out, i)
      i &+= 1
    }
    row &+= 1
  }
}

@inline(__always) private func scaled<L: Lanes>(
  _: L.Type, _ factor: L.Scalar, _ y: UnsafePointer<L.Scalar>, _ base: UnsafePointer<L.Scalar>?, _ out: UnsafeMutablePointer<L.Scalar>, _ i: Int
) {
  L.fma(L(factor), L(loading: y + i), base.map { L(loading: $0 + i) } ?? L(0)).store(out + i)
}

/// out[i·outStride] += a·Σ_s x[i,s]·y[i,s].
@inline(__always) func rowDots<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  typealias Four = Pair<Pair<F.Wide>>
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  guard let y = c.y else { return }
  let out = c.out.assumingMemoryBound(to: F.Scalar.self)
  var row = 0
  while row < c.rows {
    let x = c.x.assumingMemoryBound(to: F.Scalar.self) + row &* c.xStride
    let y = y.assumingMemoryBound(to: F.Scalar.self) + row &* c.yStride
    // Four independent sums, so that their additions overlap.
    var four = Four(0)
    var i = 0
    while i &+ Four.count <= c.columns {
      four = Four.fma(Four(loading: x + i), Four(loading: y + i), four)
      i &+= Four.count
    }
    while i &+ F.Wide.count <= c.columns {
      four.a.a = F.Wide.fma(F.Wide(loading: x + i), F.Wide(loading: y + i), four.a.a)
      i &+= F.Wide.count
    }
    var sum = four.sum
    while i < c.columns {
      sum += x[i] * y[i]
      i &+= 1
    }
    out[row &* c.outStride] += F.Scalar(c.a) * sum
    row &+= 1
  }
}

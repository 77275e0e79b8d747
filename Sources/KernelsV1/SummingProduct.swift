import CKernels

/// out = a·x⊙y and sums[i·sumStride] += Σ_s out[i,s]: the sums are taken while the numbers are in registers.
@inline(__always) func multiplySumming<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  typealias S = F.Scalar
  let c = call.assumingMemoryBound(to: SummingProductCall.self).pointee
  let a = F.Wide(S(c.a))
  let sums = c.sums.assumingMemoryBound(to: S.self)
  var row = 0
  while row < c.rows {
    let x = c.x.assumingMemoryBound(to: S.self) + row &* c.xStride
    let y = c.y.assumingMemoryBound(to: S.self) + row &* c.yStride
    let out = c.out.assumingMemoryBound(to: S.self) + row &* c.outStride
    // Four independent sums, so that their additions overlap.
    var four = Pair<Pair<F.Wide>>(0)
    var i = 0
    while i &+ 4 &* F.Wide.count <= c.columns {
      let product = Pair<Pair<F.Wide>>(S(c.a)) * (Pair(loading: x + i) * Pair(loading: y + i))
      product.store(out + i)
      four = four + product
      i &+= 4 &* F.Wide.count
    }
    while i &+ F.Wide.count <= c.columns {
      let product = a * (F.Wide(loading: x + i) * F.Wide(loading: y + i))
      product.store(out + i)
      four.a.a = four.a.a + product
      i &+= F.Wide.count
    }
    var sum = four.sum
    while i < c.columns {
      out[i] = S(c.a) * (x[i] * y[i])
      sum += out[i]
      i &+= 1
    }
    sums[row &* c.sumStride] += sum
    row &+= 1
  }
}

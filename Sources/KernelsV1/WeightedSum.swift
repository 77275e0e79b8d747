import CKernels

/// out = base + Σ_m a_m·x_m, m ascending, or out = base + f⊙Σ_m a_m·x_m with a factor f for each column, in one pass.
@inline(__always) func weightedSum<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  typealias Four = Pair<Pair<F.Wide>>
  let c = UnsafePointer(call.assumingMemoryBound(to: WeightedSumCall.self))
  let columns = c.pointee.columns
  var row = 0
  while row < c.pointee.rows {
    var i = 0
    while i &+ Four.count <= columns {
      sum(Four.self, c, row, i)
      i &+= Four.count
    }
    while i &+ F.Wide.count <= columns {
      sum(F.Wide.self, c, row, i)
      i &+= F.Wide.count
    }
    while i < columns {
      sum(F.One.self, c, row, i)
      i &+= 1
    }
    row &+= 1
  }
}

@inline(__always) private func sum<L: Lanes>(_: L.Type, _ c: UnsafePointer<WeightedSumCall>, _ row: Int, _ column: Int) {
  typealias S = L.Scalar
  let base = c.pointee.base.map { L(loading: $0.assumingMemoryBound(to: S.self) + (row &* c.pointee.baseStride &+ column)) } ?? L(0)
  let factors = c.pointee.factors.map { $0.assumingMemoryBound(to: S.self) + column }
  var sum = factors == nil ? base : L(0)
  var term = 0
  while term < c.pointee.count {
    let next = c.pointee.terms[term]
    term &+= 1
    guard let x = next.x else { continue }
    sum = L.fma(L(S(next.coefficient)), L(loading: x.assumingMemoryBound(to: S.self) + (row &* next.stride &+ column)), sum)
  }
  if let factors { sum = L.fma(L(loading: factors), sum, base) }
  sum.store(c.pointee.out.assumingMemoryBound(to: S.self) + (row &* c.pointee.outStride &+ column))
}

import CKernels

/// out[s] = Σ_i x[i,s]·y[i,s], i ascending.
@inline(__always) func columnDots<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  var column = 0
  while column &+ F.Strip.count <= c.columns {
    columnDot(F.Strip.self, c, column)
    column &+= F.Strip.count
  }
  while column &+ F.Wide.count <= c.columns {
    columnDot(F.Wide.self, c, column)
    column &+= F.Wide.count
  }
  while column < c.columns {
    columnDot(F.One.self, c, column)
    column &+= 1
  }
}

@inline(__always) private func columnDot<L: Lanes>(_: L.Type, _ c: ElementwiseCall, _ column: Int) {
  typealias S = L.Scalar
  guard let y = c.y else { return }
  var x = c.x.assumingMemoryBound(to: S.self) + column
  var other = y.assumingMemoryBound(to: S.self) + column
  var sum = L(0)
  var rows = c.rows
  while rows > 0 {
    sum = L.fma(L(loading: x), L(loading: other), sum)
    x += c.xStride
    other += c.yStride
    rows &-= 1
  }
  sum.store(c.out.assumingMemoryBound(to: S.self) + column)
}

/// out[i,s] = base[s] ≠ 0 ? x[i,s] : y[i,s]. The call's `base` is the mask, a number for each column.
@inline(__always) func selectColumns<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  var row = 0
  while row < c.rows {
    var column = 0
    while column &+ F.Wide.count <= c.columns {
      select(F.Wide.self, c, row, column)
      column &+= F.Wide.count
    }
    while column < c.columns {
      select(F.One.self, c, row, column)
      column &+= 1
    }
    row &+= 1
  }
}

@inline(__always) private func select<L: Lanes>(_: L.Type, _ c: ElementwiseCall, _ row: Int, _ column: Int) {
  typealias S = L.Scalar
  guard let y = c.y, let mask = c.base else { return }
  let a = L(loading: c.x.assumingMemoryBound(to: S.self) + (row &* c.xStride &+ column))
  let b = L(loading: y.assumingMemoryBound(to: S.self) + (row &* c.yStride &+ column))
  L.choose(a, b, whereLess: L(0), than: L(loading: mask.assumingMemoryBound(to: S.self) + column).magnitude)
    .store(c.out.assumingMemoryBound(to: S.self) + (row &* c.outStride &+ column))
}

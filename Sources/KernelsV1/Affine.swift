import CKernels

/// out = base + scale·σ(W x + bias) on a tile of samples.
///
/// A register tile holds four outputs × a strip of columns. For each k, the inner loop makes one load of x for each vector of columns, one broadcast of W for each output, and their multiply-adds. k
/// ascends, so that each number's bits depend on nothing but its own operands. The sums go to a buffer of one tile, which stays in the first-level cache; from there they go through activation, slope
/// and update. For the identity the update is made from the registers, and if the sum is not scaled, it starts from the base.
///
/// - Parameter room: 1 KB.
@inline(__always) func affineTile<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: AffineCall.self))
  let sums = room.assumingMemoryBound(to: F.Scalar.self)
  let columns = c.pointee.columns
  var column = 0
  while column &+ F.Strip.count <= columns {
    strip(F.self, F.Strip.self, c, column, sums)
    column &+= F.Strip.count
  }
  while column &+ F.MediumStrip.count <= columns {
    strip(F.self, F.MediumStrip.self, c, column, sums)
    column &+= F.MediumStrip.count
  }
  while column &+ F.SmallStrip.count <= columns {
    strip(F.self, F.SmallStrip.self, c, column, sums)
    column &+= F.SmallStrip.count
  }
}

@inline(never) private func strip<F: Family, L: Lanes>(
  _: F.Type, _: L.Type, _ c: UnsafePointer<AffineCall>, _ column: Int, _ sums: UnsafeMutablePointer<L.Scalar>
) where L.Scalar == F.Scalar {
  let rows = c.pointee.outputs
  let direct = c.pointee.activation == 0
  let isWhole = sumIsWhole(c)
  let base = isWhole ? c.pointee.base : nil
  var row = 0
  while row &+ 4 <= rows {
    fourRows(L.self, c, row, column, sums, direct, isWhole, base)
    direct ? fillSlope(L.self, c, row, 4, column) : finish(F.self, c, row, 4, column, L.count, sums)
    row &+= 4
  }
  while row < rows {
    oneRow(L.self, c, row, column, sums, direct, isWhole, base)
    direct ? fillSlope(L.self, c, row, 1, column) : finish(F.self, c, row, 1, column, L.count, sums)
    row &+= 1
  }
}

/// Whether the call asks for base + W x or W x alone. A sum that starts from the base is then the result. This does not depend on whether slopes are asked for, so that the bits of `out` do not either.
@inline(__always) func sumIsWhole(_ c: UnsafePointer<AffineCall>) -> Bool {
  c.pointee.activation == 0 && c.pointee.scale == 1 && c.pointee.bias == nil
}

/// The slope of the identity, 1, if it is asked for.
@inline(__always) private func fillSlope<L: Lanes>(_: L.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ rows: Int, _ column: Int) {
  guard let slope = c.pointee.slope?.assumingMemoryBound(to: L.Scalar.self) else { return }
  var r = row
  while r < row &+ rows {
    L(1).store(slope + (r &* c.pointee.slopeStride &+ column))
    r &+= 1
  }
}

@inline(__always) private func fourRows<L: Lanes>(
  _: L.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ column: Int, _ sums: UnsafeMutablePointer<L.Scalar>, _ direct: Bool, _ isWhole: Bool,
  _ base: UnsafeRawPointer?
) {
  typealias S = L.Scalar
  var s0 = start(L.self, c, row, column, base)
  var s1 = start(L.self, c, row &+ 1, column, base)
  var s2 = start(L.self, c, row &+ 2, column, base)
  var s3 = start(L.self, c, row &+ 3, column, base)
  let down = c.pointee.rowStride
  let across = c.pointee.columnStride
  let next = c.pointee.xStride
  var w = c.pointee.weights.assumingMemoryBound(to: S.self) + row &* down
  var x = c.pointee.x.assumingMemoryBound(to: S.self) + column
  var k = c.pointee.inputs
  while k > 0 {
    let v = L(loading: x)
    s0 = L.fma(L(w[0]), v, s0)
    s1 = L.fma(L(w[down]), v, s1)
    s2 = L.fma(L(w[2 &* down]), v, s2)
    s3 = L.fma(L(w[3 &* down]), v, s3)
    w += across
    x += next
    k &-= 1
  }
  if direct {
    update(c, row, column, s0, isWhole)
    update(c, row &+ 1, column, s1, isWhole)
    update(c, row &+ 2, column, s2, isWhole)
    update(c, row &+ 3, column, s3, isWhole)
    return
  }
  s0.store(sums)
  s1.store(sums + L.count)
  s2.store(sums + 2 &* L.count)
  s3.store(sums + 3 &* L.count)
}

/// Stores the result of a call with the identity: the sum itself if it is the result, otherwise base + scale·sum.
@inline(__always) private func update<L: Lanes>(_ c: UnsafePointer<AffineCall>, _ row: Int, _ column: Int, _ sum: L, _ isWhole: Bool) {
  typealias S = L.Scalar
  let out = c.pointee.out.assumingMemoryBound(to: S.self) + (row &* c.pointee.outStride &+ column)
  // Adding zero turns −0 into 0, as the multiply-add does.
  if isWhole { return (sum + L(0)).store(out) }
  let base = c.pointee.base.map { L(loading: $0.assumingMemoryBound(to: S.self) + (row &* c.pointee.baseStride &+ column)) } ?? L(0)
  L.fma(L(S(c.pointee.scale)), sum, base).store(out)
}

@inline(__always) private func oneRow<L: Lanes>(
  _: L.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ column: Int, _ sums: UnsafeMutablePointer<L.Scalar>, _ direct: Bool, _ isWhole: Bool,
  _ base: UnsafeRawPointer?
) {
  typealias S = L.Scalar
  var sum = start(L.self, c, row, column, base)
  var w = c.pointee.weights.assumingMemoryBound(to: S.self) + row &* c.pointee.rowStride
  var x = c.pointee.x.assumingMemoryBound(to: S.self) + column
  var k = c.pointee.inputs
  while k > 0 {
    sum = L.fma(L(w.pointee), L(loading: x), sum)
    w += c.pointee.columnStride
    x += c.pointee.xStride
    k &-= 1
  }
  if direct { return update(c, row, column, sum, isWhole) }
  sum.store(sums)
}

/// Where the sum of an output starts: at the base if one is given here, otherwise at its bias, or 0.
@inline(__always) private func start<L: Lanes>(_: L.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ column: Int, _ base: UnsafeRawPointer?) -> L {
  if let base { return L(loading: base.assumingMemoryBound(to: L.Scalar.self) + (row &* c.pointee.baseStride &+ column)) }
  guard let bias = c.pointee.bias else { return L(0) }
  return L(bias.assumingMemoryBound(to: L.Scalar.self)[row &* c.pointee.biasStride])
}

/// Activation, slope and update of `rows` × `width` sums.
@inline(__always) private func finish<F: Family>(
  _: F.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ rows: Int, _ column: Int, _ width: Int, _ sums: UnsafePointer<F.Scalar>
) {
  withActivation(c.pointee.activation, Finish<F>(call: c, row: row, rows: rows, column: column, width: width, sums: sums))
}

private struct Finish<F: Family>: ActivationWork {
  let call: UnsafePointer<AffineCall>
  let row: Int
  let rows: Int
  let column: Int
  let width: Int
  let sums: UnsafePointer<F.Scalar>
  @inline(__always) func run<A: ActivationKernel>(_: A.Type) {
    typealias S = F.Scalar
    if A.isFused { return finish(F.self, A.self, call, row, rows, column, width, sums) }
    let c = call.pointee
    var r = row
    while r < row &+ rows {
      activateRow(
        F.self, A.self, sums + (r &- row) &* width, c.scale, c.base.map { $0.assumingMemoryBound(to: S.self) + (r &* c.baseStride &+ column) },
        c.out.assumingMemoryBound(to: S.self) + (r &* c.outStride &+ column), c.slope.map { $0.assumingMemoryBound(to: S.self) + (r &* c.slopeStride &+ column) }, width)
      r &+= 1
    }
  }
}

/// Not inlined, so that all shapes of tiles share one body for each activation; its iterations are independent and overlap.
@inline(never) private func finish<F: Family, A: ActivationKernel>(
  _: F.Type, _: A.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ rows: Int, _ column: Int, _ width: Int, _ sums: UnsafePointer<F.Scalar>
) {
  typealias S = F.Scalar
  let scale = F.Wide(S(c.pointee.scale))
  var sums = sums
  var r = row
  while r < row &+ rows {
    let out = c.pointee.out.assumingMemoryBound(to: S.self) + (r &* c.pointee.outStride &+ column)
    let base = c.pointee.base.map { $0.assumingMemoryBound(to: S.self) + (r &* c.pointee.baseStride &+ column) }
    let slope = c.pointee.slope.map { $0.assumingMemoryBound(to: S.self) + (r &* c.pointee.slopeStride &+ column) }
    var i = 0
    while i < width {
      let (value, derivative) = A.valueAndSlope(F.Wide(loading: sums + i))
      if let slope { derivative.store(slope + i) }
      F.Wide.fma(scale, value, base.map { F.Wide(loading: $0 + i) } ?? F.Wide(0)).store(out + i)
      i &+= F.Wide.count
    }
    sums += width
    r &+= 1
  }
}

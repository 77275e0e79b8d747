import CKernels

/// out = ½(x − xᵀ − diagonal·I).
///
/// The matrix is processed in squares as wide as a register, each with its mirror image; the remainder in squares of 4 × 4, then number by number. A number and its mirror image come from the same
/// subtraction, so one is exactly the negative of the other.
///
/// - Parameter room: 2 KB.
@inline(__always) func antisymmetrize<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  var c = call.assumingMemoryBound(to: SquareCall.self).pointee
  // Transposing x, or out, changes the sign of all but the diagonal.
  var half = F.Scalar(0.5)
  if c.xColumnStride != 1 {
    (c.xRowStride, c.xColumnStride) = (c.xColumnStride, c.xRowStride)
    half = -half
  }
  if c.outColumnStride != 1 {
    (c.outRowStride, c.outColumnStride) = (c.outColumnStride, c.outRowStride)
    half = -half
  }
  let straight = c.xColumnStride == 1 && c.outColumnStride == 1
  let wide = straight ? c.size & ~(F.Wide.count &- 1) : 0
  if wide > 0, c.x != UnsafeRawPointer(c.out) {
    // x is copied to `out` first, because the processor prefetches the linear accesses of a copy, but not those of the squares. Matrices without gaps are copied as one row.
    let isDense = c.xRowStride == c.size && c.outRowStride == c.size
    var rows = ElementwiseCall(
      a: 0, b: 0, x: c.x, xStride: c.xRowStride, y: nil, yStride: 0, base: nil, baseStride: 0, out: c.out, outStride: c.outRowStride, rows: isDense ? 1 : c.size,
      columns: isDense ? c.size &* c.size : c.size)
    copy(F.self, &rows)
    (c.x, c.xRowStride) = (UnsafeRawPointer(c.out), c.outRowStride)
  }
  if wide > 0 { wideSquares(F.self, c, half, wide, room.assumingMemoryBound(to: F.Scalar.self)) }
  if c.endRow < c.size { return }
  let whole = straight ? c.size & ~3 : 0
  var j = wide
  while j < whole {
    var i = 0
    while i <= j {
      square(F.self, c, half, i, j)
      i &+= 4
    }
    j &+= 4
  }
  rest(F.self, c, half, from: whole > wide ? whole : wide)
}

/// The first `size` rows and columns, a multiple of a register's numbers; the room holds two squares.
@inline(never) private func wideSquares<F: Family>(_: F.Type, _ c: SquareCall, _ half: F.Scalar, _ size: Int, _ first: UnsafeMutablePointer<F.Scalar>) {
  typealias S = F.Scalar
  let width = F.Wide.count
  let second = first + width &* width
  let x = c.x.assumingMemoryBound(to: S.self)
  var i = c.firstRow
  let end = c.endRow < size ? c.endRow : size
  while i < end {
    var j = i
    while j < size {
      // Both are read before either is written: `out` may be `x`.
      F.transpose(x + (j &* c.xRowStride &+ i), c.xRowStride, into: first, width)
      if i != j { F.transpose(x + (i &* c.xRowStride &+ j), c.xRowStride, into: second, width) }
      halfDifference(F.self, c, half, i, j, first)
      if i != j { halfDifference(F.self, c, half, j, i, second) }
      j &+= width
    }
    if c.diagonal != 0 {
      let out = c.out.assumingMemoryBound(to: S.self) + i &* (c.outRowStride &+ 1)
      var row = 0
      while row < width {
        out[row &* (c.outRowStride &+ 1)] -= S(0.5) * S(c.diagonal)
        row &+= 1
      }
    }
    i &+= width
  }
}

/// half·(x − turned) of one square.
@inline(__always) private func halfDifference<F: Family>(_: F.Type, _ c: SquareCall, _ half: F.Scalar, _ i: Int, _ j: Int, _ turned: UnsafePointer<F.Scalar>) {
  let half = F.Wide(half)
  var x = c.x.assumingMemoryBound(to: F.Scalar.self) + (i &* c.xRowStride &+ j)
  var out = c.out.assumingMemoryBound(to: F.Scalar.self) + (i &* c.outRowStride &+ j)
  var turned = turned
  var row = 0
  while row < F.Wide.count {
    (half * (F.Wide(loading: x) - F.Wide(loading: turned))).store(out)
    x += c.xRowStride
    out += c.outRowStride
    turned += F.Wide.count
    row &+= 1
  }
}

@inline(__always) private func square<F: Family>(_: F.Type, _ c: SquareCall, _ half: F.Scalar, _ i: Int, _ j: Int) {
  typealias Row = Register<F.Four>
  let (here, there) = (load(F.self, c, i, j), load(F.self, c, j, i))
  var result = difference(F.self, half, here, F.transposed(there))
  if i == j {
    let damping = F.Scalar(0.5) * F.Scalar(c.diagonal)
    result.a.vector[0] -= damping
    result.b.vector[1] -= damping
    result.c.vector[2] -= damping
    result.d.vector[3] -= damping
  }
  store(F.self, result, c, i, j)
  if i != j { store(F.self, difference(F.self, half, there, F.transposed(here)), c, j, i) }
}

@inline(__always) private func difference<F: Family>(_: F.Type, _ half: F.Scalar, _ x: Square<F.Four>, _ y: Square<F.Four>) -> Square<F.Four> {
  let half = Register<F.Four>(half)
  return Square(a: half * (x.a - y.a), b: half * (x.b - y.b), c: half * (x.c - y.c), d: half * (x.d - y.d))
}

@inline(__always) private func load<F: Family>(_: F.Type, _ c: SquareCall, _ i: Int, _ j: Int) -> Square<F.Four> {
  let stride = c.xRowStride
  let p = c.x.assumingMemoryBound(to: F.Scalar.self) + (i &* stride &+ j)
  return Square(a: Register(loading: p), b: Register(loading: p + stride), c: Register(loading: p + 2 &* stride), d: Register(loading: p + 3 &* stride))
}

@inline(__always) private func store<F: Family>(_: F.Type, _ x: Square<F.Four>, _ c: SquareCall, _ i: Int, _ j: Int) {
  let stride = c.outRowStride
  let p = c.out.assumingMemoryBound(to: F.Scalar.self) + (i &* stride &+ j)
  x.a.store(p)
  x.b.store(p + stride)
  x.c.store(p + 2 &* stride)
  x.d.store(p + 3 &* stride)
}

/// The rows and columns from `from` on.
@inline(__always) private func rest<F: Family>(_: F.Type, _ c: SquareCall, _ half: F.Scalar, from: Int) {
  let x = c.x.assumingMemoryBound(to: F.Scalar.self)
  let out = c.out.assumingMemoryBound(to: F.Scalar.self)
  var i = from
  while i < c.size {
    var j = 0
    while j <= i {
      let below = half * (x[i &* c.xRowStride &+ j &* c.xColumnStride] - x[j &* c.xRowStride &+ i &* c.xColumnStride])
      let (p, q) = (i &* c.outRowStride &+ j &* c.outColumnStride, j &* c.outRowStride &+ i &* c.outColumnStride)
      out[p] = i == j ? below - F.Scalar(0.5) * F.Scalar(c.diagonal) : below
      if i != j { out[q] = -below }
      j &+= 1
    }
    i &+= 1
  }
}

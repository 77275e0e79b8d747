import CKernels

/// out[i,k] += Σ_s left[i,s]·right[k,s].
///
/// Large products transpose one side into a buffer and use the affine tile's kernel; small ones keep sums in lanes, each over a part of the samples, and add the lanes at the end. The order of summation depends on the shape alone.
///
/// - Parameter room: 17 KB.
@inline(__always) func outer<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  var c = call.assumingMemoryBound(to: OuterCall.self).pointee
  guard c.samples % F.Wide.count == 0 else { return outerNarrow(F.self, c) }
  if c.columnStride != 1, c.rowStride == 1 {
    // The transposed result is the product with the sides exchanged.
    (c.left, c.right) = (c.right, c.left)
    (c.leftStride, c.rightStride) = (c.rightStride, c.leftStride)
    (c.rows, c.columns) = (c.columns, c.rows)
    (c.rowStride, c.columnStride) = (c.columnStride, c.rowStride)
  }
  let whole = c.columnStride == 1 && c.rows >= 24 && c.columns >= 24 ? c.columns & ~15 : 0
  if whole > 0 { transposing(F.self, c, whole, room.assumingMemoryBound(to: F.Scalar.self)) }
  folding(F.self, c, from: whole)
}

/// The first `columns` columns, a multiple of 16; the buffer holds 64 samples × a strip, and behind it is the affine tile's room.
@inline(never) private func transposing<F: Family>(_: F.Type, _ c: OuterCall, _ columns: Int, _ buffer: UnsafeMutablePointer<F.Scalar>) {
  typealias S = F.Scalar
  let left = c.left.assumingMemoryBound(to: S.self)
  let right = c.right.assumingMemoryBound(to: S.self)
  let out = c.out.assumingMemoryBound(to: S.self)
  let width = MemoryLayout<S>.size == 4 ? 64 : 32
  var k = 0
  while k < columns {
    let strip = least(width, columns &- k)
    var s = 0
    while s < c.samples {
      let samples = least(64, c.samples &- s)
      var i = 0
      while i < strip {
        var j = 0
        while j < samples {
          F.transpose(right + ((k &+ i) &* c.rightStride &+ s &+ j), c.rightStride, into: buffer + (j &* width &+ i), width)
          j &+= F.Wide.count
        }
        i &+= F.Wide.count
      }
      var product = AffineCall(
        weights: left + s, rowStride: c.leftStride, columnStride: 1, outputs: c.rows, inputs: samples, bias: nil, biasStride: 0, activation: 0, scale: 1, x: buffer,
        xStride: width, base: out + k, baseStride: c.rowStride, out: out + k, outStride: c.rowStride, slope: nil, slopeStride: 0, columns: strip)
      affineTile(F.self, &product, buffer + 64 &* width)
      s &+= samples
    }
    k &+= strip
  }
}

/// The columns from `from` on, sixteen sums at a time: four rows of one side with four of the other. The lanes of an accumulator take different samples; at the end the lanes of each of the sixteen are
/// added, which gives one vector of sums. At the edges rows are repeated and their sums dropped.
@inline(__always) private func folding<F: Family>(_: F.Type, _ c: OuterCall, from: Int) {
  if from == c.columns { return }
  var i = 0
  while i < c.rows {
    var k = from
    while k < c.columns {
      sixteenSums(F.self, c, i, k)
      k &+= 4
    }
    i &+= 4
  }
}

@inline(__always) private func sixteenSums<F: Family>(_: F.Type, _ c: OuterCall, _ i: Int, _ k: Int) {
  typealias S = F.Scalar
  typealias W = F.Wide
  let left = c.left.assumingMemoryBound(to: S.self)
  let right = c.right.assumingMemoryBound(to: S.self)
  let lastRow = c.rows &- 1
  let lastColumn = c.columns &- 1
  let l0 = left + i &* c.leftStride
  let l1 = left + least(i &+ 1, lastRow) &* c.leftStride
  let l2 = left + least(i &+ 2, lastRow) &* c.leftStride
  let l3 = left + least(i &+ 3, lastRow) &* c.leftStride
  let r0 = right + k &* c.rightStride
  let r1 = right + least(k &+ 1, lastColumn) &* c.rightStride
  let r2 = right + least(k &+ 2, lastColumn) &* c.rightStride
  let r3 = right + least(k &+ 3, lastColumn) &* c.rightStride
  var (a0, a1, a2, a3) = (W(0), W(0), W(0), W(0))
  var (b0, b1, b2, b3) = (W(0), W(0), W(0), W(0))
  var (c0, c1, c2, c3) = (W(0), W(0), W(0), W(0))
  var (d0, d1, d2, d3) = (W(0), W(0), W(0), W(0))
  var s = 0
  while s < c.samples {
    let (x0, x1, x2, x3) = (W(loading: r0 + s), W(loading: r1 + s), W(loading: r2 + s), W(loading: r3 + s))
    let y0 = W(loading: l0 + s)
    a0 = W.fma(y0, x0, a0)
    a1 = W.fma(y0, x1, a1)
    a2 = W.fma(y0, x2, a2)
    a3 = W.fma(y0, x3, a3)
    let y1 = W(loading: l1 + s)
    b0 = W.fma(y1, x0, b0)
    b1 = W.fma(y1, x1, b1)
    b2 = W.fma(y1, x2, b2)
    b3 = W.fma(y1, x3, b3)
    let y2 = W(loading: l2 + s)
    c0 = W.fma(y2, x0, c0)
    c1 = W.fma(y2, x1, c1)
    c2 = W.fma(y2, x2, c2)
    c3 = W.fma(y2, x3, c3)
    let y3 = W(loading: l3 + s)
    d0 = W.fma(y3, x0, d0)
    d1 = W.fma(y3, x1, d1)
    d2 = W.fma(y3, x2, d2)
    d3 = W.fma(y3, x3, d3)
    s &+= W.count
  }
  var sums = SIMD16<S>()
  withUnsafeMutablePointer(to: &sums) {
    let sums = UnsafeMutableRawPointer($0).assumingMemoryBound(to: S.self)
    let (a, aa) = (F.fold(a0, a1), F.fold(a2, a3))
    let (b, bb) = (F.fold(b0, b1), F.fold(b2, b3))
    let (e, ee) = (F.fold(c0, c1), F.fold(c2, c3))
    let (d, dd) = (F.fold(d0, d1), F.fold(d2, d3))
    if W.count == 2 {
      a.store(sums)
      aa.store(sums + 2)
      b.store(sums + 4)
      bb.store(sums + 6)
      e.store(sums + 8)
      ee.store(sums + 10)
      d.store(sums + 12)
      dd.store(sums + 14)
    } else if W.count == 4 {
      F.fold(a, aa).store(sums)
      F.fold(b, bb).store(sums + 4)
      F.fold(e, ee).store(sums + 8)
      F.fold(d, dd).store(sums + 12)
    } else {
      let (upper, lower) = (F.fold(F.fold(a, aa), F.fold(b, bb)), F.fold(F.fold(e, ee), F.fold(d, dd)))
      if W.count == 8 {
        upper.store(sums)
        lower.store(sums + 8)
      } else {
        F.fold(upper, lower).store(sums)
      }
    }
  }
  let out = c.out.assumingMemoryBound(to: S.self) + (i &* c.rowStride &+ k &* c.columnStride)
  let rows = least(4, c.rows &- i)
  let columns = least(4, c.columns &- k)
  if rows == 4, columns == 4, c.columnStride == 1 {
    return withUnsafePointer(to: &sums) {
      let sums = UnsafeRawPointer($0).assumingMemoryBound(to: S.self)
      addFour(F.self, out, sums)
      addFour(F.self, out + c.rowStride, sums + 4)
      addFour(F.self, out + 2 &* c.rowStride, sums + 8)
      addFour(F.self, out + 3 &* c.rowStride, sums + 12)
    }
  }
  var row = 0
  while row < rows {
    var column = 0
    while column < columns {
      out[row &* c.rowStride &+ column &* c.columnStride] += sums[row &* 4 &+ column]
      column &+= 1
    }
    row &+= 1
  }
}

@inline(__always) private func addFour<F: Family>(_: F.Type, _ out: UnsafeMutablePointer<F.Scalar>, _ sums: UnsafePointer<F.Scalar>) {
  (Register<F.Four>(loading: out) + Register<F.Four>(loading: sums)).store(out)
}

@inline(__always) private func least(_ a: Int, _ b: Int) -> Int { a < b ? a : b }

/// One sample.
@inline(__always) private func outerNarrow<F: Family>(_: F.Type, _ c: OuterCall) {
  let left = c.left.assumingMemoryBound(to: F.Scalar.self)
  let right = c.right.assumingMemoryBound(to: F.Scalar.self)
  let out = c.out.assumingMemoryBound(to: F.Scalar.self)
  var i = 0
  while i < c.rows {
    var k = 0
    while k < c.columns {
      var sum: F.Scalar = 0
      var s = 0
      while s < c.samples {
        sum += left[i &* c.leftStride &+ s] * right[k &* c.rightStride &+ s]
        s &+= 1
      }
      out[i &* c.rowStride &+ k &* c.columnStride] += sum
      k &+= 1
    }
    i &+= 1
  }
}

import KernelInterface

/// out = ½(x − xᵀ − diagonal·I), or out += ½(x − xᵀ).
///
/// In squares of 4 × 4, each with its mirror image, whose result is the negative transpose; what is left over number by number.
@inline(__always) func antisymmetrize<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, accumulating: Bool) {
  var c = call.assumingMemoryBound(to: SquareCall.self).pointee
  if c.xRowStride == 1, c.outRowStride == 1 {
    // Both transposed: the operation commutes with transposition up to the names of the strides.
    (c.xRowStride, c.xColumnStride) = (c.xColumnStride, c.xRowStride)
    (c.outRowStride, c.outColumnStride) = (c.outColumnStride, c.outRowStride)
  }
  let whole = c.xColumnStride == 1 && c.outColumnStride == 1 ? c.size & ~3 : 0
  var i = 0
  while i < whole {
    var j = i
    while j < whole {
      square(F.self, c, i, j, accumulating)
      j &+= 4
    }
    i &+= 4
  }
  rest(F.self, c, from: whole, accumulating)
}

@inline(__always) private func square<F: Family>(_: F.Type, _ c: SquareCall, _ i: Int, _ j: Int, _ accumulating: Bool) {
  typealias Row = Register<F.Four>
  let here = load(F.self, c.x, c.xRowStride, i, j)
  let mirror = F.transposed(load(F.self, c.x, c.xRowStride, j, i))
  let half = Row(0.5)
  var result = Square<F.Four>(a: here.a - mirror.a, b: here.b - mirror.b, c: here.c - mirror.c, d: here.d - mirror.d)
  if i == j {
    let damping = F.Scalar(c.diagonal)
    result.a.vector[0] -= damping
    result.b.vector[1] -= damping
    result.c.vector[2] -= damping
    result.d.vector[3] -= damping
  }
  result = Square(a: half * result.a, b: half * result.b, c: half * result.c, d: half * result.d)
  store(F.self, result, c, i, j, accumulating)
  if i != j {
    let turned = F.transposed(result)
    let zero = Row(0)
    store(F.self, Square(a: zero - turned.a, b: zero - turned.b, c: zero - turned.c, d: zero - turned.d), c, j, i, accumulating)
  }
}

@inline(__always) private func load<F: Family>(_: F.Type, _ memory: UnsafeRawPointer, _ stride: Int, _ i: Int, _ j: Int) -> Square<F.Four> {
  let p = memory.assumingMemoryBound(to: F.Scalar.self) + (i &* stride &+ j)
  return Square(a: Register(loading: p), b: Register(loading: p + stride), c: Register(loading: p + 2 &* stride), d: Register(loading: p + 3 &* stride))
}

@inline(__always) private func store<F: Family>(_: F.Type, _ x: Square<F.Four>, _ c: SquareCall, _ i: Int, _ j: Int, _ accumulating: Bool) {
  var x = x
  let stride = c.outRowStride
  if accumulating {
    let before = load(F.self, c.out, stride, i, j)
    x = Square(a: before.a + x.a, b: before.b + x.b, c: before.c + x.c, d: before.d + x.d)
  }
  let p = c.out.assumingMemoryBound(to: F.Scalar.self) + (i &* stride &+ j)
  x.a.store(p)
  x.b.store(p + stride)
  x.c.store(p + 2 &* stride)
  x.d.store(p + 3 &* stride)
}

/// The rows and columns from `from` on.
@inline(__always) private func rest<F: Family>(_: F.Type, _ c: SquareCall, from: Int, _ accumulating: Bool) {
  let x = c.x.assumingMemoryBound(to: F.Scalar.self)
  let out = c.out.assumingMemoryBound(to: F.Scalar.self)
  let half = F.Scalar(0.5)
  var i = from
  while i < c.size {
    var j = 0
    while j <= i {
      let difference = x[i &* c.xRowStride &+ j &* c.xColumnStride] - x[j &* c.xRowStride &+ i &* c.xColumnStride]
      let below = half * (i == j ? difference - F.Scalar(c.diagonal) : difference)
      let (p, q) = (i &* c.outRowStride &+ j &* c.outColumnStride, j &* c.outRowStride &+ i &* c.outColumnStride)
      out[p] = accumulating ? out[p] + below : below
      if i != j { out[q] = accumulating ? out[q] - below : -below }
      j &+= 1
    }
    i &+= 1
  }
}

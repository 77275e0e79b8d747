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
  typealias S = F.Scalar
  let here = load(F.self, c.x, c.xRowStride, i, j)
  let mirror = load(F.self, c.x, c.xRowStride, j, i).transposed
  let half = SIMD4<S>(repeating: S(0.5))
  var result = Square(a: here.a - mirror.a, b: here.b - mirror.b, c: here.c - mirror.c, d: here.d - mirror.d)
  if i == j {
    let damping = S(c.diagonal)
    result.a.x -= damping
    result.b.y -= damping
    result.c.z -= damping
    result.d.w -= damping
  }
  result = Square(a: half * result.a, b: half * result.b, c: half * result.c, d: half * result.d)
  store(F.self, result, c, i, j, accumulating)
  if i != j {
    let turned = result.transposed
    let zero = SIMD4<S>()
    store(F.self, Square(a: zero - turned.a, b: zero - turned.b, c: zero - turned.c, d: zero - turned.d), c, j, i, accumulating)
  }
}

@inline(__always) private func load<F: Family>(_: F.Type, _ memory: UnsafeRawPointer, _ stride: Int, _ i: Int, _ j: Int) -> Square<F.Scalar> {
  let p = memory.assumingMemoryBound(to: F.Scalar.self) + (i &* stride &+ j)
  return Square(
    a: UnsafeRawPointer(p).loadUnaligned(as: SIMD4<F.Scalar>.self), b: UnsafeRawPointer(p + stride).loadUnaligned(as: SIMD4<F.Scalar>.self),
    c: UnsafeRawPointer(p + 2 &* stride).loadUnaligned(as: SIMD4<F.Scalar>.self), d: UnsafeRawPointer(p + 3 &* stride).loadUnaligned(as: SIMD4<F.Scalar>.self))
}

@inline(__always) private func store<F: Family>(_: F.Type, _ x: Square<F.Scalar>, _ c: SquareCall, _ i: Int, _ j: Int, _ accumulating: Bool) {
  var x = x
  let stride = c.outRowStride
  if accumulating {
    let before = load(F.self, c.out, stride, i, j)
    x = Square(a: before.a + x.a, b: before.b + x.b, c: before.c + x.c, d: before.d + x.d)
  }
  let p = c.out.assumingMemoryBound(to: F.Scalar.self) + (i &* stride &+ j)
  UnsafeMutableRawPointer(p).storeBytes(of: x.a, as: SIMD4<F.Scalar>.self)
  UnsafeMutableRawPointer(p + stride).storeBytes(of: x.b, as: SIMD4<F.Scalar>.self)
  UnsafeMutableRawPointer(p + 2 &* stride).storeBytes(of: x.c, as: SIMD4<F.Scalar>.self)
  UnsafeMutableRawPointer(p + 3 &* stride).storeBytes(of: x.d, as: SIMD4<F.Scalar>.self)
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

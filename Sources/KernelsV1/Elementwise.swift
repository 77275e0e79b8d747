import CKernels

/// out = base + a·x⊙y.
@inline(__always) func multiply<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  guard let y = c.y else { return }
  var row = 0
  while row < c.rows {
    let x = c.x.assumingMemoryBound(to: F.Scalar.self) + row &* c.xStride
    let y = y.assumingMemoryBound(to: F.Scalar.self) + row &* c.yStride
    let out = c.out.assumingMemoryBound(to: F.Scalar.self) + row &* c.outStride
    let base = c.base.map { $0.assumingMemoryBound(to: F.Scalar.self) + row &* c.baseStride }
    var i = 0
    while i &+ F.Wide.count <= c.columns {
      product(F.Wide.self, F.Scalar(c.a), x, y, base, out, i)
      i &+= F.Wide.count
    }
    while i < c.columns {
      product(F.One.self, F.Scalar(c.a), x, y, base, out, i)
      i &+= 1
    }
    row &+= 1
  }
}

@inline(__always) private func product<L: Lanes>(
  _: L.Type, _ a: L.Scalar, _ x: UnsafePointer<L.Scalar>, _ y: UnsafePointer<L.Scalar>, _ base: UnsafePointer<L.Scalar>?, _ out: UnsafeMutablePointer<L.Scalar>, _ i: Int
) {
  let start = base.map { L(loading: $0 + i) } ?? L(0)
  L.fma(L(a), L(loading: x + i) * L(loading: y + i), start).store(out + i)
}

/// out = a·x + b·y.
@inline(__always) func combine<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  guard let y = c.y else { return }
  let a = F.Scalar(c.a)
  let b = F.Scalar(c.b)
  var row = 0
  while row < c.rows {
    let x = c.x.assumingMemoryBound(to: F.Scalar.self) + row &* c.xStride
    let y = y.assumingMemoryBound(to: F.Scalar.self) + row &* c.yStride
    let out = c.out.assumingMemoryBound(to: F.Scalar.self) + row &* c.outStride
    var i = 0
    while i &+ F.Wide.count <= c.columns {
      F.Wide.fma(F.Wide(a), F.Wide(loading: x + i), F.Wide(b) * F.Wide(loading: y + i)).store(out + i)
      i &+= F.Wide.count
    }
    while i < c.columns {
      F.One.fma(F.One(a), F.One(loading: x + i), F.One(b) * F.One(loading: y + i)).store(out + i)
      i &+= 1
    }
    row &+= 1
  }
}

/// out = x.
@inline(__always) func copy<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  var row = 0
  while row < c.rows {
    let x = c.x.assumingMemoryBound(to: F.Scalar.self) + row &* c.xStride
    let out = c.out.assumingMemoryBound(to: F.Scalar.self) + row &* c.outStride
    var i = 0
    while i &+ F.Wide.count <= c.columns {
      F.Wide(loading: x + i).store(out + i)
      i &+= F.Wide.count
    }
    while i < c.columns {
      out[i] = x[i]
      i &+= 1
    }
    row &+= 1
  }
}

/// out = value.
@inline(__always) func fill<F: Family>(_: F.Type, _ out: UnsafeMutableRawPointer, _ value: Double, _ count: Int) {
  let out = out.assumingMemoryBound(to: F.Scalar.self)
  let lanes = F.Wide(F.Scalar(value))
  var i = 0
  while i &+ F.Wide.count <= count {
    lanes.store(out + i)
    i &+= F.Wide.count
  }
  while i < count {
    out[i] = F.Scalar(value)
    i &+= 1
  }
}

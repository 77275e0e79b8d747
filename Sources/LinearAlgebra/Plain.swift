// Temporary: plain bodies of the facade until the kernels land.
import Glibc

protocol PlainScalar: BinaryFloatingPoint {
  static func tanhOf(_ x: Self) -> Self
  static func expOf(_ x: Self) -> Self
  static func log1pOf(_ x: Self) -> Self
  static func sinOf(_ x: Self) -> Self
  static func cosOf(_ x: Self) -> Self
}
extension Float: PlainScalar {
  static func tanhOf(_ x: Float) -> Float { tanhf(x) }
  static func expOf(_ x: Float) -> Float { expf(x) }
  static func log1pOf(_ x: Float) -> Float { log1pf(x) }
  static func sinOf(_ x: Float) -> Float { sinf(x) }
  static func cosOf(_ x: Float) -> Float { cosf(x) }
}
extension Double: PlainScalar {
  static func tanhOf(_ x: Double) -> Double { Glibc.tanh(x) }
  static func expOf(_ x: Double) -> Double { Glibc.exp(x) }
  static func log1pOf(_ x: Double) -> Double { Glibc.log1p(x) }
  static func sinOf(_ x: Double) -> Double { Glibc.sin(x) }
  static func cosOf(_ x: Double) -> Double { Glibc.cos(x) }
}

enum Plain<T: PlainScalar> {
  typealias P = UnsafeMutablePointer<T>
  static func p(_ r: UnsafeMutableRawPointer) -> P { r.assumingMemoryBound(to: T.self) }

  static func sigma(_ a: Activation, _ x: T) -> (T, T) {
    switch a {
    case .identity: return (x, 1)
    case .tanh: let t = T.tanhOf(x); return (t, 1 - t * t)
    case .relu: return x > 0 ? (x, 1) : (x.isNaN ? x : 0, 0)
    case .sigmoid: let e = T.expOf(-x.magnitude); let s = x >= 0 ? 1 / (1 + e) : e / (1 + e); return (s, s * (1 - s))
    case .softplus: let e = T.expOf(-x.magnitude); return (max(x, 0) + T.log1pOf(e), x >= 0 ? 1 / (1 + e) : e / (1 + e))
    case .sin: return (T.sinOf(x), T.cosOf(x))
    }
  }

  static func affine(_ w: Matrix, _ bias: Bias?, _ a: Activation, _ x: Block, _ scale: Double, _ base: Block?, _ out: Block, _ slope: Block?) {
    let W = p(w.base), X = p(x.base), O = p(out.base), s = T(scale)
    for i in 0..<w.rows {
      for j in 0..<x.columns {
        var acc: T = 0
        if let bias { acc = p(bias.base)[i * bias.stride] }
        for k in 0..<w.columns { acc = acc.addingProduct(W[i * w.rowStride + k * w.columnStride], X[k * x.stride + j]) }
        let (v, d) = sigma(a, acc)
        if let slope { p(slope.base)[i * slope.stride + j] = d }
        let b: T = if let base { p(base.base)[i * base.stride + j] } else { 0 }
        O[i * out.stride + j] = b.addingProduct(s, v)
      }
    }
  }
  static func multiply(_ s: Double, _ a: Block, _ b: Block, _ base: Block?, _ out: Block) {
    for i in 0..<out.rows { for j in 0..<out.columns {
      let v = p(a.base)[i * a.stride + j] * p(b.base)[i * b.stride + j]
      let o: T = if let base { p(base.base)[i * base.stride + j] } else { 0 }
      p(out.base)[i * out.stride + j] = o.addingProduct(T(s), v)
    } }
  }
  static func combine(_ a: Double, _ x: Block, _ b: Double, _ y: Block, _ out: Block) {
    for i in 0..<out.rows { for j in 0..<out.columns {
      p(out.base)[i * out.stride + j] = (T(b) * p(y.base)[i * y.stride + j]).addingProduct(T(a), p(x.base)[i * x.stride + j])
    } }
  }
  static func copy(_ x: Block, _ out: Block) {
    for i in 0..<out.rows { for j in 0..<out.columns { p(out.base)[i * out.stride + j] = p(x.base)[i * x.stride + j] } }
  }
  static func fill(_ out: Block, _ v: Double) {
    for i in 0..<out.rows { for j in 0..<out.columns { p(out.base)[i * out.stride + j] = T(v) } }
  }
  static func outer(_ l: Block, _ r: Block, _ out: Matrix) {
    for i in 0..<l.rows { for k in 0..<r.rows {
      var acc: T = 0
      for s in 0..<l.columns { acc += p(l.base)[i * l.stride + s] * p(r.base)[k * r.stride + s] }
      p(out.base)[i * out.rowStride + k * out.columnStride] += acc
    } }
  }
  static func rowSums(_ x: Block, _ out: Bias) {
    for i in 0..<x.rows {
      var acc: T = 0
      for s in 0..<x.columns { acc += p(x.base)[i * x.stride + s] }
      p(out.base)[i * out.stride] += acc
    }
  }
  static func dot(_ x: Block, _ y: Block) -> Double {
    var acc = 0.0
    for i in 0..<x.rows { for s in 0..<x.columns { acc += Double(p(x.base)[i * x.stride + s]) * Double(p(y.base)[i * y.stride + s]) } }
    return acc
  }
  static func antisymmetrize(_ k: Matrix, _ gamma: Double, _ m: Matrix) {
    for i in 0..<k.rows { for j in 0..<k.columns {
      let d = p(k.base)[i * k.rowStride + j * k.columnStride] - p(k.base)[j * k.rowStride + i * k.columnStride] - (i == j ? T(gamma) : 0)
      p(m.base)[i * m.rowStride + j * m.columnStride] = d / 2
    } }
  }
  static func accumulateAntisymmetrized(_ g: Matrix, _ dk: Matrix) {
    for i in 0..<g.rows { for j in 0..<g.columns {
      let d = p(g.base)[i * g.rowStride + j * g.columnStride] - p(g.base)[j * g.rowStride + i * g.columnStride]
      p(dk.base)[i * dk.rowStride + j * dk.columnStride] += d / 2
    } }
  }
  static func axpy(_ a: Double, _ x: Vector, _ y: Vector) { for i in 0..<y.count { p(y.base)[i] = p(y.base)[i].addingProduct(T(a), p(x.base)[i]) } }
  static func scale(_ a: Double, _ y: Vector) { for i in 0..<y.count { p(y.base)[i] *= T(a) } }
  static func dot(_ x: Vector, _ y: Vector) -> Double { var s = 0.0; for i in 0..<y.count { s += Double(p(x.base)[i]) * Double(p(y.base)[i]) }; return s }
  static func allFinite(_ x: Vector) -> Bool { for i in 0..<x.count where !p(x.base)[i].isFinite { return false }; return true }
  static func add(_ x: Vector, _ y: Vector) { for i in 0..<y.count { p(y.base)[i] += p(x.base)[i] } }
  static func smoothness(_ t: Vector, _ layers: Int, _ size: Int, _ f: Double, _ g: Vector?) -> Double {
    var e = 0.0
    for j in 1..<max(layers, 1) { for i in 0..<size {
      let d = p(t.base)[j * size + i] - p(t.base)[(j - 1) * size + i]
      e += Double(d) * Double(d)
      if let g { p(g.base)[j * size + i] += T(f) * d; p(g.base)[(j - 1) * size + i] -= T(f) * d }
    } }
    return 0.5 * f * e
  }
  static func sgd(_ t: Vector, _ g: Vector, _ v: Vector?, _ rate: T, _ mu: T, _ nesterov: Bool, _ wd: T) {
    for i in 0..<t.count {
      let d = p(g.base)[i] + wd * p(t.base)[i]
      var step = d
      if let v { let n = mu * p(v.base)[i] + d; p(v.base)[i] = n; step = nesterov ? d + mu * n : n }
      p(t.base)[i] -= rate * step
    }
  }
  static func adam(_ t: Vector, _ g: Vector, _ m: Vector, _ v: Vector, _ rate: T, _ b1: T, _ b2: T, _ eps: T, _ c1: T, _ c2: T, _ wd: T, _ decay: T) {
    for i in 0..<t.count {
      var th = p(t.base)[i]
      th -= rate * decay * th
      let d = p(g.base)[i] + wd * th
      let m1 = b1 * p(m.base)[i] + (1 - b1) * d, v1 = b2 * p(v.base)[i] + (1 - b2) * d * d
      p(m.base)[i] = m1; p(v.base)[i] = v1
      p(t.base)[i] = th - rate / c1 * m1 / ((v1 / c2).squareRoot() + eps)
    }
  }
  static func gather(_ source: TensorView, _ rows: UnsafePointer<Int64>?, _ start: Int, _ count: Int, _ shift: Vector?, _ scale: Vector?, _ tile: Block) {
    for f in 0..<tile.rows { for s in 0..<tile.columns {
      var v: T = 0
      if s < count, f < source.columns {
        let r = rows.map { Int($0[start + s]) } ?? start + s
        v = T(element(source, r, f))
        if let shift { v -= p(shift.base)[f] }
        if let scale { v *= p(scale.base)[f] }
      }
      p(tile.base)[f * tile.stride + s] = v
    } }
  }
  static func get(_ b: Block, _ i: Int, _ j: Int) -> Double { Double(p(b.base)[i * b.stride + j]) }
  static func set(_ b: Block, _ i: Int, _ j: Int, _ v: Double) { p(b.base)[i * b.stride + j] = T(v) }
}
func element(_ v: TensorView, _ r: Int, _ c: Int) -> Double {
  let o = (r * v.rowStride + c * v.columnStride) * v.type.byteCount
  switch v.type {
  case .float32: return Double(v.base.loadUnaligned(fromByteOffset: o, as: Float.self))
  case .float64: return v.base.loadUnaligned(fromByteOffset: o, as: Double.self)
  case .uint8: return Double(v.base.loadUnaligned(fromByteOffset: o, as: UInt8.self))
  case .int8: return Double(v.base.loadUnaligned(fromByteOffset: o, as: Int8.self))
  case .int32: return Double(v.base.loadUnaligned(fromByteOffset: o, as: Int32.self))
  case .int64: return Double(v.base.loadUnaligned(fromByteOffset: o, as: Int64.self))
  }
}
func setElement(_ v: MutableTensorView, _ r: Int, _ c: Int, _ x: Double) {
  let o = (r * v.rowStride + c * v.columnStride) * v.type.byteCount
  switch v.type {
  case .float32: v.base.storeBytes(of: Float(x), toByteOffset: o, as: Float.self)
  case .float64: v.base.storeBytes(of: x, toByteOffset: o, as: Double.self)
  default: preconditionFailure("only float32 and float64 are written")
  }
}
func pget(_ b: Block, _ i: Int, _ j: Int) -> Double { b.precision == .float32 ? Plain<Float>.get(b, i, j) : Plain<Double>.get(b, i, j) }
func pset(_ b: Block, _ i: Int, _ j: Int, _ v: Double) { b.precision == .float32 ? Plain<Float>.set(b, i, j, v) : Plain<Double>.set(b, i, j, v) }

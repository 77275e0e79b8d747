/// The tail of the normal distribution, from which GELU is computed.
///
/// Φ(−a) = exp(−½a²)·R(a) for a ≥ 0, where R falls smoothly from ½ to 1/(a√2π): one polynomial p(t) = (a + 4)·R(a) in t = (a − 4)/(a + 4) covers all a
/// (the change of variable of Schonfelder 1978, Math. Comp. 32, 1232–1240), minimax for the relative error (Remez exchange in 40 digits).

extension FloatNumbers {
  @inline(__always) static var normalBound: Float { 14.5 }
  @inline(__always) static var squareMagic: Float { 0x1.8p15 }
  // Relative error 8.7e-9 for a ≤ 14.5.
  @inline(__always) static func normalRatio<L: Lanes>(_ t: L) -> L where L.Scalar == Float {
    var p = L.fma(L(-0x1.14c17ap-13), t, L(0x1.782526p-13))
    p = L.fma(p, t, L(0x1.9b8b66p-10))
    p = L.fma(p, t, L(-0x1.cc6610p-9))
    p = L.fma(p, t, L(-0x1.ed2d16p-8))
    p = L.fma(p, t, L(0x1.eed406p-5))
    p = L.fma(p, t, L(-0x1.7e0000p-3))
    p = L.fma(p, t, L(0x1.8c6d9ep-2))
    p = L.fma(p, t, L(-0x1.373e38p-1))
    return L.fma(p, t, L(0x1.82b4bcp-1))
  }
}

extension DoubleNumbers {
  @inline(__always) static var normalBound: Double { 39 }
  @inline(__always) static var squareMagic: Double { 0x1.8p32 }
  // Relative error 2.1e-17 for a ≤ 39.
  @inline(__always) static func normalRatio<L: Lanes>(_ t: L) -> L where L.Scalar == Double {
    var p = L.fma(L(-0x1.48f3d4cf921a5p-30), t, L(-0x1.757828d0a3348p-32))
    p = L.fma(p, t, L(0x1.f64fbdd2c52bep-27))
    p = L.fma(p, t, L(0x1.141ac6d6dab2ap-26))
    p = L.fma(p, t, L(-0x1.4b9d1b19c1bd1p-24))
    p = L.fma(p, t, L(-0x1.504930e04ffccp-23))
    p = L.fma(p, t, L(0x1.1ba1e2a12bd41p-22))
    p = L.fma(p, t, L(0x1.124dae770ad15p-20))
    p = L.fma(p, t, L(-0x1.4faa9418b8d49p-21))
    p = L.fma(p, t, L(-0x1.8d490b5e56829p-18))
    p = L.fma(p, t, L(0x1.7fd968c024cf1p-21))
    p = L.fma(p, t, L(0x1.26d063c87a216p-15))
    p = L.fma(p, t, L(-0x1.001103b38f6e5p-19))
    p = L.fma(p, t, L(-0x1.e4a421bc1d18ep-13))
    p = L.fma(p, t, L(0x1.17a4a5f72c02dp-13))
    p = L.fma(p, t, L(0x1.ab825fb0c17adp-10))
    p = L.fma(p, t, L(-0x1.c81719c9563cap-9))
    p = L.fma(p, t, L(-0x1.ee276104398f1p-8))
    p = L.fma(p, t, L(0x1.eec4cc3e44359p-5))
    p = L.fma(p, t, L(-0x1.7dff2bff6848dp-3))
    p = L.fma(p, t, L(0x1.8c6dbf2cfc308p-2))
    p = L.fma(p, t, L(-0x1.373e3a893c28ap-1))
    return L.fma(p, t, L(0x1.82b4bb8c94dcep-1))
  }
}

/// R(a) = Φ(−a)·exp(½a²) and exp(−½a²), for 0 ≤ a ≤ `normalBound`.
///
/// The square is not rounded: a = h + l with so few bits in h that h² is exact, and −½a² = −½h² − ½l(a + h). The exponential is 0 where it would not be a normal number.
@inline(__always) func normalTail<L: Lanes>(_ a: L) -> (ratio: L, exponential: L) {
  typealias N = L.Numbers
  let inverse = L(1) / (a + L(4))
  let ratio = N.normalRatio((a - L(4)) * inverse) * inverse

  let h = (a + L(N.squareMagic)) - L(N.squareMagic)
  let large = L(-0.5) * h * h
  let small = L(-0.5) * (a - h) * (a + h)
  let whole = large + small
  let magic = L(N.roundingMagic + N.exponentBias)
  let shifted = L.fma(whole, L(N.log2e), magic)
  let n = shifted - magic
  var f = L.fma(n, L(-N.ln2High), large)
  f = (L.fma(n, L(-N.ln2Low), f) + small) * L(N.log2e)
  let power = shifted.exponent
  let value = L.fma(power, f * N.exponentialRatio(f), power)
  return (ratio, L.choose(L(0), value, whereLess: whole, than: L(N.leastExponent)))
}

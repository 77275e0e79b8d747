import Glibc

/// A number type of the kernels.
typealias KernelScalar = BinaryFloatingPoint & SIMDScalar

/// The constants and polynomials that the elementary functions need in one precision.
///
/// The polynomials are minimax for the relative error of their function (Remez exchange in 60 digits); the error is stated with each.
/// They are not a conformance of Float and Double themselves: that would put the standard library's accessors, weak symbols, into AVX objects.
protocol ElementaryNumbers {
  associatedtype Scalar: KernelScalar
  /// 1.5·2^(mantissa bits): adding it rounds to an integer, which is then in the low bits.
  static var roundingMagic: Scalar { get }
  static var exponentBias: Scalar { get }
  /// Beyond this tanh rounds to ±1.
  static var saturation: Scalar { get }
  /// log of the smallest normal number; for smaller arguments exp gives 0.
  static var leastExponent: Scalar { get }
  static var greatestExponent: Scalar { get }
  static var ln2High: Scalar { get }
  static var ln2Low: Scalar { get }
  /// Up to here n = round(2x/π) times each part of π/2 is exact.
  static var greatestAngle: Scalar { get }
  static var halfPi1: Scalar { get }
  static var halfPi2: Scalar { get }
  static var halfPi3: Scalar { get }
  static var halfPi4: Scalar { get }
  /// (2^f − 1)/f for |f| ≤ ½.
  static func exponentialRatio<L: Lanes>(_ f: L) -> L where L.Scalar == Scalar
  /// (exp(2r) − 1)/r for |r| ≤ ¼ln 2.
  static func doubledExponentialRatio<L: Lanes>(_ r: L) -> L where L.Scalar == Scalar
  /// (tanh(r)/r − 1)/z with z = r² ≤ (¼ln 2)².
  static func hyperbolicTangentRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Scalar
  /// (atanh(w)/w − 1)/z with z = w² ≤ 1/9.
  static func arcTangentRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Scalar
  /// (sin(r)/r − 1)/z with z = r² ≤ (π/4)².
  static func sineRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Scalar
  /// (cos(r) − 1 + z/2)/z² with z = r² ≤ (π/4)².
  static func cosineRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Scalar
  /// Beyond this exp(−½a²) is less than the smallest normal number.
  static var normalBound: Scalar { get }
  /// Adding it to a number up to `normalBound` and subtracting it again keeps so few bits of the number that their square is exact.
  static var squareMagic: Scalar { get }
  /// (a + 4)·Φ(−a)·exp(½a²) with t = (a − 4)/(a + 4), 0 ≤ a ≤ `normalBound`.
  static func normalRatio<L: Lanes>(_ t: L) -> L where L.Scalar == Scalar
  /// 1/10 rounded, and the difference of 1/10 from that.
  static var tenth: Scalar { get }
  static var tenthRest: Scalar { get }
  static func sine(_ x: Scalar) -> Scalar
  static func cosine(_ x: Scalar) -> Scalar
}

enum FloatNumbers: ElementaryNumbers {
  typealias Scalar = Float
  @inline(__always) static var roundingMagic: Float { 0x1.8p23 }
  @inline(__always) static var exponentBias: Float { 127 }
  @inline(__always) static var saturation: Float { 9.7 }
  @inline(__always) static var leastExponent: Float { -0x1.5d589ep6 }
  @inline(__always) static var greatestExponent: Float { 0x1.62e42ep6 }
  @inline(__always) static var ln2High: Float { 0x1.62e4p-1 }
  @inline(__always) static var ln2Low: Float { 0x1.7f7d1cp-20 }
  @inline(__always) static var greatestAngle: Float { 400 }
  @inline(__always) static var halfPi1: Float { 0x1.921cp0 }
  @inline(__always) static var halfPi2: Float { 0x1.daap-15 }
  @inline(__always) static var halfPi3: Float { 0x1.10b4p-30 }
  @inline(__always) static var halfPi4: Float { 0x1.8468p-48 }
  // Relative error 1.1e-8.
  @inline(__always) static func exponentialRatio<L: Lanes>(_ f: L) -> L where L.Scalar == Float {
    var p = L.fma(L(0x1.430904p-13), f, L(0x1.5f087ap-10))
    p = L.fma(p, f, L(0x1.3b2ba0p-7))
    p = L.fma(p, f, L(0x1.c6af6ep-5))
    p = L.fma(p, f, L(0x1.ebfbdep-3))
    return L.fma(p, f, L(0x1.62e430p-1))
  }
  // Relative error 1.1e-8.
  @inline(__always) static func doubledExponentialRatio<L: Lanes>(_ r: L) -> L where L.Scalar == Float {
    var p = L.fma(L(0x1.6c16b0p-4), r, L(0x1.123e0ap-2))
    p = L.fma(p, r, L(0x1.555654p-1))
    p = L.fma(p, r, L(0x1.55547cp0))
    p = L.fma(p, r, L(0x1.fffffep0))
    return L.fma(p, r, L(2))
  }
  // Relative error of tanh 5.5e-8, a third of the bound.
  @inline(__always) static func hyperbolicTangentRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Float {
    L.fma(L(0x1.0c8174p-3), z, L(-0x1.554feep-2))
  }
  // Relative error of atanh 4.5e-9.
  @inline(__always) static func arcTangentRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Float {
    var p = L.fma(L(0x1.1ed7d6p-3), z, L(0x1.1ebd08p-3))
    p = L.fma(p, z, L(0x1.99d208p-3))
    return L.fma(p, z, L(0x1.555502p-2))
  }
  // Relative error of sin 3.7e-9.
  @inline(__always) static func sineRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Float {
    let p = L.fma(L(-0x1.993d72p-13), z, L(0x1.11072ep-7))
    return L.fma(p, z, L(-0x1.555546p-3))
  }
  // Relative error of cos 1.2e-10.
  @inline(__always) static func cosineRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Float {
    let p = L.fma(L(0x1.99dba6p-16), z, L(-0x1.6c0bfcp-10))
    return L.fma(p, z, L(0x1.55554ap-5))
  }
  @inline(never) static func sine(_ x: Float) -> Float { sinf(x) }
  @inline(never) static func cosine(_ x: Float) -> Float { cosf(x) }
}

enum DoubleNumbers: ElementaryNumbers {
  typealias Scalar = Double
  @inline(__always) static var roundingMagic: Double { 0x1.8p52 }
  @inline(__always) static var exponentBias: Double { 1023 }
  @inline(__always) static var saturation: Double { 20 }
  @inline(__always) static var leastExponent: Double { -0x1.6232bdd7abcd2p9 }
  @inline(__always) static var greatestExponent: Double { 0x1.62e42fefa39efp9 }
  @inline(__always) static var ln2High: Double { 0x1.62e42fefa2000p-1 }
  @inline(__always) static var ln2Low: Double { 0x1.9ef35793c7673p-41 }
  @inline(__always) static var greatestAngle: Double { 1e6 }
  @inline(__always) static var halfPi1: Double { 0x1.921fb54400000p+0 }
  @inline(__always) static var halfPi2: Double { 0x1.0b4611a600000p-34 }
  @inline(__always) static var halfPi3: Double { 0x1.3198a2e000000p-69 }
  @inline(__always) static var halfPi4: Double { 0x1.b839a252049c1p-104 }
  // Relative error 1.8e-17.
  @inline(__always) static func exponentialRatio<L: Lanes>(_ f: L) -> L where L.Scalar == Double {
    var p = L.fma(L(0x1.e8c9f28ccbefcp-32), f, L(0x1.e6066e920b6dap-28))
    p = L.fma(p, f, L(0x1.b525a16ce3d73p-24))
    p = L.fma(p, f, L(0x1.62bfd466f6793p-20))
    p = L.fma(p, f, L(0x1.ffcbfc1e1c5fdp-17))
    p = L.fma(p, f, L(0x1.430913097246ep-13))
    p = L.fma(p, f, L(0x1.5d87fe78b2309p-10))
    p = L.fma(p, f, L(0x1.3b2ab6fba1de0p-7))
    p = L.fma(p, f, L(0x1.c6b08d704a08dp-5))
    p = L.fma(p, f, L(0x1.ebfbdff82c598p-3))
    return L.fma(p, f, L(0x1.62e42fefa39efp-1))
  }
  // Relative error 1.8e-17.
  @inline(__always) static func doubledExponentialRatio<L: Lanes>(_ r: L) -> L where L.Scalar == Double {
    var p = L.fma(L(0x1.ae639b6f44cbap-15), r, L(0x1.28a33e913625ap-12))
    p = L.fma(p, r, L(0x1.71de8f739bc17p-10))
    p = L.fma(p, r, L(0x1.a019a5f9ab572p-8))
    p = L.fma(p, r, L(0x1.a01a01704f674p-6))
    p = L.fma(p, r, L(0x1.6c16c17f63dc2p-4))
    p = L.fma(p, r, L(0x1.111111111a4fep-2))
    p = L.fma(p, r, L(0x1.555555555204ap-1))
    p = L.fma(p, r, L(0x1.555555555552fp+0))
    p = L.fma(p, r, L(0x1.0000000000005p+1))
    return L.fma(p, r, L(2))
  }
  // Relative error of tanh 4.1e-18.
  @inline(__always) static func hyperbolicTangentRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Double {
    var p = L.fma(L(0x1.c385938f0492cp-9), z, L(-0x1.223c7dc070b70p-7))
    p = L.fma(p, z, L(0x1.664eca003dce8p-6))
    p = L.fma(p, z, L(-0x1.ba1ba117128d0p-5))
    p = L.fma(p, z, L(0x1.11111110e0b99p-3))
    return L.fma(p, z, L(-0x1.55555555554bdp-2))
  }
  // Relative error of atanh 1.3e-18.
  @inline(__always) static func arcTangentRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Double {
    var p = L.fma(L(0x1.5c5c2ec353ad9p-4), z, L(0x1.55cf476290a17p-5))
    p = L.fma(p, z, L(0x1.efd1924ea63bep-5))
    p = L.fma(p, z, L(0x1.10682e709505ep-4))
    p = L.fma(p, z, L(0x1.3b1dd3b6b6c58p-4))
    p = L.fma(p, z, L(0x1.745cb4591db99p-4))
    p = L.fma(p, z, L(0x1.c71c741a0bbadp-4))
    p = L.fma(p, z, L(0x1.2492492091054p-3))
    p = L.fma(p, z, L(0x1.99999999a06c3p-3))
    return L.fma(p, z, L(0x1.5555555555535p-2))
  }
  // Relative error of sin 3.7e-18.
  @inline(__always) static func sineRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Double {
    var p = L.fma(L(0x1.5d8a195e747c4p-33), z, L(-0x1.ae5e4864f3524p-26))
    p = L.fma(p, z, L(0x1.71de3552d6466p-19))
    p = L.fma(p, z, L(-0x1.a01a019be8a24p-13))
    p = L.fma(p, z, L(0x1.111111110f740p-7))
    return L.fma(p, z, L(-0x1.5555555555548p-3))
  }
  // Relative error of cos 6.1e-20.
  @inline(__always) static func cosineRatio<L: Lanes>(_ z: L) -> L where L.Scalar == Double {
    var p = L.fma(L(-0x1.8f9a6f5cc1794p-37), z, L(0x1.1ee9c46cd9fa4p-29))
    p = L.fma(p, z, L(-0x1.27e4f7cef30c5p-22))
    p = L.fma(p, z, L(0x1.a01a019c5e997p-16))
    p = L.fma(p, z, L(-0x1.6c16c16c14e18p-10))
    return L.fma(p, z, L(0x1.555555555554ap-5))
  }
  @inline(never) static func sine(_ x: Double) -> Double { sin(x) }
  @inline(never) static func cosine(_ x: Double) -> Double { cos(x) }
}

/// exp(x), for any x.
///
/// n = round(x·log₂e), f = (x − n·ln 2)·log₂e, exp(x) = 2ⁿ(1 + (2^f − 1)). NaN stays NaN, +∞ gives +∞; above log of the greatest number the result is +∞,
/// below log of the smallest normal number it is 0 (no denormal results).
@inline(__always) func exponential<L: Lanes>(_ x: L) -> L {
  typealias N = L.Numbers
  // The upper half gets 2ⁿ⁻¹ and a doubling, since 2ⁿ itself would overflow just below the largest exponent.
  let positive = L.choose(L(0), L(1), whereLess: x, than: L(0))
  let inside = L.smaller(L(N.greatestExponent), L.larger(L(N.leastExponent), x))
  let magic = L(N.roundingMagic + N.exponentBias) - positive
  let shifted = L.fma(inside, L(N.log2e), magic)
  let n = (shifted - magic)
  var f = L.fma(n, L(-N.ln2High), inside)
  f = L.fma(n, L(-N.ln2Low), f) * L(N.log2e)
  let power = shifted.exponent
  let value = L.fma(power, f * N.exponentialRatio(f), power) * (L(1) + positive)
  let bounded = L.choose(L(.infinity), value, whereLess: L(N.greatestExponent), than: x)
  return L.choose(L(0), bounded, whereLess: x, than: L(N.leastExponent))
}

/// exp(x) for x ≤ 0: as `exponential`, without its handling of overflow.
@inline(__always) func exponentialOfNegative<L: Lanes>(_ x: L) -> L {
  typealias N = L.Numbers
  let magic = L(N.roundingMagic + N.exponentBias)
  let inside = L.larger(L(N.leastExponent), x)
  let shifted = L.fma(inside, L(N.log2e), magic)
  let n = shifted - magic
  var f = L.fma(n, L(-N.ln2High), inside)
  f = L.fma(n, L(-N.ln2Low), f) * L(N.log2e)
  let power = shifted.exponent
  let value = L.fma(power, f * N.exponentialRatio(f), power)
  return L.choose(L(0), value, whereLess: x, than: L(N.leastExponent))
}

/// tanh |x| = N/(N + 2(1 − τ)), N = (P − 1) + (P + 1)τ, with |x| = n·½ln 2 + r, P = 2ⁿ and τ = tanh r: the addition theorem.
///
/// One part of ½ln 2 is enough, because tanh never magnifies a relative error and flattens as n grows. The closer the quotient is to 1, the less an error of N changes it, so that the slope
/// 1 − tanh² stays accurate there.
@inline(__always) func hyperbolicTangent<L: Lanes>(_ x: L) -> L {
  typealias N = L.Numbers
  let magic = L(N.roundingMagic + N.exponentBias)
  // The bound is the first operand, so that NaN passes.
  let inside = L.smaller(L(N.saturation), x.magnitude)
  let shifted = L.fma(inside, L(N.twiceLog2e), magic)
  let r = L.fma(shifted - magic, L(-N.halfLn2), inside)
  let power = shifted.exponent
  let z = r * r
  let tangent = L.fma(r * z, N.hyperbolicTangentRatio(z), r)
  let numerator = L.fma(power + L(1), tangent, power - L(1))
  let rest = L(1) - tangent
  let result = numerator / (numerator + (rest + rest))
  return result.withSign(of: x)
}

/// 1/(1 + exp(−x)) with e = exp(−|x|) ≤ 1.
@inline(__always) func logisticSigmoid<L: Lanes>(_ x: L) -> L {
  let e = exponentialOfNegative(L(0) - x.magnitude)
  return L.choose(e, L(1), whereLess: x, than: L(0)) / (L(1) + e)
}

/// log(1 + exp x) = max(x, 0) + 2 atanh(e/(2 + e)), e = exp(−|x|); and its slope, the sigmoid.
@inline(__always) func softPlus<L: Lanes>(_ x: L) -> (value: L, slope: L) {
  typealias N = L.Numbers
  let e = exponentialOfNegative(L(0) - x.magnitude)
  let w = e / (L(2) + e)
  let z = w * w
  let half = L.fma(w * z, N.arcTangentRatio(z), w)
  return (L.larger(L(0), x) + (half + half), L.choose(e, L(1), whereLess: x, than: L(0)) / (L(1) + e))
}

/// log x of a positive normal number: x = m·2ⁿ with √½ ≤ m < √2, log m = 2 atanh((m − 1)/(m + 1)).
@inline(__always) func logarithm<L: Lanes>(_ x: L) -> L {
  typealias N = L.Numbers
  let (given, isLarge) = (x.significand, L(N.squareRootOfTwo))
  let m = L.choose(given, given * L(0.5), whereLess: given, than: isLarge)
  let n = L.choose(x.power, x.power + L(1), whereLess: given, than: isLarge)
  let w = (m - L(1)) / (m + L(1))
  let z = w * w
  let half = L.fma(w * z, N.arcTangentRatio(z), w)
  return L.fma(n, L(N.ln2High), L.fma(n, L(N.ln2Low), half + half))
}

/// sin x and cos x: n = round(2x/π), r = x − n·π/2 in four parts (Cody & Waite 1980), polynomials on |r| ≤ π/4. Larger |x| than `greatestAngle` go to libm.
@inline(__always) func sineAndCosine<L: Lanes>(_ x: L) -> (sine: L, cosine: L) {
  typealias N = L.Numbers
  let magic = L(N.roundingMagic)
  let shifted = L.fma(x, L(N.twoOverPi), magic)
  let n = L(0) - (shifted - magic)
  var r = L.fma(n, L(N.halfPi1), x)
  r = L.fma(n, L(N.halfPi2), r)
  r = L.fma(n, L(N.halfPi3), r)
  r = L.fma(n, L(N.halfPi4), r)
  let z = r * r
  let s = L.fma(r * z, N.sineRatio(z), r)
  let c = L.fma(z * z, N.cosineRatio(z), L.fma(z, L(-0.5), L(1)))
  // Quadrants 1 and 2 of the cosine are negative: those whose number plus one has bit 1 set.
  let sine = shifted.flippingSign(shifted.whereOdd(c, s))
  let cosine = (shifted + L(1)).flippingSign(shifted.whereOdd(s, c))
  if L.choose(L(1), L(0), whereLess: L(N.greatestAngle), than: x.magnitude).sum == 0 { return (sine, cosine) }
  return far(x, sine, cosine)
}

/// Replaces the results for angles beyond the range of the reduction by libm's.
@inline(never) private func far<L: Lanes>(_ x: L, _ sine: L, _ cosine: L) -> (sine: L, cosine: L) {
  typealias N = L.Numbers
  let beyond = L(N.greatestAngle)
  return (
    L.choose(x.map(N.sine), sine, whereLess: beyond, than: x.magnitude), L.choose(x.map(N.cosine), cosine, whereLess: beyond, than: x.magnitude)
  )
}

extension ElementaryNumbers {
  @inline(__always) static var halfLn2: Scalar { 0.346573590279972654708616060729088284 }
  @inline(__always) static var squareRootOfTwo: Scalar { 1.41421356237309504880168872420969808 }
  @inline(__always) static var twoPi: Scalar { 6.28318530717958647692528676655900577 }
  @inline(__always) static var log2e: Scalar { 1.44269504088896340735992468100189214 }
  @inline(__always) static var twiceLog2e: Scalar { 2.88539008177792681471984936200378427 }
  @inline(__always) static var twoOverPi: Scalar { 0.636619772367581343075535053490057448 }
}

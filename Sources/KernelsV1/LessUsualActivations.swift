/// Activations whose code exists once for each precision; the affine kernels compute them by calling `activateRow`.

/// max(x, 0) with its corner rounded between −η and η = 1/10: (x + η)²/(4η), which meets both sides with their slopes.
enum SmoothReluKernel: ActivationKernel {
  @inline(__always) static var isFused: Bool { false }
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { valueAndSlope(x).value }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    typealias N = L.Numbers
    // x + η in two parts, so that the error stays relative near −η; t is the second operand, so that NaN passes.
    let t = L.larger(L(0), (x + L(N.tenth)) + L(N.tenthRest))
    let value = L.choose(L(2.5) * t * t, x, whereLess: x, than: L(N.tenth))
    return (value, L.smaller(L(1), L(5) * t))
  }
}

/// x, or x/100 below 0.
enum LeakyReluKernel: ActivationKernel {
  @inline(__always) static var isFused: Bool { false }
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { valueAndSlope(x).value }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    let leak = L(0.01)
    return (L.choose(leak * x, x, whereLess: x, than: L(0)), L.choose(L(1), leak, whereLess: L(0), than: x))
  }
}

/// x, or exp(x) − 1 below 0.
///
/// With x = n·ln 2 + 2r: exp(x) − 1 = 2ⁿ(exp 2r − 1) + (2ⁿ − 1). One part of ½ln 2 is enough, because the result is at least −1 and 2ⁿ shrinks faster than n's error grows.
enum EluKernel: ActivationKernel {
  @inline(__always) static var isFused: Bool { false }
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { valueAndSlope(x).value }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    typealias N = L.Numbers
    let magic = L(N.roundingMagic + N.exponentBias)
    // Below −2·saturation the result rounds to −1.
    let inside = L.smaller(L(0), L.larger(L(-2 * N.saturation), x))
    let shifted = L.fma(inside, L(N.log2e), magic)
    let r = L.fma(shifted - magic, L(-N.halfLn2), L(0.5) * inside)
    let power = shifted.exponent
    let lessOne = L.fma(power, r * N.doubledExponentialRatio(r), power - L(1))
    return (L.choose(lessOne, x, whereLess: x, than: L(0)), L.choose(lessOne + L(1), L(1), whereLess: x, than: L(0)))
  }
}

/// x·Φ(x) = max(x, 0) − a·Φ(−a), a = |x|, with the slope Φ(x) + x·φ(x): no difference of nearly equal numbers in the value anywhere.
enum GeluKernel: ActivationKernel {
  @inline(__always) static var isFused: Bool { false }
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { valueAndSlope(x).value }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    typealias N = L.Numbers
    // The bounds are the first operands, so that NaN passes; beyond them the exponential is 0.
    let inside = L.larger(L(-N.normalBound), L.smaller(L(N.normalBound), x))
    let a = inside.magnitude
    let (ratio, e) = normalTail(a)
    let tail = ratio * e
    let probability = L.choose(tail, L(1) - tail, whereLess: x, than: L(0))
    // (a·R)·e, not a·(R·e): the product R·e would lose bits below the smallest normal number.
    return (L.larger(L(0), x) - (a * ratio) * e, L.fma(inside * e, L(N.normalDensity), probability))
  }
}

/// x/(1 + exp(−x)), with the slope s + x·s(1 − s), s the sigmoid.
///
/// For x < 0 the numerator is computed as (x·h)·h with h = exp(−½|x|): for very negative x, exp(x) is 0 in this arithmetic, but x·exp(x) is not yet.
enum SiluKernel: ActivationKernel {
  @inline(__always) static var isFused: Bool { false }
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { valueAndSlope(x).value }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    // Beyond the bound h is 0 for any x; an infinite x would give 0·∞.
    let bound = L(2000)
    let inside = L.larger(bound.negated, L.smaller(bound, x))
    let h = exponentialOfNegative(L(-0.5) * inside.magnitude)
    let e = h * h
    let inverse = L(1) / (L(1) + e)
    let sigmoid = L.choose(e, L(1), whereLess: x, than: L(0)) * inverse
    let value = L.choose((inside * h) * h, x, whereLess: x, than: L(0)) / (L(1) + e)
    return (value, L.fma(inside * (e * inverse), inverse, sigmoid))
  }
}

extension ElementaryNumbers {
  @inline(__always) static var normalDensity: Scalar { 0.398942280401432677939946059934381868 }
}

extension FloatNumbers {
  @inline(__always) static var tenth: Float { 0.1 }
  @inline(__always) static var tenthRest: Float { -0x1.99999ap-30 }
}

extension DoubleNumbers {
  @inline(__always) static var tenth: Double { 0.1 }
  @inline(__always) static var tenthRest: Double { -0x1.999999999999ap-58 }
}

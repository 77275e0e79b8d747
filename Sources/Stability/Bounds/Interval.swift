import LinearAlgebra

/// A range of real numbers that is known to hold a number: arithmetic with outward rounding on Double.
///
/// Every operation gives a range that holds the exact result for all numbers of its arguments. An end moves outward by one number of float64 unless the operation's error, which a sum or a fused multiply-add computes exactly, shows that
/// it need not: 1 + 0 stays 1. Where a result leaves the range of Double, or is undefined, the range is that of all numbers.
///
/// Source: Rump 2010, "Verification methods", Acta Numerica 19, §2–4.
package struct Interval: Equatable, Sendable {
  package let lower: Double
  package let upper: Double

  package static let all = Interval(-.infinity, .infinity)

  /// The number itself; NaN and infinities give all numbers.
  package init(_ exact: Double) { self = exact.isFinite ? Interval(exact, exact) : .all }

  /// - Parameters: lower, upper: bounds of the number, lower ≤ upper.
  package init(_ lower: Double, _ upper: Double) {
    (self.lower, self.upper) = lower <= upper ? (lower, upper) : (-.infinity, .infinity)
  }

  /// A number between 0 and a bound that was computed elsewhere.
  package static func upTo(_ bound: Double) -> Interval { bound >= 0 ? Interval(0, bound) : .all }

  /// The largest magnitude.
  package var magnitude: Double { Swift.max(abs(lower), abs(upper)) }

  package static func + (a: Interval, b: Interval) -> Interval { Interval(sum(a.lower, b.lower).lower, sum(a.upper, b.upper).upper) }
  package static prefix func - (a: Interval) -> Interval { Interval(-a.upper, -a.lower) }
  package static func - (a: Interval, b: Interval) -> Interval { a + -b }

  package static func * (a: Interval, b: Interval) -> Interval {
    guard a.magnitude.isFinite, b.magnitude.isFinite else { return .all }
    if a.lower >= 0, b.lower >= 0 { return Interval(product(a.lower, b.lower).lower, product(a.upper, b.upper).upper) }
    let products = [product(a.lower, b.lower), product(a.lower, b.upper), product(a.upper, b.lower), product(a.upper, b.upper)]
    return products.dropFirst().reduce(products[0]) { Interval(Swift.min($0.lower, $1.lower), Swift.max($0.upper, $1.upper)) }
  }

  package static func / (a: Interval, b: Interval) -> Interval {
    guard a.magnitude.isFinite, b.magnitude.isFinite, b.lower > 0 || b.upper < 0 else { return .all }
    let quotients = [quotient(a.lower, b.lower), quotient(a.lower, b.upper), quotient(a.upper, b.lower), quotient(a.upper, b.upper)]
    return quotients.dropFirst().reduce(quotients[0]) { Interval(Swift.min($0.lower, $1.lower), Swift.max($0.upper, $1.upper)) }
  }

  /// √a, of the part that is not negative.
  package func squareRoot() -> Interval {
    guard upper >= 0, upper.isFinite else { return .all }
    return Interval(Self.root(Swift.max(lower, 0)).lower, Self.root(upper).upper)
  }

  /// asinh(a), with room for 450 units in the last place.
  package func squash() -> Interval {
    guard magnitude.isFinite else { return .all }
    let (low, high) = (squashed(lower), squashed(upper))
    func room(_ value: Double) -> Double { abs(value) * 1e-13 + 0x1p-1000 }
    return Interval(low - room(low), high + room(high))
  }

  /// An upper bound of asinh' = 1/√(1 + a²).
  package var squashSlope: Double {
    let near = lower <= 0 && upper >= 0 ? 0 : Swift.min(abs(lower), abs(upper))
    let size = near < 0x1p500 ? (1 + Interval(near) * Interval(near)).squareRoot() : Interval(near)
    return Swift.min(1, (1 / Interval(size.lower)).upper)
  }

  package static func max(_ a: Interval, _ b: Interval) -> Interval { Interval(Swift.max(a.lower, b.lower), Swift.max(a.upper, b.upper)) }
  /// A number that both bound from above: the smaller upper end holds.
  package static func min(_ a: Interval, _ b: Interval) -> Interval { Interval(Swift.min(a.lower, b.lower), Swift.min(a.upper, b.upper)) }

  package static func + (a: Interval, b: Double) -> Interval { a + Interval(b) }
  package static func + (a: Double, b: Interval) -> Interval { Interval(a) + b }
  package static func - (a: Double, b: Interval) -> Interval { Interval(a) - b }
  package static func - (a: Interval, b: Double) -> Interval { a - Interval(b) }
  package static func * (a: Double, b: Interval) -> Interval { Interval(a) * b }
  package static func * (a: Interval, b: Double) -> Interval { a * Interval(b) }
  package static func / (a: Interval, b: Double) -> Interval { a / Interval(b) }
  package static func / (a: Double, b: Interval) -> Interval { Interval(a) / b }

  /// a + b; the error of the rounded sum is a Double (Knuth).
  private static func sum(_ a: Double, _ b: Double) -> Interval {
    let s = a + b
    guard s.isFinite else { return outside(s, a.isFinite && b.isFinite) }
    let other = s - a
    let error = (a - (s - other)) + (b - other)
    return error.isFinite ? between(s, error) : Interval(s.nextDown, s.nextUp)
  }

  private static func product(_ a: Double, _ b: Double) -> Interval {
    let p = a * b
    guard p.isFinite else { return outside(p, a.isFinite && b.isFinite) }
    if a == 0 || b == 0 { return Interval(0, 0) }
    // Near the smallest numbers the error itself is rounded.
    return abs(p) < 0x1p-900 ? Interval(p.nextDown, p.nextUp) : between(p, (-p).addingProduct(a, b))
  }

  private static func quotient(_ a: Double, _ b: Double) -> Interval {
    let q = a / b
    guard q.isFinite else { return outside(q, a.isFinite && b.isFinite) }
    return a == 0 ? Interval(0, 0) : Interval(q.nextDown, q.nextUp)
  }

  private static func root(_ x: Double) -> Interval {
    let r = x.squareRoot()
    return x < 0x1p-900 ? Interval(x == 0 ? 0 : Swift.max(r.nextDown, 0), x == 0 ? 0 : r.nextUp) : between(r, x.addingProduct(-r, r))
  }

  /// The numbers between which `value` + `error` lies, |error| being at most one place of `value`.
  private static func between(_ value: Double, _ error: Double) -> Interval { Interval(error < 0 ? value.nextDown : value, error > 0 ? value.nextUp : value) }

  /// A finite result beyond the largest Double, or no number.
  private static func outside(_ value: Double, _ isOverflow: Bool) -> Interval {
    guard isOverflow, !value.isNaN else { return .all }
    return value > 0 ? Interval(.greatestFiniteMagnitude, .infinity) : Interval(-.infinity, -.greatestFiniteMagnitude)
  }
}

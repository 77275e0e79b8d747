import LinearAlgebra
import Stability
import Testing

@Suite struct IntervalTests {
  /// Random Doubles of all sizes, from a fixed generator.
  private static func numbers(_ count: Int) -> [Double] {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let x = Double(bitPattern: state & ~(0x7FF << 52) | (UInt64(1023 - 40 + state % 80) << 52))
      return x
    }
  }

  /// Float80 holds the sum, product and quotient of two Doubles more exactly than the interval's ends.
  @Test func everyOperationHoldsTheExactResult() {
    let numbers = Self.numbers(4000)
    for (a, b) in zip(numbers, numbers.dropFirst()) {
      let (x, y) = (Interval(a), Interval(b))
      for (interval, exact) in [(x + y, Float80(a) + Float80(b)), (x - y, Float80(a) - Float80(b)), (x * y, Float80(a) * Float80(b)), (x / y, Float80(a) / Float80(b))] {
        #expect(Float80(interval.lower) <= exact && exact <= Float80(interval.upper))
        #expect(interval.upper <= interval.lower.nextUp.nextUp)
      }
      let root = Interval(abs(a)).squareRoot()
      #expect(root.lower * root.lower <= abs(a).nextUp && Float80(root.upper) * Float80(root.upper) >= Float80(abs(a)))
    }
  }

  @Test func exactResultsStayExact() {
    #expect(Interval(1) + Interval(0) == Interval(1))
    #expect(Interval(3) * Interval(0.25) == Interval(0.75))
    #expect(Interval(4).squareRoot() == Interval(2))
    #expect(Interval(0) * Interval(7) == Interval(0))
  }

  @Test func rangesOfBothSigns() {
    let (a, b) = (Interval(-2, 3), Interval(-5, 4))
    #expect((a * b) == Interval(-15, 12))
    #expect((a - b) == Interval(-6, 8))
    // Quotients are widened by one number on each side, even exact ones.
    #expect((Interval(1, 2) / Interval(-4, -2)) == Interval((-1.0).nextDown, (-0.25).nextUp))
    #expect((Interval(-1, 2) / Interval(2, 4)) == Interval((-0.5).nextDown, 1.0.nextUp))
  }

  @Test func whatIsUndefinedIsEverything() {
    #expect(Interval(.nan) == .all)
    #expect(Interval(1) / Interval(-1, 1) == .all)
    #expect((Interval(1e300) * Interval(1e300)).upper == .infinity)
    #expect((Interval(1e300) * Interval(1e300)).lower == .greatestFiniteMagnitude)
    #expect(Interval(-1).squareRoot() == .all)
    #expect(Interval.upTo(.nan) == .all)
    #expect((.all * Interval(0)) == .all)
  }

  /// asinh(sinh t) = t, and its slope 1/cosh t is largest next to 0; without overflow of squares.
  @Test func asinhOfIntervals() {
    let one = Interval(-1.1752011936438014, 11013.232874703393).squash()
    #expect(one.lower <= -1 && one.lower > -1 - 1e-12 && one.upper >= 10 && one.upper < 10 + 1e-11)
    #expect(Interval(1e-300).squash().lower <= 1e-300 && Interval(1e-300).squash().upper >= 1e-300)
    #expect(Interval(-1, 2).squashSlope == 1 && Interval(0, 2).squashSlope == 1 && Interval(-1e300, -1e200).squashSlope >= 1e-200)
    let slope = Interval(1.1752011936438014, 7).squashSlope
    #expect(slope >= 1 / 1.5430806348152437 && slope < 1 / 1.5430806348152437 + 1e-12)
    #expect(Interval.all.squash() == .all && Interval.all.squashSlope == 1)
  }

  /// Near the smallest numbers a product's error is no Double.
  @Test func subnormalsAreRoundedOutward() {
    let tiny = Interval(0x1p-1074)
    #expect((tiny * Interval(0.5)).lower <= 0 && (tiny * Interval(0.5)).upper >= 0x1p-1074)
    #expect((Interval(0x1.8p-540) * Interval(0x1.8p-540)).upper > 0)
  }
}

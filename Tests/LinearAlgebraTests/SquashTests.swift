import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct SquashTests {
  /// asinh(sinh t) = t, also where sinh t is so large that its square overflows; other columns of the tile stay.
  @Test(arguments: Precision.allCases) func isTheInverseOfSinh(_ precision: Precision) throws {
    let numbers = try Numbers([0, 1.1752011936438014, -1.1752011936438014, 11013.232874703393, 1e30, 5], precision)
    squash(numbers.block(rows: 1, columns: 6), count: 5)
    #expect(largestDifference(numbers.values, [0, 1, -1, 10, 69.77069997038154, 5]) < (precision == .float32 ? 1e-5 : 1e-13))
  }

  @Test func numbersAlone() { #expect(squashed(0) == 0 && abs(squashed(1.1752011936438014) - 1) < 1e-15 && squashed(-1e300) == -squashed(1e300)) }

  /// The slope is cosh(asinh z)⁻¹, at most 1.
  @Test func slopes() {
    #expect(squashSlope(0) == 1 && abs(squashSlope(1.1752011936438014) - 1 / 1.5430806348152437) < 1e-15 && squashSlope(1e300) == 1e-300)
  }
}

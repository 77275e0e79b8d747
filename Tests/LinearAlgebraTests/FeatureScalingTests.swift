import LinearAlgebra
import Testing

@Suite struct FeatureScalingTests {
  @Test func changesAreScaledAndNotShifted() throws {
    let (shift, scale) = (try SampleNumbers([5], .float64), try SampleNumbers([2], .float64))
    let changes = FeatureScaling(shift: shift.vector, scale: scale.vector, narrow: (shift.vector, scale.vector)).ofChanges
    #expect(changes.shift == nil && changes.narrow == nil && changes.scale?.base == scale.vector.base)
  }

  /// Rounded numbers are within half a last digit; numbers that are too large for float32 or vanish in it are reported.
  @Test(arguments: [([0.1, -3, 0, 1e38], true), ([1, 1e39], false), ([1e-40], false), ([1e-60], false)] as [([Double], Bool)])
  func tellsWhetherAPrecisionHoldsThem(_ numbers: [Double], _ isHeld: Bool) throws {
    let (wide, narrow) = (try SampleNumbers(numbers, .float64), try SampleNumbers(numbers.count, .float32))
    #expect(narrowed(wide.vector, into: narrow.vector) == isHeld)
    #expect(narrow.values == numbers.map { Double(Float($0)) })
    #expect(narrowed(wide.vector, into: try SampleNumbers(numbers.count, .float64).vector))
  }
}

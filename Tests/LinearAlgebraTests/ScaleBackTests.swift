import LinearAlgebra
import TestSupport
import Testing

@Suite struct ScaleBackTests {
  @Test func isTheFormulaForAnyStrides() throws {
    let numbers = try Numbers((0..<12).map { Double($0) }, .float64)
    let (shift, scale) = (try Numbers([1.7e9, -3], .float64), try Numbers([0.5, 1e-3], .float64))
    // Three rows and two columns, in every second element, the columns first.
    scaleBack(
      MutableTensorView(numbers.vector.base, type: .float64, rows: 3, columns: 2, rowStride: 2, columnStride: 6), shift: shift.vector, scale: scale.vector)
    let (first, second): ([Double], [Double]) = ([1.7e9, 1, 1.7e9 + 1, 3, 1.7e9 + 2, 5], [-3 + 1e-3 * 6, 7, -3 + 1e-3 * 8, 9, -3 + 1e-3 * 10, 11])
    #expect(numbers.values == first + second)
  }

  @Test func withoutAShiftItScalesAlone() throws {
    let (numbers, scale) = (try Numbers([1, 2], .float64), try Numbers([3, 4], .float64))
    scaleBack(MutableTensorView(numbers.vector.base, type: .float64, rows: 1, columns: 2), shift: nil, scale: scale.vector)
    #expect(numbers.values == [3, 8])
  }
}

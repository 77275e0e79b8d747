import LinearAlgebra
import Testing

struct TargetBoundsTests {
  /// The first place by rows, in any element type; NaN lies in no bounds.
  @Test func findsTheFirstPlace() throws {
    let numbers = try Numbers([0.0, 1, 0.5, -1, 2, 0], .float64)
    let view = TensorView(numbers.vector.base, type: .float64, rows: 3, columns: 2)
    let place = try #require(try firstOutside(0...1, view))
    #expect(place == (1, 1))
    #expect(try firstOutside(-1...2, view) == nil)
    #expect(try #require(try firstOutside(-1...1, view)) == (2, 0))
    numbers[1] = .nan
    #expect(try #require(try firstOutside(0...(.infinity), view)) == (0, 1))
    let bytes: [Int8] = [0, 1, 2, -3]
    try bytes.withUnsafeBytes { bytes in
      let view = TensorView(try #require(bytes.baseAddress), type: .int8, rows: 4, columns: 1)
      #expect(try #require(try firstOutside(0...(.infinity), view)) == (3, 0))
    }
  }
}

import LinearAlgebra
import Testing

struct ClipTests {
  @Test(arguments: Precision.allCases)
  func numbersComeIntoTheInterval(_ precision: Precision) throws {
    let y = try Numbers(5, precision)
    for (index, value) in [-3, -0.5, 0.25, 2, Double.nan].enumerated() { y[index] = value }
    clip(y.vector, to: 0.5)
    #expect(Array(y.values[..<4]) == [-0.5, -0.5, 0.25, 0.5] && y[4].isNaN)
  }
}

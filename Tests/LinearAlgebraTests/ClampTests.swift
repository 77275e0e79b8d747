import LinearAlgebra
import Testing

@Suite struct ClampTests {
  @Test(arguments: Precision.allCases) func keepsWithinBounds(_ precision: Precision) throws {
    let x = try Numbers(5, precision)
    for (index, value) in [-2, -0.5, 0, 0.5, 3].enumerated() { x[index] = value }
    #expect(!clamp(x.vector, low: -2, high: 3))
    #expect(clamp(x.vector, low: -1, high: 0.5))
    #expect(x.values == [-1, -0.5, 0, 0.5, 0.5])
    #expect(!clamp(x.vector, low: -1, high: 0.5))
    #expect(!clamp(x.vector, low: -.greatestFiniteMagnitude, high: .greatestFiniteMagnitude))
  }

  /// 0.1 is not a Float; the rounded bounds lie within the given ones, on both sides.
  @Test func roundsInwards() throws {
    let x = try Numbers(2, .float32)
    (x[0], x[1]) = (-1, 1)
    #expect(clamp(x.vector, low: -0.1, high: 0.1))
    #expect(x[0] >= -0.1 && x[1] <= 0.1 && x[1] > 0.1 - 1e-8)
  }
}

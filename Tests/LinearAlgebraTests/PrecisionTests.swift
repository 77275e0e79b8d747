import LinearAlgebra
import Testing

struct PrecisionTests {
  @Test func sizesAndSpacings() {
    #expect(Precision.float32.byteCount == MemoryLayout<Float>.size && Precision.float64.byteCount == MemoryLayout<Double>.size)
    #expect(Precision.float32.epsilon == Double(Float.ulpOfOne) && Precision.float64.epsilon == Double.ulpOfOne)
    #expect(Precision.allCases.map(\.name) == ["float32", "float64"])
  }
}

import LinearAlgebra
import Testing

struct TileColumnsTests {
  @Test func tilesAreMultiplesOfTheQuantumAndStayNear() {
    for precision in Precision.allCases {
      for width in [1, 2, 8, 16, 33, 64, 128, 1024] {
        let columns = tileColumns(width: width, precision: precision)
        #expect(columns % Block.quantum == 0 && (64...384).contains(columns))
        // Tiles are never so wide that states of moderate width exceed the first-level cache.
        if width <= 64 { #expect(columns * width * precision.byteCount <= 32_768) }
      }
    }
  }
}

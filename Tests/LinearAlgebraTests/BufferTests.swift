import LinearAlgebra
import Settings
import Testing

struct BufferTests {
  @Test func isZeroedAndAligned() throws {
    let buffer = try Buffer(count: 1000, precision: .float64)
    #expect(UInt(bitPattern: buffer.base) % 64 == 0 && buffer.byteCount == 8000)
    #expect(sumOfSquares(buffer.vector(count: 1000, precision: .float64)) == 0)
    let labels = buffer.labels(count: 3, offset: 8)
    labels[2] = 7
    #expect(buffer.rowNumbers(count: 3)[2] == 7)
  }

  @Test func sizesOutOfReachFail() {
    for (count, precision) in [(-1, Precision.float32), (Int.max / 4, .float64), (1 << 60, .float32)] {
      #expect { try Buffer(count: count, precision: precision) } throws: { ($0 as? Failure)?.status == .memory }
    }
  }
}

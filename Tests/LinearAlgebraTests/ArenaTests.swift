import LinearAlgebra
import Settings
import Testing

struct ArenaTests {
  /// Pieces are allocated in order, start at multiples of 64 bytes, do not overlap, and fill the measured size exactly.
  @Test func piecesFollowOneAnother() throws {
    var size = Arena.Size()
    size.add(rows: 3, columns: 16, precision: .float32)
    size.add(count: 5, precision: .float64)
    size.add(rows: 1, columns: 1, precision: .float64)
    let arena = try Arena(size)
    let a = arena.block(rows: 3, columns: 16, precision: .float32)
    let b = arena.vector(count: 5, precision: .float64)
    let mark = arena.mark
    let c = arena.block(rows: 1, columns: 1, precision: .float64)
    #expect(b.base - a.base == 192 && c.base - b.base == 64 && arena.byteCount == 320)
    #expect(UInt(bitPattern: a.base) % 64 == 0)
    arena.release(to: mark)
    #expect(arena.block(rows: 1, columns: 1, precision: .float64).base == c.base)
  }

  @Test func sizesThatOverflowFail() {
    var size = Arena.Size()
    size.add(rows: Int.max / 4, columns: 16, precision: .float64)
    #expect(size.byteCount == nil)
    #expect { try Arena(size) } throws: { ($0 as? Failure)?.status == .memory }
  }
}

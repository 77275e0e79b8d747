import LinearAlgebra
import Testing

struct PrefetchTests {
  /// A prefetch is only a hint: it changes neither the block nor memory beyond its end.
  @Test func changesNothing() throws {
    let numbers = try Numbers(64, .float64, seed: 1)
    let before = numbers.values
    prefetch(numbers.block(rows: 4, columns: 16))
    prefetch(Block(numbers.buffer.base, rows: 1 << 10, columns: 16, precision: .float64))
    #expect(numbers.values == before)
  }
}

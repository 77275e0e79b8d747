import LinearAlgebra
import Testing

struct BlockTests {
  @Test func columnsAreOneOrAMultipleOfTheQuantum() {
    #expect([1, 2, 16, 17, 100].map { Block.columns(forSamples: $0) } == [1, 16, 16, 32, 112])
  }

  @Test func rowsAreAView() throws {
    let numbers = try Numbers(5 * 48, .float64)
    let block = numbers.block(rows: 5, columns: 32, stride: 48)
    let part = block.rows(2..<4)
    #expect(part.base == block.base + 2 * 48 * 8 && part.rows == 2 && part.columns == 32 && part.stride == 48)
  }
}

import LinearAlgebra
import Testing

struct TensorViewTests {
  @Test func extentsOfAnyStride() throws {
    let buffer = try Buffer(byteCount: 64)
    func extent(_ rows: Int, _ columns: Int, _ rowStride: Int, _ columnStride: Int, _ type: ElementType = .float32) -> [Int]? {
      TensorView(buffer.base, type: type, rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride).extent().map { [$0.low, $0.high] }
    }
    #expect(extent(3, 4, 4, 1) == [0, 48])
    #expect(extent(3, 4, -4, 1, .float64) == [-64, 32])
    #expect(extent(3, 4, -4, -1, .uint8) == [-11, 1])
    #expect(extent(3, 4, 0, 0) == [0, 4])
    #expect(extent(0, 4, Int.max, 1) == [0, 0])
    #expect(extent(3, 4, Int.max, 1) == nil)
    #expect(extent(2, 2, Int.max / 4, 1) == nil)
    #expect(extent(Int.max, Int.max, 1, 1) == nil)
    #expect(extent(2, 2, Int.min, 1) == nil)
    #expect(extent(-1, 2, 1, 1) == nil)
  }

  @Test func elementSizes() {
    #expect(ElementType.allCases.map(\.byteCount) == [4, 8, 1, 1, 4, 8])
    #expect(ElementType.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5])
    #expect(ElementType.allCases.filter(\.isFloatingPoint) == [.float32, .float64])
  }

  @Test func rowsAreAView() throws {
    let numbers = try Numbers(12, .float64)
    let view = TensorView(numbers.buffer.base, type: .float64, rows: 4, columns: 3).rows(1..<3)
    #expect(view.base == UnsafeRawPointer(numbers.buffer.base) + 24 && view.rows == 2)
  }
}

import LinearAlgebra
import TestSupport
import Testing

@Suite struct SampleAxesTests {
  private static let extents = (3, 4, 5)
  /// Samples of 3 × 4 × 5 numbers in the orders of axes that arrays have.
  private static let orders: [(strides: (Int, Int, Int), isEven: Bool)] = [((20, 5, 1), true), ((1, 15, 3), false), ((20, 1, 4), false), ((-20, -5, -1), true), ((40, 10, 2), true)]

  @Test(arguments: orders.indices) func columnsCountTheInnermostAxisFastest(_ index: Int) {
    let (strides, isEven) = Self.orders[index]
    let axes = SampleAxes(extents: Self.extents, strides: strides)
    for (column, place) in (0..<3).flatMap({ c in (0..<4).flatMap { y in (0..<5).map { x in (c, y, x) } } }).enumerated() {
      #expect(axes.offset(ofColumn: column) == place.0 * strides.0 + place.1 * strides.1 + place.2 * strides.2)
    }
    let view = TensorView([0.0], type: .float64, rows: 1, rowStride: 60, axes: axes)
    #expect((view.columnStride != nil) == isEven)
    #expect(view.columns == 60 && (view.flat != nil) == isEven)
  }

  /// The last axis first: pixels before channels become channels before pixels.
  @Test func lastAxisFirst() {
    let axes = SampleAxes(extents: (4, 5, 3), strides: (15, 3, 1)).lastFirst
    #expect(axes == SampleAxes(extents: (3, 4, 5), strides: (1, 15, 3)))
  }

  /// An axis of one pixel may have any stride.
  @Test func axesOfOnePixelDoNotCount() {
    let view = TensorView([0.0], type: .float64, rows: 1, rowStride: 7, axes: SampleAxes(extents: (1, 1, 7), strides: (99, -3, 1)))
    #expect(view.columnStride == 1 && view.hasDenseRows)
  }

  /// Gathering, copying and checking find the same numbers in every order.
  @Test(arguments: [ElementType.float32, .float64, .uint8, .int32]) func everyReaderFindsTheNumbers(_ type: ElementType) throws {
    let count = 2 * 60
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 8 * count, alignment: 64)
    defer { memory.deallocate() }
    for index in 0..<count {
      switch type {
      case .float32: memory.storeBytes(of: Float(index), toByteOffset: 4 * index, as: Float.self)
      case .float64: memory.storeBytes(of: Double(index), toByteOffset: 8 * index, as: Double.self)
      case .uint8: memory.storeBytes(of: UInt8(index), toByteOffset: index, as: UInt8.self)
      default: memory.storeBytes(of: Int32(index), toByteOffset: 4 * index, as: Int32.self)
      }
    }
    let axes = SampleAxes(extents: (3, 4, 5), strides: (1, 15, 3))
    let view = TensorView(memory, type: type, rows: 2, rowStride: 60, axes: axes)
    let tile = try SampleNumbers(60 * 16, .float64), dense = try SampleNumbers(120, .float64)
    gather(view, rows: nil, start: 0, count: 2, into: tile.block(rows: 60, columns: 16))
    convert(view, into: dense.vector)
    for row in 0..<2 {
      for column in 0..<60 {
        let expected = Double(60 * row + axes.offset(ofColumn: column))
        #expect(tile[16 * column + row] == expected && dense[60 * row + column] == expected && view.number(row: row, column: column) == expected)
      }
    }
    #expect(firstNonFinite(view) == nil)
    #expect(view.rows(1..<2).number(row: 0, column: 7) == 60 + Double(axes.offset(ofColumn: 7)))
  }
}

import Datasets
import LinearAlgebra
import Testing

@Suite struct PackingTests {
  /// The copy is dense for any strides: transposed, reversed, every other row, and large enough to need several blocks.
  @Test(arguments: [(5, 3), (130, 70)]) func copiesAnyStrides(rows: Int, columns: Int) throws {
    let memory = (0..<(4 * rows * columns)).map { Float($0) }
    let labels = [Double](repeating: 0, count: rows)
    try memory.withUnsafeBytes { bytes in
      let base = try #require(bytes.baseAddress)
      let last = base + 4 * (rows - 1) * columns
      let views = [
        TensorView(base, type: .float32, rows: rows, columns: columns, rowStride: 1, columnStride: rows),
        TensorView(base, type: .float32, rows: rows, columns: columns, rowStride: 2 * columns, columnStride: 1),
        TensorView(last, type: .float32, rows: rows, columns: columns, rowStride: -columns, columnStride: 1),
        TensorView(base, type: .float32, rows: rows, columns: columns, rowStride: 0, columnStride: 2),
      ]
      for view in views {
        let data = try withView(labels, .float64, rows: rows, columns: 1) { try Dataset(copying: view, labels: $0) }
        #expect(data.features.rowStride == columns && data.features.columnStride == 1)
        var equal = true
        for row in 0..<rows { for column in 0..<columns where element(data.features, row, column) != element(view, row, column) { equal = false } }
        #expect(equal, "row stride \(view.rowStride), column stride \(view.columnStride)")
      }
    }
  }

  @Test func bytesStayBytes() throws {
    let pixels: [UInt8] = [0, 255, 7, 8]
    let data = try withView(pixels, .uint8, rows: 2, columns: 2) { view in try withView([1, 0] as [UInt8], .uint8, rows: 2, columns: 1) { try Dataset(copying: view, labels: $0) } }
    #expect(data.features.type == .uint8)
    #expect((0..<4).map { data.features.base.load(fromByteOffset: $0, as: UInt8.self) } == pixels)
  }
}

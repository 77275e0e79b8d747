import LinearAlgebra
import Testing

@Suite struct ColumnMovesTests {
  @Test(arguments: Precision.allCases) func gathersAndScattersBack(_ precision: Precision) throws {
    let source = try Numbers(60, precision)
    for index in 0..<60 { source[index] = Double(index) }
    let block = source.block(rows: 6, columns: 10)
    // Sample 0 comes from column 3, sample 1 from column 9 one row further down, and sample 2 from column 0.
    let offsets: [Int64] = [3, 19, 0]
    let out = try Numbers(9, precision)
    offsets.withUnsafeBufferPointer { offsets in
      if let offsets = offsets.baseAddress { gatherColumns(block, offsets: offsets, into: out.block(rows: 3, columns: 3)) }
    }
    #expect(out.values == [3, 19, 0, 13, 29, 10, 23, 39, 20])
    let back = try Numbers(60, precision, low: 0, high: 0)
    let places: [Int64] = [3, -1, 0]
    places.withUnsafeBufferPointer { places in
      if let places = places.baseAddress { scatterColumns(out.block(rows: 3, columns: 3), offsets: places, into: back.block(rows: 6, columns: 10)) }
    }
    for index in 0..<60 { #expect(back[index] == ([0, 10, 20, 3, 13, 23].contains(index) ? Double(index) : 0)) }
  }

  /// Records of any size fit into their rows and are aligned, for one column at an odd address and for many columns.
  @Test(arguments: Precision.allCases, [1, 16, 48]) func recordsLieInTheirRows(_ precision: Precision, _ columns: Int) throws {
    let rows = Block.rows(forRecordsOf: MemoryLayout<(Double, Int32)>.stride, precision: precision)
    let numbers = try Numbers((rows + 1) * columns, precision)
    for start in [0, 1] {
      let block = numbers.block(rows: rows + 1, columns: columns).rows(start..<start + rows)
      let records = block.records(of: Double.self)
      let address = Int(bitPattern: records)
      let first = Int(bitPattern: block.base)
      #expect(address % 8 == 0 && address >= first)
      #expect(address + columns * MemoryLayout<(Double, Int32)>.stride <= first + rows * columns * precision.byteCount)
    }
  }
}

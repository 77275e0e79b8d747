import Datasets
import LinearAlgebra
import Settings

/// The memory of columns, which lives as long as this object.
final class ColumnMemory {
  private var held: [UnsafeMutableRawPointer] = []

  func hold<Number>(_ numbers: [Number]) -> UnsafeRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, numbers.count * MemoryLayout<Number>.stride), alignment: 16)
    numbers.withUnsafeBytes { if let base = $0.baseAddress { memory.copyMemory(from: base, byteCount: $0.count) } }
    held.append(memory)
    return UnsafeRawPointer(memory)
  }
  deinit { for memory in held { memory.deallocate() } }

  /// One bit for each flag.
  func bits(_ flags: [Bool]) -> UnsafeRawPointer {
    var bytes = [UInt8](repeating: 0, count: flags.count / 8 + 1)
    for (index, flag) in flags.enumerated() where flag { bytes[index / 8] |= 1 << UInt8(index % 8) }
    return hold(bytes)
  }

  func numbers<Number>(_ type: CellType, _ numbers: [Number], present: [Bool]? = nil, offset: Int = 0, dictionary: ColumnPart? = nil) throws -> ColumnPart {
    try ColumnPart(
      ColumnPart.Layout(type: type, count: Int64(numbers.count - offset), offset: Int64(offset), nullCount: present == nil ? 0 : -1, buffers: [present.map(bits), hold(numbers)]), dictionary: dictionary)
  }
  func flags(_ flags: [Bool]) throws -> ColumnPart {
    try ColumnPart(ColumnPart.Layout(type: .bool, count: Int64(flags.count), offset: 0, nullCount: 0, buffers: [nil, bits(flags)]))
  }
  func texts(_ texts: [String], present: [Bool]? = nil) throws -> ColumnPart {
    var (offsets, bytes): ([Int32], [UInt8]) = ([0], [])
    for text in texts {
      bytes += Array(text.utf8)
      offsets.append(Int32(bytes.count))
    }
    return try ColumnPart(
      ColumnPart.Layout(type: .text(wideOffsets: false), count: Int64(texts.count), offset: 0, nullCount: present == nil ? 0 : -1, buffers: [present.map(bits), hold(offsets), hold(bytes)]))
  }

  /// A table of these columns, cut into batches of the given numbers of rows by `parts`.
  func table(_ columns: [(name: String, parts: [ColumnPart])]) throws -> Table {
    var batches: [Table.Batch] = []
    var rows = 0
    for batch in 0..<(columns.first?.parts.count ?? 0) {
      let parts = columns.map { $0.parts[batch] }
      batches.append(Table.Batch(firstRow: rows, count: parts[0].count, parts: parts, owner: self))
      rows += parts[0].count
    }
    return try Table(
      columns: columns.map { Table.Column(name: $0.name, type: $0.parts[0].dictionary?.type ?? $0.parts[0].type, isDictionary: $0.parts[0].dictionary != nil) }, batches: batches)
  }
}

/// The features of a view, row by row.
func rows(of view: TensorView) -> [[Double]] { (0..<view.rows).map { row in (0..<view.columns).map { view.number(row: row, column: $0) } } }

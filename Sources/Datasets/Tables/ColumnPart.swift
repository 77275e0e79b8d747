import LinearAlgebra
import Settings

/// The cells of one column in one batch of a table, in memory of Arrow's layout that the table's owner keeps alive. Everything that a producer can get wrong is checked when it is made.
///
/// The sizes of buffers are not known to Arrow's interface: numbers and validity bits are read up to `offset + count`, texts as far as their offsets say.
package final class ColumnPart: @unchecked Sendable {
  package let type: CellType
  package let count: Int
  private let offset: Int
  /// One bit for each cell from number 0 on, 0 where the value is missing; nil if none is.
  private let validity: UnsafeRawPointer?
  /// Numbers, bits, offsets of texts, or views.
  private let cells: UnsafeRawPointer?
  /// The bytes of texts; of views, all buffers that these may point to, with their sizes.
  private let texts: [UnsafeRawBufferPointer]
  /// The values that cells stand for, if the cells are numbers of them.
  package let dictionary: ColumnPart?

  /// The memory of a column as its producer describes it.
  package struct Layout {
    package let type: CellType
    package let count: Int64
    package let offset: Int64
    package let nullCount: Int64
    package let buffers: [UnsafeRawPointer?]
    package init(type: CellType, count: Int64, offset: Int64, nullCount: Int64, buffers: [UnsafeRawPointer?]) {
      (self.type, self.count, self.offset, self.nullCount, self.buffers) = (type, count, offset, nullCount, buffers)
    }
  }

  /// - Throws: `invalidData` for a layout that cannot be right; the reason why the work must end.
  package init(_ layout: Layout, dictionary: ColumnPart? = nil) throws(Failure) {
    let type = layout.type
    guard let count = Int(exactly: layout.count), count >= 0 else { throw Failure(.invalidData, "its length is \(layout.count); it must be >= 0") }
    guard let offset = Int(exactly: layout.offset), offset >= 0 else { throw Failure(.invalidData, "its offset is \(layout.offset); it must be >= 0") }
    let (end, overflow) = offset.addingReportingOverflow(count)
    let (_, tooLong) = end.multipliedReportingOverflow(by: 32)
    guard !overflow, !tooLong else { throw Failure(.invalidData, "its offset \(offset) and length \(count) do not fit the address space") }
    guard layout.nullCount >= -1, layout.nullCount <= layout.count else { throw Failure(.invalidData, "its null_count is \(layout.nullCount); it must be -1 (unknown) or between 0 and its length \(count)") }
    let given = layout.buffers
    if case .other = type {
      (self.type, self.count, self.offset, self.dictionary, validity, cells, texts) = (type, 0, 0, nil, nil, nil, [])
      return
    }
    // Cells of nulls have no buffers, but some producers give them one for their validity.
    let isFitting = type == .textView ? given.count >= type.buffers : type == .null ? given.count <= 1 : given.count == type.buffers
    guard isFitting else {
      throw Failure(.invalidData, "it has \(given.count) buffers; cells of the type \(type.name) have \(type == .null ? "0 or 1" : "\(type.buffers)")")
    }
    if let dictionary {
      guard type.isInteger else { throw Failure(.invalidData, "its dictionary is numbered by \(type.name); it must be numbered by integers") }
      guard dictionary.dictionary == nil else { throw Failure(.unsupportedType, "its dictionary holds a dictionary; decode it first") }
    }
    (self.type, self.count, self.offset, self.dictionary) = (type, count, offset, dictionary)
    validity = type == .null || layout.nullCount == 0 ? nil : given.first.flatMap { $0 }
    cells = given.count > 1 ? given[1] : nil
    if type != .null, layout.nullCount > 0, validity == nil { throw Failure(.invalidData, "its null_count is \(layout.nullCount) but its validity buffer is NULL") }
    if type != .null, count > 0, cells == nil { throw Failure(.invalidData, "it has \(count) cells but its buffer 1 is NULL") }
    if type != .null {
      try requireSpace(validity, bytes: (end >> 3) + 1, 0)
      let bytes =
        switch type {
        case .text(let wide): (end + 1) * (wide ? 8 : 4)
        case .textView: end * 16
        case .bool: (end >> 3) + 1
        default: end * (type.cellBytes ?? 0)
        }
      try requireSpace(cells, bytes: bytes, 1)
    }
    switch type {
    case .text(let wide): texts = count == 0 ? [] : [try Self.checkedTexts(cells, wide: wide, offset..<end, given[2])]
    case .textView: texts = try Self.viewBuffers(given, isEmpty: count == 0)
    default: texts = []
    }
    if type == .textView { try checkViews() }
    if dictionary != nil { try checkIndices() }
  }

  /// The bytes of texts, whose offsets must ascend.
  private static func checkedTexts(_ offsets: UnsafeRawPointer?, wide: Bool, _ cells: Range<Int>, _ bytes: UnsafeRawPointer?) throws(Failure) -> UnsafeRawBufferPointer {
    guard let offsets else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    var last = readOffset(offsets, cells.lowerBound, wide: wide)
    guard last >= 0 else { throw Failure(.invalidData, "the offset of its cell \(cells.lowerBound) is \(last); it must be >= 0") }
    try Watch.pieces(cells.count) { (piece) throws(Failure) in
      for cell in piece {
        let next = readOffset(offsets, cells.lowerBound + cell + 1, wide: wide)
        guard next >= last else { throw Failure(.invalidData, "the offsets of its texts descend from \(last) to \(next) at cell \(cells.lowerBound + cell)") }
        last = next
      }
    }
    guard bytes != nil || last == 0 || last == readOffset(offsets, cells.lowerBound, wide: wide) else { throw Failure(.invalidData, "its texts have \(last) bytes but its buffer 2 is NULL") }
    try requireSpace(bytes, bytes: last, 2)
    return UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : last)
  }

  /// The buffers that text views point to: Arrow lists them behind the views, and their sizes last.
  private static func viewBuffers(_ given: [UnsafeRawPointer?], isEmpty: Bool) throws(Failure) -> [UnsafeRawBufferPointer] {
    let count = given.count - 3
    guard count > 0 else { return [] }
    guard let sizes = given[given.count - 1] else {
      if isEmpty { return [] }
      throw Failure(.invalidData, "it has \(count) buffers of texts but the buffer of their sizes is NULL")
    }
    try requireSpace(sizes, bytes: 8 * count, given.count - 1)
    var buffers: [UnsafeRawBufferPointer] = []
    for index in 0..<count {
      if index % 4096 == 0 { try Watch.check() }
      let size = sizes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
      guard size >= 0, let bytes = Int(exactly: size), size == 0 || given[2 + index] != nil else { throw Failure(.invalidData, "its buffer \(2 + index) of texts has the size \(size), or is NULL") }
      try requireSpace(given[2 + index], bytes: bytes, 2 + index)
      buffers.append(UnsafeRawBufferPointer(start: given[2 + index], count: given[2 + index] == nil ? 0 : bytes))
    }
    return buffers
  }

  private func checkViews() throws(Failure) {
    try Watch.pieces(count) { (piece) throws(Failure) in
      for row in piece where !isMissing(row) && text(row) == nil { throw Failure(.invalidData, "the text of its cell \(row) lies outside its buffers") }
    }
  }

  private func checkIndices() throws(Failure) {
    guard let dictionary else { return }
    try Watch.pieces(count) { (piece) throws(Failure) in
      for row in piece where !isCellMissing(row) {
        let index = integer(row)
        guard let index, index >= 0, index < dictionary.count else {
          throw Failure(.invalidData, "its cell \(row) is number \(index.map { "\($0)" } ?? "2^63 or more") of a dictionary of \(dictionary.count) values")
        }
      }
    }
  }

  private static func readOffset(_ offsets: UnsafeRawPointer, _ cell: Int, wide: Bool) -> Int {
    wide ? Int(offsets.loadUnaligned(fromByteOffset: 8 * cell, as: Int64.self)) : Int(offsets.loadUnaligned(fromByteOffset: 4 * cell, as: Int32.self))
  }

  /// Whether any cell may be missing.
  package var mayMiss: Bool { type == .null || validity != nil || dictionary?.mayMiss == true }

  private func isCellMissing(_ row: Int) -> Bool {
    guard let validity else { return type == .null }
    let bit = offset + row
    return validity.load(fromByteOffset: bit >> 3, as: UInt8.self) >> UInt8(bit & 7) & 1 == 0
  }

  /// Whether a cell has no value. (NaN is a value here.)
  package func isMissing(_ row: Int) -> Bool {
    if isCellMissing(row) { return true }
    guard let dictionary, dictionary.mayMiss else { return false }
    return integer(row).flatMap { Int(exactly: $0) }.map { $0 < 0 || $0 >= dictionary.count || dictionary.isMissing($0) } ?? true
  }

  /// The cells as an array, if they are numbers of a type that kernels read and none is missing.
  var plain: (base: UnsafeRawPointer, type: ElementType)? {
    guard case .number(let element) = type, !mayMiss, dictionary == nil, let cells else { return nil }
    return (cells + offset * element.byteCount, element)
  }

  /// The cell as a number, NaN if it is missing or a text.
  func number(_ row: Int) -> Double {
    guard !isCellMissing(row), let cells else { return .nan }
    let place = offset + row
    switch type {
    case .number(.float32): return Double(cells.loadUnaligned(fromByteOffset: 4 * place, as: Float.self))
    case .number(.float64): return cells.loadUnaligned(fromByteOffset: 8 * place, as: Double.self)
    case .float16: return halfPrecision(cells.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self))
    case .uint64: return Double(cells.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
    case .bool: return bit(place) ? 1 : 0
    default: return integer(row).map(Double.init) ?? .nan
    }
  }

  private func bit(_ place: Int) -> Bool { cells.map { $0.load(fromByteOffset: place >> 3, as: UInt8.self) >> UInt8(place & 7) & 1 == 1 } ?? false }

  /// The cell as an integer; nil for other types, and for a number from 2⁶³ on.
  package func integer(_ row: Int) -> Int64? {
    guard let cells else { return nil }
    let place = offset + row
    return switch type {
    case .number(.int8): Int64(cells.loadUnaligned(fromByteOffset: place, as: Int8.self))
    case .number(.uint8): Int64(cells.loadUnaligned(fromByteOffset: place, as: UInt8.self))
    case .number(.int32): Int64(cells.loadUnaligned(fromByteOffset: 4 * place, as: Int32.self))
    case .number(.int64): cells.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
    case .int16: Int64(cells.loadUnaligned(fromByteOffset: 2 * place, as: Int16.self))
    case .uint16: Int64(cells.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self))
    case .uint32: Int64(cells.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self))
    case .uint64: Int64(exactly: cells.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
    default: nil
    }
  }

  /// The bytes of a text, which need not be UTF-8; nil for other types, and for a view that points outside its buffers.
  package func text(_ row: Int) -> UnsafeRawBufferPointer? {
    guard let cells else { return nil }
    let place = offset + row
    switch type {
    case .text(let wide):
      let (start, end) = (Self.readOffset(cells, place, wide: wide), Self.readOffset(cells, place + 1, wide: wide))
      // The producer's memory may have changed since it was checked.
      guard start >= 0, end >= start, let bytes = texts.first, end <= bytes.count else { return start == end ? UnsafeRawBufferPointer(start: nil, count: 0) : nil }
      return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    case .textView:
      let view = cells + 16 * place
      let length = Int(view.loadUnaligned(as: Int32.self))
      guard length >= 0 else { return nil }
      if length <= 12 { return UnsafeRawBufferPointer(start: view + 4, count: length) }
      let (buffer, start) = (Int(view.loadUnaligned(fromByteOffset: 8, as: Int32.self)), Int(view.loadUnaligned(fromByteOffset: 12, as: Int32.self)))
      guard texts.indices.contains(buffer), start >= 0, start + length <= texts[buffer].count else { return nil }
      return UnsafeRawBufferPointer(rebasing: texts[buffer][start..<start + length])
    default: return nil
    }
  }

  /// The cell as the name of a category: its text, its integer, or whether it is true.
  /// - Throws: `invalidData` for a text that is not UTF-8; `unsupportedType` for reals.
  /// - Parameter shownRow: the row in messages.
  package func category(_ row: Int, shownRow: Int? = nil) throws(Failure) -> CategoryName? {
    if isMissing(row) { return nil }
    let shown = shownRow ?? row
    if let dictionary { return try dictionary.category(Int(integer(row) ?? 0), shownRow: shown) }
    if type.isText {
      guard let bytes = text(row), let text = String(validating: bytes, as: UTF8.self) else { throw Failure(.invalidData, "the text at row \(shown) is not UTF-8") }
      return .text(text)
    }
    if type == .bool { return .bool(bit(offset + row)) }
    guard type.isInteger else { throw Failure(.unsupportedType, "it holds \(type.name); categories are texts, integers or booleans") }
    guard let number = integer(row) else { throw Failure(.invalidData, "the number at row \(shown) is 2^63 or more") }
    return .integer(number)
  }
}

/// Refuses a buffer that would end beyond the addresses that a process has: its size cannot be right, and reading it would end the process.
/// - Parameter number: the buffer's number in Arrow's layout.
package func requireSpace(_ start: UnsafeRawPointer?, bytes: Int, _ number: Int) throws(Failure) {
  guard let start else { return }
  // On x86-64 the lower half of the 48-bit addresses belongs to programs.
  let end = 1 << 47
  guard bytes <= end, Int(bitPattern: start) <= end - bytes, Int(bitPattern: start) > 0 else { throw Failure(.invalidData, "its buffer \(number) would have \(bytes) bytes, which do not fit the address space") }
}

extension ColumnPart {
  /// The beginning of a cell's text or number, for messages. Texts of any length and any bytes are cut to 64 characters.
  func shown(_ row: Int) -> String {
    if isMissing(row) { return "" }
    if let dictionary { return dictionary.shown(Int(integer(row) ?? 0)) }
    if type.isText { return String(String(decoding: (text(row) ?? UnsafeRawBufferPointer(start: nil, count: 0)).prefix(256), as: UTF8.self).prefix(64)) }
    return type == .bool ? (number(row) == 1 ? "true" : "false") : integer(row).map { "\($0)" } ?? "\(number(row))"
  }
}

/// A number of IEEE's half precision.
func halfPrecision(_ bits: UInt16) -> Double {
  let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1023))
  let magnitude: Double =
    switch exponent {
    case 0: fraction * 0x1p-24
    case 31: fraction == 0 ? .infinity : .nan
    default: (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
    }
  return bits >> 15 == 1 ? -magnitude : magnitude
}

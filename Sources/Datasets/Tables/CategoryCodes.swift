import Glibc
import LinearAlgebra
import Settings

/// The number of each row's category, for one column of a table: which of the record's categories it is.
final class CategoryCodes: @unchecked Sendable {
  /// What stands for a category that the record does not have, and for a value that is missing.
  static let unseen: Int32 = -1
  static let missing: Int32 = -2

  /// One number for each row.
  let codes: UnsafeMutablePointer<Int32>
  private let memory: Buffer

  /// - Throws: `memory`; `invalidData`, `unsupportedType` for cells that are no categories; the reason why the work must end.
  init(of column: Int, in table: Table, among categories: [CategoryName]) throws(Failure) {
    memory = try Buffer(count: table.rows, precision: .float32)
    let codes = memory.labels(count: table.rows)
    self.codes = codes
    let names = try CategoryLookup(categories)
    var work = WatchedWork()
    for batch in table.batches {
      let part = batch.parts[column]
      guard let dictionary = part.dictionary else {
        for row in 0..<batch.count { codes[batch.firstRow + row] = try names.code(part, row, &work) }
        continue
      }
      let translation = try Buffer(count: max(dictionary.count, 1), precision: .float32)
      let known = translation.labels(count: max(dictionary.count, 1))
      for value in 0..<dictionary.count { known[value] = try names.code(dictionary, value, &work) }
      try Watch.pieces(batch.count, work: 2) { rows in
        for row in rows {
          let index = part.isMissing(row) ? nil : part.integer(row).flatMap { Int(exactly: $0) }
          codes[batch.firstRow + row] = index.map { $0 >= 0 && $0 < dictionary.count ? known[$0] : Self.missing } ?? Self.missing
        }
      }
      withExtendedLifetime(translation) {}
    }
  }

  /// The first row with one of the two negative codes.
  func first(_ code: Int32, rows: Int) throws(Failure) -> Int? {
    var found: Int?
    try Watch.pieces(rows) { piece in
      if found == nil { found = piece.first { codes[$0] == code } }
    }
    return found
  }
}

/// The numbers of categories by their names. Looking a text up allocates nothing.
struct CategoryLookup {
  private var texts: [TextBytes: Int32] = [:]
  private var integers: [Int64: Int32] = [:]
  private var flags: (Int32, Int32) = (CategoryCodes.unseen, CategoryCodes.unseen)
  /// The bytes that the keys of `texts` point to.
  private let held: TextList
  /// The bytes of the longest text.
  private var longest = -1

  /// - Throws: `memory`; the reason why the work must end.
  init(_ categories: [CategoryName]) throws(Failure) {
    held = try TextList(categories.map { if case .text(let text) = $0 { text } else { "" } })
    texts.reserveCapacity(categories.count)
    for (number, name) in categories.enumerated() {
      switch name {
      case .text(let text):
        longest = max(longest, text.utf8.count)
        texts[TextBytes(UnsafeRawBufferPointer(start: held[number], count: text.utf8.count))] = Int32(number)
      case .integer(let value): integers[value] = Int32(number)
      case .bool(let flag): if flag { flags.1 = Int32(number) } else { flags.0 = Int32(number) }
      }
    }
  }

  func code(_ part: ColumnPart, _ row: Int, _ work: inout WatchedWork) throws(Failure) -> Int32 {
    try work.spend(32)
    if part.isMissing(row) { return CategoryCodes.missing }
    if part.type.isText {
      // A text that is longer than all categories is not read.
      guard let text = part.text(row), text.count <= longest else { return CategoryCodes.unseen }
      try work.spend(2 * text.count)
      return texts[TextBytes(text)] ?? CategoryCodes.unseen
    }
    if part.type == .bool { return part.number(row) == 1 ? flags.1 : flags.0 }
    if part.type.isFloatingPoint {
      // Integers among which some are missing arrive as floating-point numbers.
      let number = part.number(row)
      return number.isNaN ? CategoryCodes.missing : Int64(exactly: number).flatMap { integers[$0] } ?? CategoryCodes.unseen
    }
    guard part.type.isInteger else { throw Failure(.unsupportedType, "it holds \(part.type.name); categories are texts, integers or booleans") }
    return part.integer(row).flatMap { integers[$0] } ?? CategoryCodes.unseen
  }
}

/// Bytes of a text that lie elsewhere, as a key.
struct TextBytes: Hashable {
  private let bytes: UnsafeRawBufferPointer
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
  func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
  static func == (a: TextBytes, b: TextBytes) -> Bool {
    guard a.bytes.count == b.bytes.count else { return false }
    guard let x = a.bytes.baseAddress, let y = b.bytes.baseAddress else { return true }
    return memcmp(x, y, a.bytes.count) == 0
  }
}

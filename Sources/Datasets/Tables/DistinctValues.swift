import Glibc
import LinearAlgebra
import Settings

/// The bytes that are left in a record of columns while it is made, so that values that have no room are not collected.
struct RecordRoom {
  private var left = ColumnRecord.mostBytes
  private let columns: Int
  private var (columnBytes, categoryBytes) = (0, 0)
  private var work = WatchedWork()

  /// - Parameter columns: how many columns the record will have, targets included.
  init(columns: Int) { self.columns = columns }

  /// Takes the place of a column, without its categories.
  /// - Throws: `outOfRange` if there is none; the reason why the work must end.
  mutating func takeColumn(_ name: String) throws(Failure) {
    try work.spend(name.utf8.count + 64)
    let bytes = name.utf8.count + "{\"name\":\"\"},".utf8.count
    columnBytes += bytes
    try take(bytes)
  }

  /// Takes the place of a category or class.
  /// - Throws: `outOfRange` if there is none.
  mutating func takeCategory(_ name: CategoryName) throws(Failure) { try takeCategory(bytes: name.text.utf8.count) }
  mutating func takeCategory(bytes: Int) throws(Failure) {
    categoryBytes += bytes + 2
    try take(bytes + 2)
  }

  private mutating func take(_ bytes: Int) throws(Failure) {
    left -= bytes
    if left < 0 { throw refusal }
  }

  /// The failure that says what takes the most room.
  var refusal: Failure {
    let advice =
      if categoryBytes > columnBytes { "ignore columns with many categories or long texts" } else {
        "it has \(columns) columns; ignore some, give them shorter names, or give their numbers as a matrix, which needs no names"
      }
    return Failure(.outOfRange, "the record of columns would have more than \(ColumnRecord.mostBytes) bytes, the most that are stored: \(advice)")
  }
}

extension Table {
  /// The different values of a column in ascending order, and the first row without one.
  ///
  /// Texts are compared where they lie. Only those that differ are kept, and no more than a record has room for.
  /// - Parameters:
  ///   - refusing: the failure for a row without a value; nil if rows may have none.
  ///   - isCounted: whether the values take room in the record; otherwise only the first missing row is wanted.
  /// - Throws: the given failure; `outOfRange` for more values than a category may have or the record has room for; `invalidData` for a text that is not UTF-8; `memory`; the reason why the work must end.
  func distinct(_ column: Int, refusing: ((Int) -> Failure)?, isCounted: Bool = true, _ room: inout RecordRoom) throws(Failure) -> (values: [CategoryName], missing: Int?) {
    guard isNamed else { throw Failure(.unsupportedType, "a matrix holds numbers, which are no categories") }
    var (found, missing, work) = (DistinctValues(), Int?.none, WatchedWork())
    for batch in batches {
      let part = batch.parts[column]
      if part.type == .null {
        if let refusing { throw refusing(batch.firstRow) }
        missing = missing ?? batch.firstRow
        continue
      }
      let used = try part.dictionary.map { (dictionary) throws(Failure) in try Buffer(byteCount: max(dictionary.count, 1)) }
      for row in 0..<batch.count {
        try work.spend(32)
        if part.isMissing(row) {
          if let refusing { throw refusing(batch.firstRow + row) }
          missing = missing ?? batch.firstRow + row
        } else if !isCounted {
          continue
        } else if let used, let dictionary = part.dictionary {
          let index = Int(part.integer(row) ?? 0)
          guard index >= 0, index < dictionary.count, used.base.load(fromByteOffset: index, as: UInt8.self) == 0 else { continue }
          used.base.storeBytes(of: 1, toByteOffset: index, as: UInt8.self)
          try found.insert(dictionary, index, shownRow: batch.firstRow + row, &room, &work)
        } else {
          try found.insert(part, row, shownRow: batch.firstRow + row, &room, &work)
        }
      }
    }
    return (found.sorted(), missing)
  }
}

/// The values that a column has had so far.
private struct DistinctValues {
  /// Texts where they lie, which are far fewer bytes than a record has.
  private var texts: Set<TextBytes> = []
  private var named: [(bytes: UnsafeRawBufferPointer, name: CategoryName)] = []
  private var others: Set<CategoryName> = []

  mutating func insert(_ part: ColumnPart, _ row: Int, shownRow: Int, _ room: inout RecordRoom, _ work: inout WatchedWork) throws(Failure) {
    guard part.type.isText else {
      guard let name = try part.category(row, shownRow: shownRow), others.insert(name).inserted else { return }
      try room.takeCategory(name)
      return try requireFew()
    }
    let bytes = part.text(row) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    // A text that is longer than all texts that have room is not read.
    if bytes.count > ColumnRecord.mostBytes { try room.takeCategory(bytes: bytes.count) }
    // It is read to be hashed, and once more to be compared.
    try work.spend(2 * bytes.count)
    guard texts.insert(TextBytes(bytes)).inserted else { return }
    try room.takeCategory(bytes: bytes.count)
    guard let name = try part.category(row, shownRow: shownRow) else { return }
    named.append((bytes, name))
    try requireFew()
  }

  private func requireFew() throws(Failure) {
    guard named.count + others.count <= ColumnRecord.mostCategories else {
      throw Failure(.outOfRange, "it has more than \(ColumnRecord.mostCategories) different values; as a category it may have at most so many: ignore the column, or make numbers of it")
    }
  }

  /// In the order of `CategoryName.isBefore`, which is that of the bytes. At most 65 536 values of 1 MB together are sorted within a few milliseconds.
  func sorted() -> [CategoryName] {
    if named.isEmpty { return others.sorted(by: CategoryName.isBefore) }
    return named.sorted { a, b in
      let length = min(a.bytes.count, b.bytes.count)
      let order = if length > 0, let x = a.bytes.baseAddress, let y = b.bytes.baseAddress { memcmp(x, y, length) } else { Int32(0) }
      return order < 0 || order == 0 && a.bytes.count < b.bytes.count
    }.map(\.name)
  }
}

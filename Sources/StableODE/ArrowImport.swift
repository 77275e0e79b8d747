import CShims
import CStableODE
import Datasets
import Glibc
import LinearAlgebra
import Settings

/// The columns that an Arrow schema describes.
struct ArrowColumns {
  let schema: TableSchema
  /// The type of each column's cells: of the numbers of its dictionary's values, if it has one.
  let cells: [CellType]
  /// The children that are columns: an index of pandas is none.
  let children: [Int]
  /// The children of the schema; nil if it is a column by itself.
  let childCount: Int?

  private static let mostColumns: Int64 = 1_000_000
  /// A column takes about a microsecond.
  private static let columnsBetweenQuestions = 1024

  /// - Throws: `invalidData` for a schema that cannot be right; `unsupportedType`.
  init(_ schema: ArrowSchema) throws(Failure) {
    guard schema.release != nil else { throw Failure(.invalidData, "the Arrow schema has been released") }
    let format = try Self.text(schema.format, "format")
    guard format == "+s" else {
      let column = try Self.column(schema)
      (self.schema, cells, children, childCount) = (try TableSchema([column.described]), [column.cells], [0], nil)
      return
    }
    guard 0...Self.mostColumns ~= schema.n_children else { throw Failure(.invalidData, "the Arrow schema has \(schema.n_children) children; it must have between 0 and \(Self.mostColumns)") }
    guard schema.n_children == 0 || schema.children != nil else { throw Failure(.invalidData, "the Arrow schema has \(schema.n_children) children, but their list is NULL") }
    let index = PandasIndex(schema.metadata)
    var (columns, cells, children): ([Table.Column], [CellType], [Int]) = ([], [], [])
    for place in 0..<Int(schema.n_children) {
      if place % Self.columnsBetweenQuestions == 0 { try Watch.check() }
      guard let child = schema.children[place]?.pointee else { throw Failure(.invalidData, "child \(place) of the Arrow schema is NULL") }
      let column = try named("child \(place) of the Arrow schema") { () throws(Failure) in try Self.column(child) }
      if index.names.contains(column.described.name) { continue }
      columns.append(column.described)
      cells.append(column.cells)
      children.append(place)
    }
    self.schema = try TableSchema(columns)
    (self.cells, self.children, childCount) = (cells, children, Int(schema.n_children))
  }

  private static func column(_ schema: ArrowSchema) throws(Failure) -> (described: Table.Column, cells: CellType) {
    guard schema.release != nil else { throw Failure(.invalidData, "it has been released") }
    let cells = CellType(format: try text(schema.format, "format"))
    let name = schema.name == nil ? "" : try text(schema.name, "name")
    guard let dictionary = schema.dictionary?.pointee else { return (Table.Column(name: name, type: cells, isDictionary: false), cells) }
    let values = dictionary.dictionary == nil ? CellType(format: try text(dictionary.format, "dictionary's format")) : .other(advice: "it holds a dictionary of a dictionary; decode it first")
    if case .other = values { return (Table.Column(name: name, type: values, isDictionary: false), values) }
    return (Table.Column(name: name, type: values, isDictionary: true), cells)
  }

  private static func text(_ pointer: UnsafePointer<CChar>?, _ what: StaticString) throws(Failure) -> String {
    guard pointer != nil else { throw Failure(.invalidData, "its \(what) is NULL") }
    do throws(Failure) {
      return try StableODE.text(pointer, what)
    } catch {
      throw Failure(.invalidData, error.message)
    }
  }

  /// The batch of an array, whose memory the owner keeps alive.
  /// - Throws: `invalidData` for an array that cannot be right, naming the column; the reason why the work must end.
  func batch(_ array: ArrowArray, firstRow: Int, owner: AnyObject) throws(Failure) -> Table.Batch {
    guard let childCount else {
      let part = try named(title(0)) { () throws(Failure) in try self.part(array, 0, rows: nil) }
      // A column that is not taken has rows, too, though none is read.
      guard let rows = Int(exactly: array.length), rows >= 0 else { throw Failure(.invalidData, "\(title(0)): its length is \(array.length); it must be >= 0") }
      return Table.Batch(firstRow: firstRow, count: rows, parts: [part], owner: owner)
    }
    guard array.n_children == Int64(childCount) else { throw Failure(.invalidData, "an Arrow array has \(array.n_children) children, but its schema has \(childCount)") }
    guard childCount == 0 || array.children != nil else { throw Failure(.invalidData, "the list of children of an Arrow array is NULL") }
    guard array.length >= 0, array.offset >= 0 else { throw Failure(.invalidData, "an Arrow array has length \(array.length) and offset \(array.offset); both must be >= 0") }
    let (end, overflow) = array.length.addingReportingOverflow(array.offset)
    guard !overflow, let rows = Int(exactly: array.length) else { throw Failure(.invalidData, "length and offset of an Arrow array do not fit the address space") }
    guard array.dictionary == nil else { throw Failure(.invalidData, "an Arrow array of columns has a dictionary") }
    guard -1...array.length ~= array.null_count else {
      throw Failure(.invalidData, "the null_count of an Arrow array of columns is \(array.null_count); it must be -1 (unknown) or between 0 and its length \(array.length)")
    }
    // Some producers leave out the list of the one buffer, which may be NULL itself.
    guard 0...1 ~= array.n_buffers, array.n_buffers == 0 || array.buffers != nil else { throw Failure(.invalidData, "an Arrow array of columns has \(array.n_buffers) buffers; it must have 1, for the validity of its rows") }
    try refuseMissingRows(array, firstRow)
    var parts: [ColumnPart] = []
    parts.reserveCapacity(children.count)
    for (column, place) in children.enumerated() {
      if column % Self.columnsBetweenQuestions == 0 { try Watch.check() }
      guard let child = array.children[place]?.pointee else { throw Failure(.invalidData, "\(title(column)): its array is NULL") }
      parts.append(
        try named(title(column)) { () throws(Failure) in
          guard child.length >= end else { throw Failure(.invalidData, "it has \(child.length) cells; the table reads \(end)") }
          return try self.part(child, column, rows: (start: array.offset, count: array.length))
        })
    }
    return Table.Batch(firstRow: firstRow, count: rows, parts: parts, owner: owner)
  }

  private func title(_ column: Int) -> String { schema.names[column].isEmpty ? "column \(column)" : "column '\(schema.names[column].prefix(64))'" }

  /// - Parameter rows: the part of the column's cells that the table reads; nil: all.
  private func part(_ array: ArrowArray, _ column: Int, rows: (start: Int64, count: Int64)?) throws(Failure) -> ColumnPart {
    if case .other = schema.types[column] { return try ColumnPart(ColumnPart.Layout(type: schema.types[column], count: 0, offset: 0, nullCount: 0, buffers: [])) }
    var dictionary: ColumnPart?
    guard (array.dictionary != nil) == schema.isDictionary[column] else { throw Failure(.invalidData, "only one of its array and its schema has a dictionary") }
    if let values = array.dictionary?.pointee {
      dictionary = try named("its dictionary") { () throws(Failure) in try ColumnPart(try layout(values, schema.types[column], nil)) }
    }
    return try ColumnPart(try layout(array, cells[column], rows), dictionary: dictionary)
  }

  private func layout(_ array: ArrowArray, _ type: CellType, _ rows: (start: Int64, count: Int64)?) throws(Failure) -> ColumnPart.Layout {
    guard array.length >= 0, array.offset >= 0, array.null_count <= array.length else {
      throw Failure(.invalidData, "it has length \(array.length), offset \(array.offset) and null_count \(array.null_count)")
    }
    let (offset, overflow) = array.offset.addingReportingOverflow(rows?.start ?? 0)
    guard !overflow else { throw Failure(.invalidData, "its offset does not fit the address space") }
    guard array.n_children == 0 else { throw Failure(.invalidData, "it has \(array.n_children) children; it must have none") }
    guard 0...(1 << 20) ~= array.n_buffers, array.n_buffers == 0 || array.buffers != nil else { throw Failure(.invalidData, "it has \(array.n_buffers) buffers, or their list is NULL") }
    let isWhole = rows.map { $0.start == 0 && $0.count == array.length } ?? true
    return ColumnPart.Layout(
      type: type, count: rows?.count ?? array.length, offset: offset, nullCount: isWhole || array.null_count == 0 ? array.null_count : -1,
      buffers: (0..<Int(array.n_buffers)).map { array.buffers[$0] })
  }

  /// Rows of a table exist: only their cells can be missing.
  private func refuseMissingRows(_ array: ArrowArray, _ firstRow: Int) throws(Failure) {
    guard array.null_count != 0 else { return }
    guard array.n_buffers > 0, let buffers = array.buffers, let bits = buffers[0] else {
      guard array.null_count < 0 else { throw Failure(.invalidData, "the null_count of an Arrow array of columns is \(array.null_count), but it has no validity buffer") }
      return
    }
    try requireSpace(bits, bytes: Int(array.offset + array.length) >> 3, 0)
    try Watch.pieces(Int(array.length)) { (rows) throws(Failure) in
      for row in rows {
        let bit = Int(array.offset) + row
        if bits.load(fromByteOffset: bit >> 3, as: UInt8.self) >> UInt8(bit & 7) & 1 == 0 { throw Failure(.invalidData, "row \(firstRow + row) of the table is missing as a whole; drop such rows") }
      }
    }
  }
}

/// The columns that pandas adds to a table for its index, by their names. It lists them in the schema's metadata.
private struct PandasIndex {
  let names: Set<String>

  init(_ metadata: UnsafePointer<CChar>?) { names = Self.listed(in: metadata) }

  private static func listed(in metadata: UnsafePointer<CChar>?) -> Set<String> {
    guard let metadata = UnsafeRawPointer(metadata) else { return [] }
    var place = 0
    func number() -> Int {
      defer { place += 4 }
      return Int(metadata.loadUnaligned(fromByteOffset: place, as: Int32.self))
    }
    func text() -> UnsafeRawBufferPointer? {
      let length = number()
      guard length >= 0 else { return nil }
      defer { place += length }
      return UnsafeRawBufferPointer(start: metadata + place, count: length)
    }
    let pairs = number()
    guard 0...1024 ~= pairs else { return [] }
    for _ in 0..<pairs {
      guard let key = text(), let value = text() else { return [] }
      guard key.elementsEqual("pandas".utf8), let json = try? JSON.read(value, limit: longestDocument) else { continue }
      return Set((json["index_columns"]?.elements ?? []).compactMap(\.text))
    }
    return []
  }
}

/// An array that was moved here from a producer, and is released with the last reference.
final class ArrowOwner {
  let array: ArrowArray
  private var held: UnsafeMutablePointer<ArrowArray>

  /// - Parameter array: its `release` is the caller's to clear.
  init(_ array: ArrowArray) {
    self.array = array
    held = .allocate(capacity: 1)
    held.initialize(to: array)
  }

  /// The array stays the producer's: this object does not release it.
  func giveBack() { held.pointee.release = nil }

  deinit {
    if let release = held.pointee.release { callRelease(unsafeBitCast(release, to: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self), held) }
    held.deallocate()
  }
}

/// Says what a failure belongs to.
private func named<Result>(_ what: @autoclosure () -> String, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  do throws(Failure) {
    return try body()
  } catch {
    guard error.status.rawValue < 0, error.status != .memory else { throw error }
    throw Failure(error.status, "\(what()): \(error.message)")
  }
}

/// Reads the batches of an Arrow stream one after the other. The stream stays the caller's, who releases it.
final class ArrowReader {
  private let stream: UnsafeMutablePointer<ArrowArrayStream>
  let columns: ArrowColumns

  /// - Throws: `nullPointer`, `invalidData`; `callbackFailed` with the producer's text if it fails.
  init(_ stream: UnsafeMutablePointer<ArrowArrayStream>) throws(Failure) {
    self.stream = stream
    let functions = stream.pointee
    guard functions.release != nil else { throw Failure(.invalidData, "the Arrow stream has been released") }
    guard let schemaFunction = functions.get_schema, functions.get_next != nil else { throw Failure(.nullPointer, "get_schema or get_next of the Arrow stream is NULL") }
    var schema = ArrowSchema()
    let answer = try withPointer(&schema) { schema throws(Failure) in
      try call(unsafeBitCast(schemaFunction, to: UnsafeRawPointer.self), "get_schema of the Arrow stream", [UnsafeMutableRawPointer(stream), schema])
    }
    guard answer == 0 else { throw Self.failure(stream, "get_schema", answer) }
    defer {
      if let release = schema.release {
        withUnsafeMutablePointer(to: &schema) { callRelease(unsafeBitCast(release, to: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self), $0) }
      }
    }
    columns = try ArrowColumns(schema)
  }

  /// The next array, or nil at the end of the stream.
  func next() throws(Failure) -> ArrowOwner? {
    guard let function = stream.pointee.get_next else { throw Failure(.nullPointer, "get_next of the Arrow stream is NULL") }
    var array = ArrowArray()
    let answer = try withPointer(&array) { array throws(Failure) in
      try call(unsafeBitCast(function, to: UnsafeRawPointer.self), "get_next of the Arrow stream", [UnsafeMutableRawPointer(stream), array])
    }
    guard answer == 0 else { throw Self.failure(stream, "get_next", answer) }
    return array.release == nil ? nil : ArrowOwner(array)
  }

  private static func failure(_ stream: UnsafeMutablePointer<ArrowArrayStream>, _ name: String, _ answer: Int32) -> Failure {
    var text: UnsafePointer<CChar>?
    if let function = stream.pointee.get_last_error {
      _ = sode_shim_call_text(unsafeBitCast(function, to: (@convention(c) (UnsafeMutableRawPointer?) -> UnsafePointer<CChar>?).self), stream, &text)
    }
    let said = text.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: strnlen($0, 512)), as: UTF8.self) }
    return Failure(.callbackFailed, "\(name) of the Arrow stream returned \(answer)\(said.map { ": \($0)" } ?? "")")
  }
}

import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct DistinctValuesTests {
  private let memory = ColumnMemory()

  private func message(_ columns: [(name: String, parts: [ColumnPart])], _ options: String = "{}") throws -> String {
    do {
      _ = try ColumnRecord(fitting: try memory.table(columns), try ColumnChoices(options))
      return ""
    } catch { return "\(error)" }
  }

  /// The order is that of the bytes, which is not that of Swift's texts.
  @Test func valuesAreInTheOrderOfTheirBytes() throws {
    let texts = ["b", "", "ba", "é", "e\u{301}", "Z", "b", "\u{FFFF}", "\u{10000}"]
    let record = try ColumnRecord(fitting: try memory.table([("x", [try memory.texts(texts), try memory.texts(["a", "b"])])]), ColumnChoices())
    #expect(record.inputs?[0].kind == .category(["", "Z", "a", "b", "ba", "e\u{301}", "é", "\u{FFFF}", "\u{10000}"].map { .text($0) }, .error))
  }

  /// A record has room for 1 MB: a text beyond it is not even hashed, and the columns share the room.
  @Test func textsThatHaveNoRoomAreRefused() throws {
    let long = String(repeating: "x", count: ColumnRecord.mostBytes + 1)
    #expect(try message([("x", [try memory.texts([long])])]) == "column 'x': the record of columns would have more than 1048576 bytes, the most that are stored: ignore columns with many categories or long texts")
    func part(_ number: Int) throws -> ColumnPart { try memory.texts((0..<600).map { "\(number * 1000 + $0)" + String(repeating: "y", count: 994) }) }
    #expect(try message([("one", [try part(1)])]) == "")
    #expect(try message([("one", [try part(1)]), ("two", [try part(2)])]).hasPrefix("column 'two': the record of columns would have more than 1048576 bytes"))
    #expect(try message([("one", [try part(1)]), ("two", [try part(2)])], #"{"ignore": ["one"]}"#) == "")
    #expect(try message([("n", [try memory.numbers(.number(.int8), [Int8(1)])]), ("x", [try part(1)])], #"{"target": "x"}"#) == "", "600 names of classes have room")
  }

  /// What is wrong are the columns, not their categories; and no cell is read before it is known.
  @Test func namesThatHaveNoRoomAreRefusedFirst() throws {
    let part = try memory.numbers(.number(.float32), [Float.infinity])
    let table = (0..<100_000).map { (name: "column\($0)", parts: [part]) }
    func refusal(_ columns: Int) -> String {
      "the record of columns would have more than 1048576 bytes, the most that are stored: it has \(columns) columns; ignore some, give them shorter names, or give their numbers as a matrix, which needs no names"
    }
    #expect(try message(table) == refusal(100_000))
    // Targets are columns of the record, those to ignore are not.
    #expect(try message(table, #"{"target": "column7"}"#) == refusal(100_000))
    #expect(try message(table, #"{"ignore": ["column1", "column2"], "weight": "column3"}"#) == refusal(99_997))
  }

  @Test func rowsAreNamedAcrossBatches() throws {
    func missing(_ present: [Bool]) throws -> ColumnPart { try memory.texts(["a", "b"], present: present) }
    #expect(try message([("x", [try missing([true, true]), try missing([true, false])])]).hasPrefix("column 'x': its value at row 3 is missing"))
    let zero = try message([("n", [try memory.numbers(.number(.int8), [Int8(1), 2])]), ("x", [try memory.texts(["a", "b\0c"])])], #"{"target": "x"}"#)
    #expect(zero == "the target column 'x': the class 'b…' has a zero byte")
  }
}

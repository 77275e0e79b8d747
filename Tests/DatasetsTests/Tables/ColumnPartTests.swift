import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct ColumnPartTests {
  private let memory = ColumnMemory()

  @Test func cellsBecomeCategories() throws {
    let texts = try memory.texts(["a", "", "bc"], present: [true, false, true])
    #expect(try texts.category(0) == .text("a") && texts.category(1) == nil && texts.category(2) == .text("bc"))
    #expect(texts.isMissing(1) && !texts.isMissing(2) && texts.mayMiss)
    #expect(try memory.flags([false, true]).category(1) == .bool(true))
    #expect(try memory.numbers(.number(.int8), [Int8(-3), 4], offset: 1).category(0) == .integer(4))
    #expect(throws: Failure(.unsupportedType, "it holds float32; categories are texts, integers or booleans")) { try memory.numbers(.number(.float32), [Float(1)]).category(0) }
    #expect(throws: Failure(.invalidData, "the number at row 0 is 2^63 or more")) { try memory.numbers(.uint64, [UInt64.max]).category(0) }
    let dictionary = try memory.numbers(.uint16, [UInt16(1), 0, 1], dictionary: memory.texts(["x", "y"], present: [true, false]))
    #expect(try dictionary.category(1) == .text("x") && dictionary.category(0) == nil && dictionary.isMissing(2))
  }

  /// Short texts lie in their views, long ones in further buffers.
  @Test func viewsOfTexts() throws {
    let long = "more than twelve bytes"
    func view(_ text: String, buffer: Int32 = 0, start: Int32 = 0, length: Int32? = nil) -> [UInt8] {
      let bytes = Array(text.utf8)
      func four(_ number: Int32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
      let size = length ?? Int32(bytes.count)
      if size <= 12 { return four(size) + bytes + [UInt8](repeating: 0, count: 12 - bytes.count) }
      return four(size) + Array(bytes.prefix(4)) + four(buffer) + four(start)
    }
    func part(_ views: [UInt8], sizes: [Int64]? = [22]) throws -> ColumnPart {
      try ColumnPart(
        ColumnPart.Layout(type: .textView, count: Int64(views.count / 16), offset: 0, nullCount: 0, buffers: [nil, memory.hold(views), memory.hold(Array(long.utf8)), sizes.map(memory.hold)]))
    }
    let both = try part(view("short") + view(long) + view("twelve bytes"))
    #expect(try (0..<3).map { try both.category($0) } == [.text("short"), .text(long), .text("twelve bytes")])
    for wrong in [view(long, buffer: 1), view(long, start: 1), view(long, start: -1), view(long, length: 23), view("", length: -1)] {
      #expect(throws: Failure(.invalidData, "the text of its cell 0 lies outside its buffers")) { try part(wrong) }
    }
    #expect(throws: Failure.self) { try part(view(long), sizes: nil) }
    #expect(throws: Failure.self) { try part(view(long), sizes: [-1]) }
  }

  @Test func textsThatAreNoUTF8AreRefusedWhereTheyAreRead() throws {
    let part = try ColumnPart(ColumnPart.Layout(type: .text(wideOffsets: true), count: 1, offset: 0, nullCount: 0, buffers: [nil, memory.hold([Int64(0), 2]), memory.hold([UInt8(0xC3), 0x28])]))
    #expect(throws: Failure(.invalidData, "the text at row 0 is not UTF-8")) { try part.category(0) }
  }

  @Test func wrongLayoutsAreRefused() {
    func message(_ buffers: [UnsafeRawPointer?], count: Int64 = 1, offset: Int64 = 0, nulls: Int64 = 0) -> String? {
      do throws(Failure) {
        _ = try ColumnPart(ColumnPart.Layout(type: .number(.float32), count: count, offset: offset, nullCount: nulls, buffers: buffers))
        return nil
      } catch { return error.message }
    }
    let number = memory.hold([Float(1)])
    #expect(message([nil, number]) == nil && message([nil, nil], count: 0) == nil)
    #expect(message([nil, number], count: -1)?.contains("length is -1") == true)
    #expect(message([nil, number], offset: -1)?.contains("offset is -1") == true)
    for (count, offset) in [(Int64.max, Int64(1)), (1, .max), (.max / 2, .max / 2), (.max, 0)] {
      #expect(message([nil, number], count: count, offset: offset)?.contains("do not fit the address space") == true, "\(count) \(offset)")
    }
    #expect(message([nil, number], nulls: -2)?.contains("null_count is -2") == true)
    #expect(message([nil, number], nulls: 1)?.contains("validity buffer is NULL") == true)
    #expect(message([number])?.contains("has 1 buffers") == true)
    #expect(message([nil, nil])?.contains("buffer 1 is NULL") == true)
    // Nulls have no buffers; some producers give them one for their validity, which is not read.
    for buffers in [[], [number], [nil]] as [[UnsafeRawPointer?]] {
      let nulls = try? ColumnPart(ColumnPart.Layout(type: .null, count: 3, offset: 0, nullCount: 3, buffers: buffers))
      #expect(nulls?.mayMiss == true && (0..<3).allSatisfy { nulls?.isMissing($0) == true })
    }
    #expect(throws: Failure(.invalidData, "it has 2 buffers; cells of the type null have 0 or 1")) { try ColumnPart(ColumnPart.Layout(type: .null, count: 3, offset: 0, nullCount: 3, buffers: [nil, number])) }
    #expect(throws: Failure(.invalidData, "its dictionary is numbered by float32; it must be numbered by integers")) {
      try memory.numbers(.number(.float32), [Float(0)], dictionary: memory.texts(["a"]))
    }
  }
}

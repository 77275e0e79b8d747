import Foundation
import Settings
import Testing

@Suite struct JSONWriterTests {
  @Test func compactAndIndentedForms() throws {
    let value = JSON.object([("a", .array([.integer(1), .real(2), .bool(false), .null])), ("b", .object([])), ("c", .array([])), ("d", .text("x"))])
    #expect(try value.written() == #"{"a":[1,2.0,false,null],"b":{},"c":[],"d":"x"}"#)
    let lines = ["{", "  \"a\": [", "    1,", "    2.0,", "    false,", "    null", "  ],", "  \"b\": {},", "  \"c\": [],", "  \"d\": \"x\"", "}"]
    #expect(try value.written(indented: true) == lines.joined(separator: "\n"))
    #expect(try JSON.read(value.written(indented: true), limit: 1000) == value)
  }

  @Test func textIsEscapedAsLittleAsTheStandardAllows() throws {
    #expect(try JSON.text("\"\\/\n\r\t\u{8}\u{C}\u{1}\u{1F}\u{7F}é😀").written() == "\"\\\"\\\\/\\n\\r\\t\\b\\f\\u0001\\u001f\u{7F}é😀\"")
    // A carriage return and line feed are one Character in Swift; both must be escaped.
    #expect(try JSON.text("\r\n").written() == #""\r\n""#)
  }

  @Test func everyRealReadsBackWithItsBitsAndItsKind() throws {
    var values: [Double] = [0, -0.0, 1, -1, 0.1, 1e15, 1e16, 1e22, 1e23, .pi, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude]
    var bits: UInt64 = 0x0123_4567_89AB_CDEF
    for _ in 0..<20_000 {
      bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Double(bitPattern: bits)
      if value.isFinite { values.append(value) }
    }
    for value in values {
      guard case .real(let back) = try JSON.read(JSON.real(value).written(), limit: 100) else {
        Issue.record("\(value) came back as another kind")
        continue
      }
      #expect(back.bitPattern == value.bitPattern)
    }
  }

  @Test func numbersDoNotDependOnTheLocale() throws {
    let before = String(cString: setlocale(LC_ALL, nil))
    defer { setlocale(LC_ALL, before) }
    // Not every machine has a locale with a decimal comma; without one this checks only the C locale.
    for name in ["de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"] where setlocale(LC_ALL, name) != nil { break }
    #expect(try JSON.read("[0.5, 1e-1]", limit: 100).written() == "[0.5,0.1]")
  }

  @Test func whatJSONCannotHoldIsRefused() {
    #expect(throws: Failure(.notFinite, "JSON holds finite numbers only; given: nan")) { try JSON.array([.real(.nan)]).written() }
    #expect(throws: Failure(.notFinite, "JSON holds finite numbers only; given: -inf")) { try JSON.real(-.infinity).written() }
    var deep = JSON.array([])
    for _ in 0..<64 { deep = .array([deep]) }
    #expect(throws: Failure(.outOfRange, "more than 64 JSON arrays and objects inside one another")) { try deep.written() }
  }
}

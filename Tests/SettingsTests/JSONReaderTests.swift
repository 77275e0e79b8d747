import Settings
import Testing

@Suite struct JSONReaderTests {
  private func read(_ text: String) throws -> JSON { try JSON.read(text, limit: 1 << 20) }
  private func read(_ bytes: [UInt8]) throws -> JSON { try bytes.withUnsafeBytes { try JSON.read($0, limit: 1 << 20) } }
  private func message(_ text: String) -> String {
    do {
      return "no failure: \(try read(text))"
    } catch { return "\(error)" }
  }

  @Test func readsEveryKind() throws {
    let text = " {\"a\" : [ null , true,false ],\r\n\t\"b\":{},\"c\":[], \"d\":-12, \"e\": 2.5e-1 ,\"f\":\"x\"} "
    let expected = JSON.object([
      ("a", .array([.null, .bool(true), .bool(false)])), ("b", .object([])), ("c", .array([])), ("d", .integer(-12)), ("e", .real(0.25)), ("f", .text("x")),
    ])
    #expect(try read(text) == expected)
  }

  @Test(arguments: [("0", 0), ("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min)] as [(String, Int64)])
  func integersStayExact(text: String, value: Int64) throws {
    #expect(try read(text) == .integer(value))
  }

  /// Expected values: IEEE 754 round-to-nearest-even of the decimal, written as hexadecimal or exact literals; the subnormal and halfway cases are classic ones.
  @Test(arguments: [
    ("9223372036854775808", 0x1p63), ("1.0", 1), ("1e2", 100), ("-0.5E+1", -5), ("0.1", 0x1.999999999999ap-4),
    ("2.2250738585072011e-308", Double(bitPattern: 0x000f_ffff_ffff_ffff)), ("2.2250738585072014e-308", 0x1p-1022), ("4.9e-324", 0x1p-1074),
    ("2.4703282292062327e-324", 0), ("2.4703282292062328e-324", 0x1p-1074), ("1.7976931348623157e308", 0x1.fffffffffffffp1023),
    ("9007199254740993.0", 9_007_199_254_740_992), ("9007199254740993.00000000000000000000000000000000000000000000001", 9_007_199_254_740_994),
    ("1e-400", 0),
  ] as [(String, Double)])
  func realsAreCorrectlyRounded(text: String, value: Double) throws {
    #expect(try read(text) == .real(value))
  }

  @Test func minusZeroKeepsItsSign() throws {
    for text in ["-0", "-0.0", "-0e5"] {
      #expect(try read(text).real?.sign == .minus, "\(text)")
    }
  }

  @Test func escapesAndSurrogates() throws {
    #expect(try read(#""\"\\\/\b\f\n\r\t""#) == .text("\"\\/\u{8}\u{C}\n\r\t"))
    #expect(try read(#""\u00e9\u20AC\ud83d\uDE00\u0000""#) == .text("é€😀\0"))
    #expect(try read("\"é€😀\u{7f}\"") == .text("é€😀\u{7f}"))
  }

  @Test(arguments: [
    ("", "line 1, column 1: expected a value, found the end of the text"),
    ("[1,]", "line 1, column 4: expected a value, found ']'"),
    ("[1 2]", "line 1, column 4: expected ',' or ']' in an array, found '2'"),
    ("{\"a\":1,}", "line 1, column 8: expected a key in quotes, found '}'"),
    ("{a:1}", "line 1, column 2: expected a key in quotes, found 'a'"),
    ("{\"a\" 1}", "line 1, column 6: expected ':' after a key, found '1'"),
    ("{\"a\":1 \"b\":2}", "line 1, column 8: expected ',' or '}' in an object, found '\"'"),
    ("{\"a\":1,\n  \"a\":2}", "line 2, column 3: the key \"a\" occurs twice in one object"),
    ("{} x", "line 1, column 4: expected the end of the text, found 'x'"),
    ("tru", "line 1, column 1: expected true"),
    ("nul1", "line 1, column 1: expected null"),
    ("NaN", "line 1, column 1: expected a value, found 'N'"),
    ("[\n-]", "line 2, column 2: expected a digit, found ']'"),
    ("01", "line 1, column 1: a number starts with 0 only when that is its whole part"),
    ("1.", "line 1, column 3: expected a digit after the decimal point, found the end of the text"),
    (".5", "line 1, column 1: expected a value, found '.'"),
    ("+1", "line 1, column 1: expected a value, found '+'"),
    ("1e+", "line 1, column 4: expected a digit in the exponent, found the end of the text"),
    ("[1e999]", "line 1, column 2: the number 1e999 is too large for a 64-bit real number"),
    ("0x10", "line 1, column 2: expected the end of the text, found 'x'"),
    ("[\"é\", x]", "line 1, column 7: expected a value, found 'x'"),
    ("\"abc", "line 1, column 1: this string has no end"),
    ("\"a\nb\"", "line 1, column 3: a control character inside a string; write \\u000a"),
    (#""a\x""#, "line 1, column 3: unknown escape in a string; allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"),
    (#""\u12g4""#, "line 1, column 6: expected four hexadecimal digits after \\u, found 'g'"),
    (#""\ud800""#, "line 1, column 2: \\ud800 is half of a surrogate pair"),
    (#""\ud800\u0041""#, "line 1, column 2: \\ud800 is half of a surrogate pair"),
    (#""\udc00""#, "line 1, column 2: \\udc00 is half of a surrogate pair"),
    ("\u{FEFF}{}", "line 1, column 1: expected a value, found the byte 0xef"),
    ("[1, // no\n2]", "line 1, column 5: expected a value, found '/'"),
  ])
  func refusals(text: String, expected: String) {
    #expect(message(text) == "JSON, " + expected)
  }

  @Test func textThatIsNotUTF8IsRefused() {
    // A lone continuation byte, an overlong '/', a surrogate, a code point past U+10FFFF, a cut sequence.
    for bad: [UInt8] in [[0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
      #expect(throws: Failure(.invalidArgument, "JSON, line 1, column 1: this string is not UTF-8")) { try read([0x22] + bad + [0x22]) }
    }
  }

  @Test func depthAndLengthAreLimited() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(throws: Never.self) { try read(nested(64)) }
    #expect(message(nested(65)) == "JSON, line 1, column 65: more than 64 arrays and objects inside one another")
    #expect(message(String(repeating: "{\"a\":", count: 100_000)).hasSuffix("column 321: more than 64 arrays and objects inside one another"))
    #expect(throws: Failure(.fileFormat, "header has 5 bytes; at most 4 are accepted")) {
      try JSON.read("[1,2]", limit: 4, status: .fileFormat, what: "header")
    }
  }

  /// Random bytes, and valid text with changed, removed or repeated bytes, give either a value or a failure. A value can be written and read again.
  @Test func hostileTextNeverTraps() throws {
    let seed = Array(#"{"a":[1,-2.5e-3,true,null,{"b\u00e9\ud83d\ude00":"x\n€"}],"c":{"d":[[],{}]},"e":1e300}"#.utf8)
    let alphabet = Array(#"{}[]",:\/u0123456789dDeE+-.truefalsn "#.utf8) + [0x00, 0x1F, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
    var generator = SplitMix(state: 20)
    func place(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }
    var accepted = 0
    for round in 0..<100_000 {
      var bytes = seed
      if round % 4 == 0 {
        bytes = (0..<place(24)).map { _ in alphabet[place(alphabet.count)] }
      } else {
        for _ in 0...place(3) where !bytes.isEmpty {
          let start = place(bytes.count)
          switch place(4) {
          case 0: bytes[start] = UInt8(truncatingIfNeeded: generator.next())
          case 1: bytes[start] = alphabet[place(alphabet.count)]
          case 2: bytes.removeSubrange(start..<min(bytes.count, start + 3))
          default: bytes.insert(contentsOf: Array(bytes[start..<min(bytes.count, start + 5)]), at: start)
          }
        }
      }
      guard let value = try? read(bytes) else { continue }
      accepted += 1
      let again = try read(try value.written())
      #expect(again == value)
    }
    #expect(accepted > 1000)
  }

  /// Long texts of every kind ask the watch while they are read.
  @Test(arguments: [
    "[" + String(repeating: "1,", count: 100_000) + "1]", "[\"" + String(repeating: "x", count: 200_000) + "\"]",
    "{" + (0..<20_000).map { "\"k\($0)\":1" }.joined(separator: ",") + "}",
  ]) func readingEndsWhenTheWorkMustEnd(text: String) throws {
    var questions = 0
    let watch = Watch(isCancelled: {
      questions += 1
      return questions > 5
    })
    #expect { try watch.asCurrent { try JSON.read(text, limit: 1 << 20) } } throws: { ($0 as? Failure)?.status == .cancelled }
    #expect(questions == 6)
    _ = try JSON.read(text, limit: 1 << 20)
  }

  @Test func endlessObjectsAndNumbersAreRefused() throws {
    let members = "{" + (0...(1 << 17)).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    #expect { try JSON.read(members, limit: 1 << 22) } throws: { "\($0)".contains("more than 131072 members in one object") }
    #expect { try JSON.read(String(repeating: "1", count: 5000), limit: 1 << 20) } throws: { "\($0)".contains("a number of more than 4096 characters") }
    #expect(try JSON.read("0." + String(repeating: "1", count: 4000), limit: 1 << 20) == .real(1.0 / 9))
  }
}

/// Steele, Lea and Flood's SplitMix64 (2014): a fixed sequence of mutations.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct CellTypeTests {
  @Test func formatsOfArrowAreRead() {
    let expected: [String: CellType] = [
      "n": .null, "b": .bool, "c": .number(.int8), "C": .number(.uint8), "s": .int16, "S": .uint16, "i": .number(.int32), "I": .uint32, "l": .number(.int64), "L": .uint64,
      "e": .float16, "f": .number(.float32), "g": .number(.float64), "u": .text(wideOffsets: false), "U": .text(wideOffsets: true), "vu": .textView,
    ]
    for (format, type) in expected { #expect(CellType(format: format) == type, "\(format)") }
    #expect(expected.values.filter(\.isText).count == 3 && expected.values.filter(\.isInteger).count == 8)
  }

  @Test func othersSayWhatToDo() {
    for (format, words) in [
      ("tdD", "dates"), ("tsu:UTC", "timestamps"), ("tts", "times of day"), ("tDs", "durations"), ("d:10,2", "decimal numbers"), ("z", "bytes"), ("w:4", "bytes"), ("vz", "bytes"),
      ("+l", "lists"), ("+w:3", "lists"), ("+s", "structs"), ("+r", "runs"), ("+ud:0", "unions"), ("", "unknown type"), ("?", "unknown type"),
    ] {
      guard case .other(let advice) = CellType(format: format) else { Issue.record("\(format) was taken"); continue }
      #expect(advice.contains(words) && advice.contains("not taken"), "\(advice)")
    }
  }
}

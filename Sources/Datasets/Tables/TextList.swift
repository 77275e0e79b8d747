import LinearAlgebra
import Settings

/// Texts as C reads them, each with a zero byte behind it, in memory of the process's allocator that lives as long as this object.
package final class TextList: @unchecked Sendable {
  private let memory: Buffer
  /// The bytes of all texts, and where each begins.
  private let starts: UnsafeMutablePointer<Int64>
  private let bytes: UnsafeMutablePointer<CChar>
  package let count: Int

  /// - Throws: `memory`; the reason why the work must end.
  package init(_ texts: [String]) throws(Failure) {
    var (total, work) = (0, WatchedWork())
    for text in texts {
      try work.spend(16)
      total += text.utf8.count + 1
    }
    count = texts.count
    memory = try Buffer(byteCount: 8 * texts.count + total)
    starts = memory.rowNumbers(count: texts.count)
    bytes = (memory.base + 8 * texts.count).bindMemory(to: CChar.self, capacity: total)
    var place = 0
    for (index, text) in texts.enumerated() {
      try work.spend(text.utf8.count + 16)
      starts[index] = Int64(place)
      // The buffer is zero behind each text.
      for byte in text.utf8 {
        bytes[place] = CChar(bitPattern: byte)
        place += 1
      }
      place += 1
    }
  }

  package subscript(index: Int) -> UnsafePointer<CChar> { UnsafePointer(bytes + Int(starts[index])) }
}

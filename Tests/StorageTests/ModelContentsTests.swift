import LinearAlgebra
import Settings
import Storage
import Testing

@Suite struct ModelContentsTests {
  /// Reading gives what was written: texts with every kind of character, both precisions, all bits of the numbers (NaN's payload, −0, subnormals), empty and scalar shapes.
  @Test func roundTrip() throws {
    var keep: [Buffer] = []
    let tensors = [
      try tensor("a", [2, 3], [1, -0.0, .nan, .infinity, .leastNonzeroMagnitude, 0.1], .float64, &keep),
      try tensor("blocks.0.K", [1, 2], [0.1, -1e-40], .float32, &keep),
      try tensor("scalar", [], [7], .float32, &keep),
      try tensor("empty", [0, 4], [], .float32, &keep),
    ]
    // The mark before the checksum may also occur in a text, where it must not be mistaken for the checksum.
    let specification = "{\"checksum\":\"0123456789abcdef\", \"é😀\": \"\\u0000\n\"}"
    let file = try ModelContents(libraryVersion: "0.1.0", specification: specification, tensors: tensors).encoded()
    let read = try decode(bytes(of: file))
    #expect(read.libraryVersion == "0.1.0")
    #expect(read.specification == specification)
    #expect(read.tensors.map(\.name) == ["a", "blocks.0.K", "scalar", "empty"])
    #expect(read.tensors.map(\.shape) == [[2, 3], [1, 2], [], [0, 4]])
    withExtendedLifetime((read, keep)) {
      for (a, b) in zip(tensors, read.tensors) {
        #expect(a.values.precision == b.values.precision)
        let count = a.values.count * a.values.precision.byteCount
        #expect(UnsafeRawBufferPointer(start: a.values.base, count: count).elementsEqual(UnsafeRawBufferPointer(start: b.values.base, count: count)))
      }
    }
  }
}

import LinearAlgebra
import Settings
import Testing

/// The counters are the process's, and other tests allocate meanwhile: the sizes here are large enough to see.
@Suite(.serialized) struct MemoryTests {
  @Test func countsWhatIsHeld() throws {
    let bytes = 1 << 28
    var buffer: Buffer? = try Buffer(byteCount: bytes)
    let (held, count) = (Memory.current, Memory.allocationCount)
    #expect(held >= bytes && Memory.peak >= bytes && count > 0 && buffer?.byteCount == bytes)
    buffer = nil
    #expect(Memory.current < held && Memory.peak >= bytes)
  }

  /// A limit far above what the tests hold refuses what is beyond it and says so.
  @Test func refusesWhatIsBeyondTheLimit() {
    Memory.limit = 1 << 40
    defer { Memory.limit = 0 }
    #expect(Memory.limit == 1 << 40)
    #expect { try Buffer(byteCount: 1 << 41) } throws: {
      let failure = $0 as? Failure
      return failure?.status == .memory && failure?.message.contains("the limit is \(1 << 40) bytes") == true
    }
  }

  @Test func theAllocatorIsSetBeforeTheFirstUse() throws {
    let buffer = try Buffer(byteCount: 8)
    #expect { try Memory.setAllocator(allocate: nil, release: nil, user: nil) } throws: { ($0 as? Failure)?.status == .state }
    #expect { try Memory.setAllocator(allocate: { _, _, _ in nil }, release: nil, user: nil) } throws: { ($0 as? Failure)?.status == .invalidArgument }
    #expect(buffer.byteCount == 8)
  }
}

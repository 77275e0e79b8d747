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

  /// Linux promises arrays that it cannot hold, and ends the process that uses one: an array larger than what is available is refused before. Its size lies between what is available and what the machine
  /// has, where the system would have agreed.
  @Test func refusesWhatTheSystemDoesNotHave() throws {
    let available = Memory.available
    #expect(available > 0 && available < Int.max)
    let more = available + max(1 << 30, available / 16)
    #expect { try Buffer(byteCount: more) } throws: { ($0 as? Failure)?.status == .memory && "\($0)".contains("an array needs \(more) bytes; the ") }
    #expect { try Memory.claiming(1 << 60, for: "a list") { 0 } } throws: { ($0 as? Failure)?.status == .memory && "\($0)".contains("a list needs") }
    #expect { try Memory.claiming(-1, for: "a list") { 0 } } throws: { ($0 as? Failure)?.status == .memory }
  }

  @Test func claimsCountWhileTheyLast() throws {
    Memory.limit = 1 << 40
    defer { Memory.limit = 0 }
    let held = try Memory.claiming(1 << 20, for: "a list") { Memory.current }
    #expect(held >= 1 << 20)
    #expect { try Memory.claiming(1 << 41, for: "a list") { 0 } } throws: { "\($0)".contains("the limit is \(1 << 40) bytes") }
    // Claims take no memory: they are counted, and given back also when the work fails.
    let before = Memory.current
    #expect(throws: Failure.self) { try Memory.claiming(1 << 25, for: "a list") { () throws(Failure) in throw Failure(.state, "") } }
    #expect(Memory.current < before + 1 << 25)
  }

  @Test func theAllocatorIsSetBeforeTheFirstUse() throws {
    let buffer = try Buffer(byteCount: 8)
    #expect { try Memory.setAllocator(allocate: nil, release: nil, user: nil) } throws: { ($0 as? Failure)?.status == .state }
    #expect { try Memory.setAllocator(allocate: { _, _, _ in nil }, release: nil, user: nil) } throws: { ($0 as? Failure)?.status == .invalidArgument }
    #expect(buffer.byteCount == 8)
  }
}

import LinearAlgebra
import Settings
import Testing

/// The counters belong to the whole process, in which other tests allocate meanwhile, so these tests use sizes that are large enough to notice.
@Suite(.serialized) struct MemoryTests {
  @Test func countsWhatIsHeld() throws {
    let bytes = 1 << 28
    var buffer: Buffer? = try Buffer(byteCount: bytes)
    let (held, count) = (Memory.current, Memory.allocationCount)
    #expect(held >= bytes && Memory.peak >= bytes && count > 0 && buffer?.byteCount == bytes)
    buffer = nil
    #expect(Memory.current < held && Memory.peak >= bytes)
  }

  /// A limit far above the tests' memory refuses larger requests and says so.
  @Test func refusesWhatIsBeyondTheLimit() {
    Memory.limit = 1 << 40
    defer { Memory.limit = 0 }
    #expect(Memory.limit == 1 << 40)
    #expect { try Buffer(byteCount: 1 << 41) } throws: {
      let failure = $0 as? Failure
      return failure?.status == .memory && failure?.message.contains("the limit is \(1 << 40) bytes") == true
    }
  }

  /// Linux grants arrays that it cannot provide and kills the process that uses one, so the library refuses an array that is larger than the available memory. Its size here lies between the available memory
  /// and the machine's memory, where the system would grant it.
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
    // Claims take no memory: they are only counted, and are released even if the work fails.
    let before = Memory.current
    #expect(throws: Failure(.state, "the work's own")) { try Memory.claiming(1 << 25, for: "a list") { () throws(Failure) in throw Failure(.state, "the work's own") } }
    #expect(Memory.current < before + 1 << 25)
  }

  @Test func theAllocatorIsSetBeforeTheFirstUse() throws {
    let buffer = try Buffer(byteCount: 8)
    #expect { try Memory.setAllocator(allocate: nil, release: nil, user: nil) } throws: { ($0 as? Failure)?.status == .state }
    #expect { try Memory.setAllocator(allocate: { _, _, _ in nil }, release: nil, user: nil) } throws: { ($0 as? Failure)?.status == .invalidArgument }
    #expect(buffer.byteCount == 8)
  }
}

import LinearAlgebra
import Settings
import Testing

struct ForkSafeLockTests {
  /// No count is lost where four threads add under the lock.
  @Test func oneThreadAtATimeIsInside() throws {
    let lock = ForkSafeLock()
    nonisolated(unsafe) var count = 0
    try WorkerPool(threads: 4).run(64) { _, _ in
      for _ in 0..<1000 { lock.locked { count += 1 } }
    }
    #expect(count == 64_000)
  }

  /// An error leaves the lock free.
  @Test func anErrorLeavesTheLock() {
    let lock = ForkSafeLock()
    #expect(throws: Failure.self) { try lock.locked { () throws(Failure) in throw Failure(.outOfRange, "inside") } }
    #expect(lock.locked { 7 } == 7)
  }
}

import Glibc
import LinearAlgebra
import Testing

/// The memory of one test's numbers. It is freed when the test ends, and not with the numbers themselves: a view in an expression may outlive the last use of its owner.
package final class TestMemory: @unchecked Sendable {
  /// The memory of the test that this task works for; nil in suites without the trait `freesNumbers`, whose numbers live as long as the process.
  @TaskLocal package static var current: TestMemory?

  private var lock = pthread_mutex_t()
  private var buffers: [Buffer] = []

  init() { pthread_mutex_init(&lock, nil) }
  deinit { pthread_mutex_destroy(&lock) }

  /// Keeps a buffer until the test ends.
  package static func keep(_ buffer: Buffer) {
    guard let current else { return _ = Unmanaged.passRetained(buffer) }
    pthread_mutex_lock(&current.lock)
    defer { pthread_mutex_unlock(&current.lock) }
    current.buffers.append(buffer)
  }
}

/// Frees the numbers of each test in a suite when the test ends. For suites whose tests make many: no number may be kept from one test to the next.
package struct FreesNumbers: SuiteTrait, TestTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
    try await TestMemory.$current.withValue(TestMemory()) { try await function() }
  }
}

extension Trait where Self == FreesNumbers {
  package static var freesNumbers: Self { Self() }
}

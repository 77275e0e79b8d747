import Glibc

/// Measures the time since its creation on a clock that never goes back (CLOCK_MONOTONIC).
package struct Stopwatch: Sendable {
  private let start: Int64

  package init() { start = Stopwatch.nanoseconds() }

  /// Elapsed milliseconds.
  package var milliseconds: Double { Double(Stopwatch.nanoseconds() - start) * 1e-6 }

  private static func nanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}

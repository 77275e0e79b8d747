import CShims

/// A lock that a fork cannot leave locked for ever, because the child takes it over from a thread that it does not have (`shims_lock.h`). For work of less than a microsecond that calls nobody.
package final class ForkSafeLock: Sendable {
  private nonisolated(unsafe) let holder: UnsafeMutablePointer<sode_shim_atomic>

  package init() {
    holder = .allocate(capacity: 1)
    holder.initialize(to: sode_shim_atomic())
  }

  deinit { holder.deallocate() }

  @inline(__always) package func locked<Result, Problem: Error>(_ body: () throws(Problem) -> Result) throws(Problem) -> Result {
    sode_shim_lock_enter(holder)
    defer { sode_shim_lock_leave(holder) }
    return try body()
  }
}

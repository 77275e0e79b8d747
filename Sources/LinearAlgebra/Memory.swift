import CShims
import Settings

/// The process's numeric memory: the allocator behind every `Buffer`, its counters and its limit.
///
/// The counters are atomic; any thread may read them.
package enum Memory {
  package typealias Allocate = @convention(c) (_ size: Int, _ alignment: Int, _ user: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
  package typealias Release = @convention(c) (_ memory: UnsafeMutableRawPointer?, _ size: Int, _ user: UnsafeMutableRawPointer?) -> Void

  /// Bytes held now.
  package static var current: Int { Int(clamping: sode_shim_memory_current()) }
  /// The most bytes held at once since the start or `resetPeak()`.
  package static var peak: Int { Int(clamping: sode_shim_memory_peak()) }
  /// How many buffers have been allocated since the start: a run call that must not allocate leaves it as it was.
  package static var allocationCount: Int { Int(clamping: sode_shim_memory_count()) }

  package static func resetPeak() { sode_shim_memory_reset_peak() }

  /// The most bytes that may be held at once; 0 means no limit. Buffers beyond it fail with `memory`.
  package static var limit: Int {
    get { Int(clamping: sode_shim_memory_limit()) }
    set { sode_shim_memory_set_limit(UInt64(clamping: newValue)) }
  }

  /// Replaces the process's allocator before anything has been allocated.
  ///
  /// - Parameters:
  ///   - allocate: returns `size` bytes aligned to `alignment` (64), or NULL; nil with `release` nil restores the standard allocator.
  ///   - user: passed back to both.
  /// - Throws: `state` once something has been allocated; `invalidArgument` when only one of the two functions is given.
  package static func setAllocator(allocate: Allocate?, release: Release?, user: UnsafeMutableRawPointer?) throws(Failure) {
    guard (allocate == nil) == (release == nil) else {
      throw Failure(.invalidArgument, "allocator: one of allocate and release is NULL; give both, or neither for the standard allocator")
    }
    guard sode_shim_memory_set_allocator(allocate, release, user) == 0 else {
      throw Failure(.state, "allocator: memory has been allocated already; set the allocator before the first use of the library")
    }
  }
}

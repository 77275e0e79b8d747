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

  /// The bytes that, according to the system, the process can still use without being killed; `Int.max` if the system does not say. Takes about 50 µs.
  package static var available: Int { Int(clamping: sode_shim_available_memory()) }

  /// Runs `body` and counts `byteCount` bytes as held meanwhile. This is for memory that does not come from buffers: texts and arrays of the standard library whose size the caller has chosen.
  ///
  /// - Parameters:
  ///   - byteCount: no more than will be used. Negative counts, which result from sizes that overflow, are refused.
  ///   - what: what the memory is for, in the message.
  /// - Throws: `memory` if the limit would be exceeded or the system has not enough memory; what `body` throws.
  package static func claiming<Result>(_ byteCount: Int, for what: String, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard byteCount >= 0, byteCount < largeClaim || byteCount <= available, sode_shim_memory_claim(byteCount) == 0 else {
      throw Memory.refusal(byteCount, for: what)
    }
    defer { sode_shim_memory_unclaim(byteCount) }
    return try body()
  }

  /// Claims of at least this many bytes are compared with what the system has.
  private static let largeClaim = 1 << 26

  /// The failure that says why a number of bytes was refused.
  static func refusal(_ byteCount: Int, for what: String) -> Failure {
    guard byteCount >= 0 else { return Failure(.memory, "memory: the size of \(what) does not fit the address space") }
    let limit = Memory.limit
    if limit > 0, byteCount > limit - min(limit, Memory.current) {
      return Failure(.memory, "memory: \(what) needs \(byteCount) bytes and \(Memory.current) are held; the limit is \(limit) bytes")
    }
    let available = Memory.available
    if byteCount > available { return Failure(.memory, "memory: \(what) needs \(byteCount) bytes; the system has \(available) available") }
    return Failure(.memory, "memory: \(what) needs \(byteCount) bytes; the allocator refused them")
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

import CShims
import Settings

/// Memory from the process's allocator, aligned to 64 bytes and filled with zeros. It is released with the last reference to the buffer.
package final class Buffer: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int

  /// - Parameter byteCount: at least 0. Negative counts, which result from sizes that overflow, are refused.
  /// - Throws: `memory` if the allocator refuses, the limit would be exceeded, or the system has not enough memory (which the standard allocator checks from 64 MB on).
  package init(byteCount: Int) throws(Failure) {
    var needsZeros: Int32 = 0
    guard byteCount >= 0, let base = sode_shim_memory_allocate(byteCount, &needsZeros) else { throw Memory.refusal(byteCount, for: "an array") }
    self.base = base
    self.byteCount = byteCount
    if needsZeros != 0 { Watch.allPieces(byteCount) { (base + $0.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: $0.count) } }
  }

  /// A buffer for `count` numbers.
  package convenience init(count: Int, precision: Precision) throws(Failure) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: precision.byteCount)
    try self.init(byteCount: overflow ? -1 : bytes)
  }

  deinit { sode_shim_memory_release(base, byteCount) }

  /// `count` numbers from byte `offset` on.
  package func vector(count: Int, precision: Precision, offset: Int = 0) -> Vector {
    precondition(offset >= 0 && count >= 0 && offset + count * precision.byteCount <= byteCount, "vector outside its buffer")
    return Vector(base + offset, count: count, precision: precision)
  }

  /// The buffer as integers, for labels.
  package func labels(count: Int, offset: Int = 0) -> UnsafeMutablePointer<Int32> {
    precondition(offset >= 0 && count >= 0 && offset + count * 4 <= byteCount, "labels outside their buffer")
    return (base + offset).bindMemory(to: Int32.self, capacity: count)
  }

  /// The buffer as row numbers, for permutations.
  package func rowNumbers(count: Int, offset: Int = 0) -> UnsafeMutablePointer<Int64> {
    precondition(offset >= 0 && count >= 0 && offset + count * 8 <= byteCount, "row numbers outside their buffer")
    return (base + offset).bindMemory(to: Int64.self, capacity: count)
  }
}

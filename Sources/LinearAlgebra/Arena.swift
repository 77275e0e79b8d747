import Settings

/// Scratch memory that is divided into blocks, so that nothing is allocated while a sweep runs.
///
/// First add the blocks to an `Arena.Size`, then make an arena of this size and take the same blocks from it. Every block begins on a line of 64 bytes.
package final class Arena: @unchecked Sendable {
  /// The bytes that a list of blocks and vectors takes.
  package struct Size: Sendable {
    /// Bytes so far, or nil once they do not fit the address space.
    package private(set) var byteCount: Int? = 0
    package init() {}

    package mutating func add(rows: Int, columns: Int, precision: Precision) { add(elements: rows.multipliedReportingOverflow(by: columns), precision: precision) }
    package mutating func add(count: Int, precision: Precision) { add(elements: (count, false), precision: precision) }

    /// Adds the blocks of another size, `times` times.
    package mutating func add(_ other: Size, times: Int) {
      guard let bytes = other.byteCount else { return byteCount = nil }
      let (all, overflow) = bytes.multipliedReportingOverflow(by: times)
      add(elements: (overflow ? -1 : all / 4, false), precision: .float32)
    }

    private mutating func add(elements: (partialValue: Int, overflow: Bool), precision: Precision) {
      guard let before = byteCount, !elements.overflow, elements.partialValue >= 0 else { return byteCount = nil }
      let (bytes, tooLarge) = elements.partialValue.multipliedReportingOverflow(by: precision.byteCount)
      guard !tooLarge, bytes <= Int.max - 63 - before else { return byteCount = nil }
      byteCount = before + Arena.lines(bytes)
    }
  }

  private let buffer: Buffer
  private var used = 0

  /// - Throws: `memory`.
  package init(_ size: Size) throws(Failure) { buffer = try Buffer(byteCount: size.byteCount ?? -1) }
  package init(byteCount: Int) throws(Failure) { buffer = try Buffer(byteCount: byteCount) }

  package var byteCount: Int { buffer.byteCount }

  /// The next block. If the memory is too small, the size was computed wrongly, which is a bug of the library.
  package func block(rows: Int, columns: Int, precision: Precision) -> Block {
    Block(take(rows * columns * precision.byteCount), rows: rows, columns: columns, precision: precision)
  }
  /// The next vector.
  package func vector(count: Int, precision: Precision) -> Vector {
    Vector(take(count * precision.byteCount), count: count, precision: precision)
  }
  /// The current position, to return to with `release(to:)`.
  package var mark: Int { used }
  package func release(to mark: Int) { used = mark }
  func address(of mark: Int) -> UnsafeMutableRawPointer { buffer.base + mark }

  private func take(_ bytes: Int) -> UnsafeMutableRawPointer {
    precondition(bytes >= 0 && bytes <= buffer.byteCount - used, "arena too small")
    defer { used = min(buffer.byteCount, used + Arena.lines(bytes)) }
    return buffer.base + used
  }
  private static func lines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }
}

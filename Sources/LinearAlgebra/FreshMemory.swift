import CShims
import Settings

/// Memory that the system may not have provided yet: a part of an arena, or rows of a result.
///
/// The system provides a page, and fills it with zeros, when it is first written to, which can take some milliseconds for a huge page. A single operation on images may write to a hundred pages, between which it cannot ask the
/// watch. So the pages are written to one after the other before the work begins (`provide`), and the watch is asked in between.
package final class FreshMemory {
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int
  @exclusivity(unchecked) private var provided = 0

  /// What was taken from `arena` since `mark`. Parts below 8 MB, whose pages take no time to speak of, count as provided.
  package init(_ arena: Arena, since mark: Int) {
    base = arena.address(of: mark)
    byteCount = Self.bytesWorthProviding(arena.mark - mark)
  }

  /// Some rows of an array without gaps.
  package init(_ array: MutableTensorView, rows: Range<Int>) {
    let row = array.columns * array.type.byteCount
    base = array.base + rows.lowerBound * row
    byteCount = Self.bytesWorthProviding(rows.count * row)
  }

  private static func bytesWorthProviding(_ count: Int) -> Int { count < 1 << 23 ? 0 : count }

  /// Writes to every page, once in this object's life. If the work must end, the remaining pages are left for the next call. What the memory holds stays.
  @inline(__always) package func provide(_ watch: @autoclosure () -> Watch) {
    if provided < byteCount { provideMore(watch()) }
  }

  @inline(never) private func provideMore(_ watch: Watch) {
    while provided < byteCount, !watch.isOver {
      let count = min(1 << 21, byteCount - provided)
      sode_shim_memory_provide(base + provided, count)
      provided += count
    }
  }
}

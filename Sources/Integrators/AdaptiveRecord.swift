import LinearAlgebra

/// The record that the solve of a layer leaves for its derivatives. Its size does not depend on the number of steps: it holds, for each sample, the states and sizes of the steps of one segment, the first
/// states of the segments before it, and how far the sample got.
///
/// `SegmentSchedule` says how the steps are divided into segments. The rows of the record are: the number of steps of each sample; the segment whose steps lie in the slots; for each slot, a state and a row of
/// step sizes; the bookmarks.
struct AdaptiveRecord {
  /// The state of a sample's step control at the beginning of a segment, or where the solve ended.
  struct Bookmark: BitwiseCopyable {
    /// Time since the layer began.
    var time = 0.0
    /// The step size to try next.
    var stepSize = 0.0
    /// log₂ of the last accepted error norm.
    var logOfLast = 0.0
    /// The size of the last accepted step.
    var lastSize = 0.0
  }

  let schedule: SegmentSchedule
  /// The slots as one block.
  let slots: Block
  private let block: Block
  private let width: Int

  init(_ block: Block, width: Int, _ schedule: SegmentSchedule) {
    assert(block.stride == block.columns, "record: rows without gaps")
    self.block = block
    self.width = width
    self.schedule = schedule
    slots = block.rows(2..<2 + schedule.slots * (width + 1))
  }

  static func rows(width: Int, _ schedule: SegmentSchedule) -> Int { 2 + schedule.slots * (width + 1) + bookmarkRows(schedule) }

  /// Rows of float32 for s + 1 bookmarks of each sample that begin on a multiple of 8 bytes.
  private static func bookmarkRows(_ schedule: SegmentSchedule) -> Int { (schedule.slots + 1) * MemoryLayout<Bookmark>.stride / 4 + 2 }

  // MARK: Slots and bookmarks

  /// State and step sizes of a slot.
  func slot(_ index: Int) -> Block { slots.rows(index * (width + 1)..<(index + 1) * (width + 1)) }
  /// The states of a slot.
  func states(_ index: Int) -> Block { slot(index).rows(0..<width) }
  /// Where a sample's state lies in a slot, in elements of `slots`.
  func offset(slot: Int, column: Int) -> Int64 { Int64(slot * (width + 1) * slots.stride + column) }
  private func stepSizes(_ slot: Int) -> Vector { self.slot(slot).rows(width..<width + 1).vector }

  /// For each sample, the bookmark at the beginning of segment `segment`. The bookmark after a sample's last segment says where the sample got to.
  func bookmarks(_ segment: Int) -> UnsafeMutablePointer<Bookmark> {
    block.rows(2 + schedule.slots * (width + 1)..<block.rows).records(of: Bookmark.self) + segment * block.columns
  }

  // MARK: Steps of a sample

  /// Accepted steps.
  func count(_ column: Int) -> Int { Int(block.rows(0..<1).vector.load(column)) }
  /// The segment whose steps lie in the slots.
  func held(_ column: Int) -> Int { Int(block.rows(1..<2).vector.load(column)) }
  func lastSegment(_ column: Int) -> Int { schedule.segment(of: max(count(column) - 1, 0)) }
  /// Steps of a sample within a segment.
  func steps(in segment: Int, _ column: Int) -> Int { min(max(0, count(column) - schedule.start(segment)), schedule.length(segment)) }

  /// The last segment of the sample with the most steps.
  func lastSegment() -> Int { (0..<block.columns).reduce(0) { max($0, lastSegment($1)) } }
  /// Whether the slots hold every sample's last segment, as a solve leaves them.
  func holdsLastSegments() -> Bool { (0..<block.columns).allSatisfy { held($0) == lastSegment($0) } }

  func clear() { fill(block.rows(0..<2), 0) }

  /// Records that the whole solve of a sample took `count` steps.
  func finish(_ column: Int, count: Int) {
    block.rows(0..<1).vector.store(Double(count), at: column)
    block.rows(1..<2).vector.store(Double(lastSegment(column)), at: column)
  }

  /// Prepares the slots for the steps of `segment`. The size of the last of these steps is already known.
  func hold(_ segment: Int, _ column: Int) {
    block.rows(1..<2).vector.store(Double(segment), at: column)
    stepSizes(segment + steps(in: segment, column) - 1).store(bookmarks(segment + 1)[column].lastSize, at: column)
  }
}

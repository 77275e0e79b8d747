import LinearAlgebra

/// The record of a layer's solve: for each sample the states before its accepted steps and their sizes, `capacity` steps of them, in its own order.
///
/// A layer with more accepted steps is differentiated window by window, each of `capacity` steps. The record holds one window; the others are recomputed, with the same bits. Rows: how many steps
/// each sample took; the first step of the window; then for each slot a state and a row of step sizes.
struct AdaptiveRecord {
  private let block: Block
  private let width: Int
  let capacity: Int
  /// The slots as one block.
  let slots: Block

  init(_ block: Block, width: Int, capacity: Int) {
    self.block = block
    self.width = width
    self.capacity = capacity
    slots = block.rows(2..<block.rows)
  }

  static func rows(width: Int, capacity: Int) -> Int { 2 + capacity * (width + 1) }

  /// The first step of the window.
  var windowStart: Int {
    get { Int(block.rows(1..<2).vector.load(0)) }
    nonmutating set { block.rows(1..<2).vector.store(Double(newValue), at: 0) }
  }

  /// State and step sizes of slot m.
  func slot(_ m: Int) -> Block { slots.rows(m * (width + 1)..<(m + 1) * (width + 1)) }

  /// Where a sample's state before its accepted step `step` lies, in elements of `slots`; −1 outside the window.
  func offset(step: Int, column: Int) -> Int64 {
    let slot = step - windowStart
    return slot >= 0 && slot < capacity ? Int64(slot * (width + 1) * slots.stride + column) : -1
  }

  /// Accepted steps of a sample.
  func count(column: Int) -> Int { Int(block.rows(0..<1).vector.load(column)) }
  func setCount(_ count: Int, column: Int) { block.rows(0..<1).vector.store(Double(count), at: column) }
  func clearCounts() { fill(block.rows(0..<1), 0) }

  /// The most accepted steps of a sample.
  func largestCount() -> Int { (0..<block.columns).reduce(0) { max($0, count(column: $1)) } }
}

/// Divides the sets of prepared operators of a network's blocks into tasks, each of at most 32 sets of one block. A task is computed from its number, so that no memory grows with the
/// number of layers.
package struct OperatorChunks {
  private static let size = 32
  /// The number of each block's first task, followed by the number of all tasks.
  private let starts: [Int]
  private let entries: [Int]

  package init(_ plan: NetworkPlan) {
    entries = plan.blocks.map(\.preparedEntries)
    starts = entries.reduce(into: [0]) { starts, count in starts.append(starts[starts.count - 1] + (count + Self.size - 1) / Self.size) }
  }

  /// The number of tasks.
  package var count: Int { starts[entries.count] }

  /// The sets of one task.
  package subscript(task: Int) -> (block: Int, entries: Range<Int>) {
    var (low, high) = (0, entries.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= task { low = middle } else { high = middle }
    }
    let first = (task - starts[low]) * Self.size
    return (low, first..<min(first + Self.size, entries[low]))
  }
}

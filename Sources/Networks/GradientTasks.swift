import Gradients

/// Divides the sum of the groups' gradients into tasks. A task is computed from its number, so that no memory grows with the number of layers or parameters.
///
/// The layers' weights of a block are divided by their sets of operators, because a set's gradient can be finished (`ODEBlock.finishGradient`) as soon as all groups are added. The other numbers,
/// such as those of opening and readout, are divided into ranges.
package struct GradientTasks {
  /// The numbers of a piece, which stays in the first caches while it is added, finished and checked.
  package static let pieceLength = 16384

  package enum Task: Equatable {
    case sets(block: Int, entries: Range<Int>)
    case numbers(Range<Int>)
  }

  private let chunks: OperatorChunks
  /// The ranges of the extended vector outside the layers' weights, and the number of each one's first task, followed by the number of all tasks.
  private let gaps: [Range<Int>]
  private let starts: [Int]

  package init(_ plan: NetworkPlan, _ chunks: OperatorChunks) {
    self.chunks = chunks
    var gaps: [Range<Int>] = []
    var end = 0
    for range in plan.blocks.map(\.layout.layerRange).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if end < range.lowerBound { gaps.append(end..<range.lowerBound) }
      end = range.upperBound
    }
    if end < plan.extendedCount { gaps.append(end..<plan.extendedCount) }
    self.gaps = gaps
    starts = gaps.reduce(into: [chunks.count]) { starts, gap in starts.append(starts[starts.count - 1] + (gap.count + Self.pieceLength - 1) / Self.pieceLength) }
  }

  /// The number of tasks.
  package var count: Int { starts[gaps.count] }

  package subscript(task: Int) -> Task {
    if task < chunks.count {
      let (block, entries) = chunks[task]
      return .sets(block: block, entries: entries)
    }
    // There are at most two gaps for each block.
    var gap = 0
    while starts[gap + 1] <= task { gap += 1 }
    let first = gaps[gap].lowerBound + (task - starts[gap]) * Self.pieceLength
    return .numbers(first..<min(first + Self.pieceLength, gaps[gap].upperBound))
  }
}

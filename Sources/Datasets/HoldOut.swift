import LinearAlgebra
import Settings

/// Row numbers of a data set, in memory of their own.
package struct RowList: @unchecked Sendable {
  /// The first of `count` row numbers.
  package let first: UnsafePointer<Int64>
  package let count: Int
  private let owner: Buffer

  init(_ first: UnsafePointer<Int64>, count: Int, owner: Buffer) {
    self.first = first
    self.count = count
    self.owner = owner
  }
}

extension Dataset {
  /// Chooses the rows that training leaves out so that validation can use them: about `fraction` of each class, or of all rows if targets are values. Both lists are in ascending order.
  ///
  /// The rows are shuffled by `seed`, sorted by class, and dealt out one by one, so that the number held out is fraction · count up to rounding. Of each class at least one row stays for training.
  /// The choice depends on the targets, `fraction` and `seed` alone.
  /// - Parameter fraction: in (0, 1).
  /// - Returns: nil if no row would be left for one of the two.
  /// - Throws: `memory`; the reason why the work must end.
  package func holdOut(_ fraction: Double, seed: UInt64) throws(Failure) -> (training: RowList, held: RowList)? {
    let memory = try Buffer(count: count, precision: .float64)
    let order = memory.rowNumbers(count: count)
    // Network parameters, the order of samples and folds use other streams of a seed.
    var stream = RandomStream(seed: seed, stream: 1 << 61)
    try stream.permutation(into: order, count: count)
    let flags = try Buffer(count: count, precision: .float32)
    let isHeld = flags.labels(count: count)
    if let labels {
      let starts = try Buffer(count: classCount + 1, precision: .float64)
      let next = starts.rowNumbers(count: classCount + 1)
      try Watch.pieces(count) { for row in $0 { next[Int(labels[row]) + 1] += 1 } }
      for label in 0..<classCount { next[label + 1] += next[label] }
      let sorted = try Buffer(count: count, precision: .float64)
      let target = sorted.rowNumbers(count: count)
      try Watch.pieces(count, work: 16) { piece in
        for index in piece {
          let label = Int(labels[Int(order[index])])
          target[Int(next[label])] = order[index]
          next[label] += 1
        }
      }
      try Watch.pieces(count) { for index in $0 { order[index] = target[index] } }
      withExtendedLifetime((sorted, starts)) {}
    }
    var (owed, held) = (0.5, 0)
    var before: Int32 = -1
    try Watch.pieces(count, work: 16) { piece in
      for index in piece {
        let row = Int(order[index])
        owed += fraction
        let label = labels?[row] ?? 0
        isHeld[row] = owed >= 1 && label == before ? 1 : 0
        before = label
        guard isHeld[row] == 1 else { continue }
        owed -= 1
        held += 1
      }
    }
    guard held >= 1, held < count else { return nil }
    var (first, second) = (0, count - held)
    try Watch.pieces(count) { piece in
      for row in piece {
        if isHeld[row] == 1 {
          order[second] = Int64(row)
          second += 1
        } else {
          order[first] = Int64(row)
          first += 1
        }
      }
    }
    withExtendedLifetime(flags) {}
    return (RowList(order, count: count - held, owner: memory), RowList(order + (count - held), count: held, owner: memory))
  }
}

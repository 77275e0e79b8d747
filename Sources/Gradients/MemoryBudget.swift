import LinearAlgebra
import Settings

/// The memory for the tapes of a network's training: one tape for each block and worker, all allocated at the same time.
package struct MemoryBudget: Sendable {
  /// The number of columns of the widest tile.
  package let columns: Int
  package let workers: Int
  /// Whether the workers are tiles that advance side by side, for messages; otherwise they are threads.
  package let areTiles: Bool
  package let precision: Precision

  package init(columns: Int, workers: Int, areTiles: Bool = false, precision: Precision) {
    self.columns = columns
    self.workers = workers
    self.areTiles = areTiles
    self.precision = precision
  }

  /// The bytes of one worker's tape with the given number of rows, in whole lines of 64 bytes, as in the layout of scratch memory.
  /// At most 2^62, which exceeds any limit and address space.
  package func bytes(rows: Int) -> Int {
    let (numbers, tooMany) = rows.multipliedReportingOverflow(by: columns)
    let (bytes, tooLarge) = numbers.multipliedReportingOverflow(by: precision.byteCount)
    return tooMany || tooLarge || bytes > Self.most ? Self.most : (bytes + 63) & ~63
  }
  private static let most = 1 << 62

  /// The sum of sizes for all workers; at most 2^62.
  private func total(_ sizes: [Int]) -> Int {
    sizes.reduce(0) { sum, size in
      let (bytes, overflow) = size.multipliedReportingOverflow(by: workers)
      return overflow || bytes > Self.most - sum ? Self.most : sum + bytes
    }
  }

  /// Fits the policies to their blocks, so that all tapes together take at most the smallest byte limit that any of them sets.
  ///
  /// Every flexible policy gets at least its minimum; the remaining bytes are divided in proportion to what each policy could still use.
  /// - Parameter policies: one policy per block.
  /// - Throws: `.memory`, naming the bytes needed and given, if the minimums do not fit.
  package func fitted(_ policies: [any MemoryPolicy], to blocks: [ODEBlock]) throws(Failure) -> [any MemoryPolicy] {
    let pairs = Array(zip(policies, blocks))
    guard let limit = policies.compactMap(\.byteLimit).min() else { return pairs.map { $0.fitted(to: $1, rows: Int.max) } }
    let least = pairs.map { bytes(rows: $0.leastTapeRows($1)) }
    let needed = total(least)
    guard needed <= limit else {
      func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
      let size = counted(columns, "sample")
      let who = areTiles ? "\(counted(workers, "tile")) of \(size), all at once, because batch normalization needs the whole batch" : "\(counted(workers, "thread")), tiles of \(size)"
      throw Failure(
        .memory, "memory_limit is \(limit) bytes; the tapes of \(blocks.count == 1 ? "the block" : "the \(blocks.count) blocks") need at least \(needed) bytes (\(who))")
    }
    var spare = (limit - needed) / workers
    let wishes = zip(pairs, least).map { bytes(rows: $0.0.mostTapeRows($0.1)) - $1 }
    // Added as floating-point numbers, because the sum may exceed the address space.
    var wished = wishes.reduce(0.0) { $0 + Double($1) }
    var result: [any MemoryPolicy] = []
    for (index, (policy, block)) in pairs.enumerated() {
      let share = wished <= Double(spare) ? wishes[index] : min(spare, Int(Double(spare) * (Double(wishes[index]) / wished)))
      let rows = ((least[index] + share) & ~63) / (columns * precision.byteCount)
      let fitted = policy.fitted(to: block, rows: rows)
      result.append(fitted)
      spare -= bytes(rows: fitted.tapeRows(block)) - least[index]
      wished -= Double(wishes[index])
    }
    return result
  }
}

/// A view of a matrix of features × samples, such as the state of a tile of samples. Each row holds one feature, with the samples next to one another.
///
/// A block has either one column, for a single sample, with `stride` 1; or a multiple of `Block.quantum` columns, of which those after the last sample are padding that holds finite numbers. It does not own its
/// memory.
package struct Block: @unchecked Sendable {
  /// The number of columns of a tile is a multiple of this: 64 bytes of Float.
  package static let quantum = 16

  package let base: UnsafeMutableRawPointer
  package let rows: Int
  package let columns: Int
  /// Elements from one row to the next.
  package let stride: Int
  package let precision: Precision

  @inlinable package init(_ base: UnsafeMutableRawPointer, rows: Int, columns: Int, stride: Int? = nil, precision: Precision) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
    self.precision = precision
  }

  /// The rows `range` of this block, as a view.
  @inlinable package func rows(_ range: Range<Int>) -> Block {
    Block(base + range.lowerBound * stride * precision.byteCount, rows: range.count, columns: columns, stride: stride, precision: precision)
  }

  /// The beginning of this block's memory as `rows` rows of `columns` columns without gaps, for a tile narrower than the one that the memory was made for.
  @inlinable package func packed(rows: Int? = nil, columns: Int) -> Block { Block(base, rows: rows ?? self.rows, columns: columns, precision: precision) }

  /// The smallest number of columns for a block of `samples` samples.
  package static func columns(forSamples samples: Int) -> Int {
    samples == 1 ? 1 : (samples + quantum - 1) / quantum * quantum
  }
}

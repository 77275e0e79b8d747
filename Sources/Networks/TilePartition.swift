import LinearAlgebra

/// How a batch is cut into tiles, and tiles into the groups whose results are summed: a function of the problem alone, never of the number of threads, so that the
/// same bits come out for any.
package struct TilePartition: Equatable, Sendable {
  package let count: Int
  /// Columns of a full tile.
  package let columns: Int
  package let tiles: Int
  package let groups: Int

  /// The most groups a partition has.
  package static let maximumGroups = 16

  /// - Parameters:
  ///   - count: samples, at least 1.
  ///   - largest: the most columns of a tile.
  ///   - accumulates: whether each group keeps a gradient of its own. A gradient costs as much to clear and add as about 16 samples cost to compute, so that a group then
  ///     gets at least four tiles where there are enough; but two groups at least, for two threads.
  package init(count: Int, largest: Int, accumulates: Bool) {
    self.count = count
    let half = (count + 1) / 2
    columns = count == 1 ? 1 : min(largest, max(64, (half + Block.quantum - 1) / Block.quantum * Block.quantum), Block.columns(forSamples: count))
    tiles = (count + columns - 1) / columns
    groups = min(tiles, accumulates ? min(max(tiles / 4, 2), Self.maximumGroups) : Self.maximumGroups)
  }

  /// The tiles of one group, consecutive.
  package func tiles(of group: Int) -> Range<Int> { tiles * group / groups..<tiles * (group + 1) / groups }

  /// The samples of one tile.
  package func samples(of tile: Int) -> Range<Int> { tile * columns..<min(count, (tile + 1) * columns) }

  /// Columns of one tile: the last may be narrower.
  package func columns(of tile: Int) -> Int {
    columns == 1 ? 1 : (samples(of: tile).count + Block.quantum - 1) / Block.quantum * Block.quantum
  }
}

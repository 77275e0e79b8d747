import LinearAlgebra

/// How a batch is divided into tiles, and the tiles into groups whose results are summed. This depends on the problem alone and never on the number of threads, so that
/// results have the same bits for any number of threads.
package struct TilePartition: Equatable, Sendable {
  package let count: Int
  /// Columns of a full tile.
  package let columns: Int
  package let tiles: Int
  package let groups: Int

  /// The most groups a partition has.
  package static let maximumGroups = 16

  /// - Parameters:
  ///   - count: the number of samples, at least 1.
  ///   - largest: the most columns of a tile.
  ///   - accumulates: whether each group keeps its own gradient. Clearing and adding a gradient costs about as much as computing 16 samples. A group then gets at least
  ///     four tiles if there are enough; but there are at least two groups, for two threads.
  ///   - together: the samples of every tile but the last, a multiple of 16, for networks that normalize so many samples together; nil leaves the choice to the partition.
  package init(count: Int, largest: Int, accumulates: Bool, together: Int? = nil) {
    self.count = count
    let half = (count + 1) / 2
    let wanted = together ?? min(largest, max(64, (half + Block.quantum - 1) / Block.quantum * Block.quantum))
    columns = count == 1 ? 1 : min(wanted, Block.columns(forSamples: count))
    tiles = (count + columns - 1) / columns
    groups = min(tiles, accumulates ? min(max(tiles / 4, 2), Self.maximumGroups) : Self.maximumGroups)
  }

  /// The tiles of one group, which are consecutive.
  package func tiles(of group: Int) -> Range<Int> { tiles * group / groups..<tiles * (group + 1) / groups }

  /// The samples of one tile.
  package func samples(of tile: Int) -> Range<Int> { tile * columns..<min(count, (tile + 1) * columns) }

  /// The columns of one tile; the last tile may be narrower.
  package func columns(of tile: Int) -> Int {
    columns == 1 ? 1 : (samples(of: tile).count + Block.quantum - 1) / Block.quantum * Block.quantum
  }
}

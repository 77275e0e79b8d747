import Gradients
import LinearAlgebra
import Settings

/// The layout of a sweep's scratch memory: tiles, workers, the memory policy of each block, and the total number of bytes.
struct SweepGeometry {
  let partition: TilePartition
  let workers: Int
  /// Whether the tiles of a training batch meet. Each then has scratch memory of its own.
  let tilesMeet: Bool
  /// How many vectors there are for sums of statistics: one where tiles meet; otherwise one for each group of tiles.
  let statisticsCount: Int
  /// How many tiles have scratch memory.
  let scratchCount: Int
  /// One policy per block, fitted to the byte limits.
  let memory: [any MemoryPolicy]
  let rows: TileRows
  /// Whether a vector is needed for gradients of the parameters that the caller does not want: driven fields compute them together with the gradients of their drives.
  let needsUnwanted: Bool
  let size: Arena.Size
  /// The numbers of float64 by which tiles exchange statistics, besides `size`; nil if they do not fit the address space.
  let meetingNumbers: Int?
  /// The numbers of float64 of the margins of a loss that reads them, besides `size`.
  let marginNumbers: Int

  /// - Parameters: as those of `Sweep.init`.
  /// - Throws: `.incompatible` when `memory` cannot serve a block; `.memory` when a memory limit is too small for any policy.
  init(_ plan: NetworkPlan, batch: Int, derivative: Bool, features: Bool, memory: (any MemoryPolicy)?, threads: Int) throws(Failure) {
    if let memory { for block in plan.blocks { try memory.check(block) } }
    // A block whose own policy is this one keeps its options for it.
    let policies = memory.map { memory in plan.memory.map { $0.name == memory.name ? $0 : memory } } ?? plan.memory
    partition = plan.partition(count: batch, derivative: derivative)
    workers = plan.threads(atMost: min(threads, partition.groups))
    tilesMeet = derivative && plan.couplesSamples && plan.samplesTogether == nil
    statisticsCount = derivative && plan.couplesSamples ? (tilesMeet ? 1 : partition.groups) : 0
    scratchCount = tilesMeet ? partition.tiles : workers
    let budget = MemoryBudget(columns: partition.columns, workers: scratchCount, areTiles: tilesMeet, precision: plan.precision)
    self.memory = derivative ? try budget.fitted(policies, to: plan.blocks) : policies
    rows = TileRows(plan, memory: derivative ? self.memory : nil, features: features)
    var size = Arena.Size()
    size.add(count: plan.preparedCount(for: .training), precision: plan.precision)
    if plan.isExtended { for _ in 0..<2 { size.add(count: plan.extendedCount, precision: plan.precision) } }
    for _ in 1..<max(derivative ? partition.groups : 1, 1) { size.add(count: plan.extendedCount, precision: plan.precision) }
    needsUnwanted = plan.sequence != nil && derivative && features
    if needsUnwanted { size.add(count: plan.extendedCount, precision: plan.precision) }
    for _ in 0..<2 * statisticsCount { size.add(count: plan.statisticsCount, precision: plan.precision) }
    rows.add(to: &size, columns: partition.columns, times: scratchCount)
    TileSums.add(tiles: partition.tiles, to: &size)
    self.size = size
    marginNumbers = plan.marginRules.map { [partition] in MarginTables.count($0, groups: partition.groups, derivative: derivative) } ?? 0
    if tilesMeet {
      meetingNumbers = TileMeeting.count(plan, tiles: partition.tiles, columns: partition.columns, workers: workers)
    } else {
      meetingNumbers = statisticsCount == 0 ? 0 : TileMeeting.count(plan, tiles: 1, columns: partition.columns, workers: 1).map { [workers] in workers * $0 }
    }
  }
}

extension NetworkPlan {
  /// How a sweep cuts a batch into tiles. With derivatives, the samples that are normalized together form a tile.
  func partition(count: Int, derivative: Bool) -> TilePartition {
    TilePartition(count: count, largest: tileColumns, accumulates: derivative, together: derivative ? samplesTogether : nil)
  }
}

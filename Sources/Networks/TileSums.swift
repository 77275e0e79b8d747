import Integrators
import LinearAlgebra
import Settings

/// The sums over the tiles of a pass. Losses are added in the order of the tiles, whichever worker computed them, so that the bits of a sum do not depend on threads.
///
/// Counts, maxima and the first failure do not depend on the order: each worker keeps its own. Only two sums are stored per tile, in scratch memory for `keptTiles` tiles. A batch of more tiles,
/// at least 262 144 samples, allocates more memory when it is run. So the memory that a sweep allocates at first does not grow with the largest batch that it was made for.
package final class TileSums: @unchecked Sendable {
  /// The number of tiles whose sums fit the scratch memory of every sweep.
  package static let keptTiles = 4096

  /// What one worker has counted. Its tiles come in ascending order, so that its first failure is that of its lowest tile.
  private struct Tally {
    var counts = BatchResult()
    var failure: (tile: Int, failure: SampleFailure)?
  }

  /// Two numbers per tile: the sum of its weighted losses, and the sum of its trajectories' costs.
  private let kept: Vector
  private let keptCount: Int
  private var more: Buffer?
  private var sums: Vector
  private let tallies: UnsafeMutablePointer<Tally>
  private let workers: Int

  package static func add(tiles: Int, to size: inout Arena.Size) { size.add(count: 2 * min(tiles, keptTiles), precision: .float64) }

  /// - Parameters:
  ///   - tiles: the number of tiles in the largest batch.
  ///   - workers: the number of workers, at most 16.
  package init(_ arena: Arena, tiles: Int, workers: Int) {
    keptCount = min(tiles, Self.keptTiles)
    kept = arena.vector(count: 2 * keptCount, precision: .float64)
    sums = kept
    self.workers = workers
    tallies = .allocate(capacity: workers)
    tallies.initialize(repeating: Tally(), count: workers)
  }

  deinit {
    tallies.deinitialize(count: workers)
    tallies.deallocate()
  }

  /// Bytes of memory held besides the arena's.
  package var byteCount: Int { more?.byteCount ?? 0 }

  /// Begins a pass over a batch of the given number of tiles.
  /// - Throws: `.memory` if there is no room for the sums of so many tiles.
  package func begin(tiles: Int) throws(Failure) {
    for worker in 0..<workers { tallies[worker] = Tally() }
    guard tiles > keptCount else { return sums = kept }
    let room = if let more, more.byteCount >= 16 * tiles { more } else { try Buffer(count: 2 * tiles, precision: .float64) }
    more = room
    sums = room.vector(count: 2 * tiles, precision: .float64)
  }

  /// Records the result of a tile; each tile of the pass is recorded once.
  package func note(_ result: BatchResult, tile: Int, worker: Int) {
    sums.store(result.lossSum, at: 2 * tile)
    sums.store(result.costSum, at: 2 * tile + 1)
    tallies[worker].counts.count += result.count
    tallies[worker].counts.correct += result.correct
    tallies[worker].counts.labeled += result.labeled
    tallies[worker].counts.report.add(result.report)
    // Tiles that meet do not end in order.
    if let failure = result.failure, tile < tallies[worker].failure?.tile ?? Int.max { tallies[worker].failure = (tile, failure) }
  }

  /// Records that a number of the gradient is not finite.
  package func noteInfiniteGradient(worker: Int) { tallies[worker].counts.isGradientFinite = false }

  /// The failure of the first tile that failed.
  package var failure: SampleFailure? {
    var first: (tile: Int, failure: SampleFailure)?
    for worker in 0..<workers {
      if let failure = tallies[worker].failure, failure.tile < first?.tile ?? Int.max { first = failure }
    }
    return first?.failure
  }

  /// The sums over the first `tiles` tiles, all of which have been recorded.
  package func total(tiles: Int) -> BatchResult {
    var total = BatchResult()
    for tile in 0..<tiles {
      total.lossSum += sums.load(2 * tile)
      total.costSum += sums.load(2 * tile + 1)
    }
    for worker in 0..<workers {
      total.correct += tallies[worker].counts.correct
      total.labeled += tallies[worker].counts.labeled
      total.count += tallies[worker].counts.count
      total.report.add(tallies[worker].counts.report)
      total.isGradientFinite = total.isGradientFinite && tallies[worker].counts.isGradientFinite
    }
    return total
  }
}

import Gradients
import LinearAlgebra
import Settings
import VectorFields

/// The outside input of one block, made from a tile's sequences: at each node of each layer the rows of a driven field, which read the observations or a path through them. If samples have times of their own, there is one such
/// point for each interval, and the rate of each sample's time comes before the rows.
package struct BlockDrive: Sendable {
  /// How the rows of a driven field are read; nil for a field that reads no observations.
  package let sampling: PathSampling?
  /// How samples advance; nil if all advance by the block's steps.
  let times: IntervalRates?
  /// Whether the time at which a trajectory begins follows each rate, for known terms of the equation.
  var hasBeginnings = false

  package var rows: Int { sampling?.rows ?? (times?.count ?? 0) * rowsPerPoint }
  /// Whether the rows are the features themselves, unchanged.
  var isIdentity: Bool { times == nil && sampling?.isIdentity == true }

  /// The rows from one point to the next. Where samples have times of their own, the first row of each point is left to the rates.
  private var rowsPerPoint: Int { sampling?.rowsPerPoint ?? (hasBeginnings ? 2 : 1) }

  /// Writes the times at which trajectories begin, or their tangents, before intervals take the places of the times.
  func begin(_ sequences: Block, _ format: SequenceFormat, into drive: Block) {
    guard hasBeginnings, let times else { return }
    let first = sequences.rows(format.time(of: 0)..<format.time(of: 0) + 1)
    for interval in 0..<times.count { copy(first, into: drive.rows(interval * rowsPerPoint + 1..<interval * rowsPerPoint + 2)) }
  }

  /// The transpose of `begin`, after the places of the intervals have become those of the times.
  func beginPullback(_ drive: Block, _ format: SequenceFormat, addingTo times: Block) {
    guard hasBeginnings, let count = self.times?.count else { return }
    let first = times.rows(format.time(of: 0)..<format.time(of: 0) + 1)
    for interval in 0..<count { combine(1, first, 1, drive.rows(interval * rowsPerPoint + 1..<interval * rowsPerPoint + 2), into: first) }
  }

  func evaluate(_ sequences: Block, _ format: SequenceFormat, into drive: Block) {
    if let sampling { samplePaths(sampling, of: sequences, into: drive) }
    times?.evaluate(sequences, format, into: drive, rowsPerPoint: rowsPerPoint)
  }

  func pushforward(_ sequences: Block, _ format: SequenceFormat, tangent: Block, into drive: Block) {
    if let sampling { samplePathTangents(sampling, of: sequences, tangent: tangent, into: drive) }
    times?.evaluate(tangent, format, into: drive, rowsPerPoint: rowsPerPoint)
  }

  func pullback(_ sequences: Block, _ format: SequenceFormat, cotangent drive: Block, addingTo sums: Block) {
    if let sampling { accumulatePathCotangents(sampling, of: sequences, cotangent: drive, addingTo: sums) }
    times?.accumulate(drive, format, addingTo: sums, rowsPerPoint: rowsPerPoint)
  }
}

/// The rates at which the times of samples pass in the layers of a block: of the k layers from a sample's observation i to the next one, its interval tᵢ₊₁ − tᵢ over the sum of their steps.
///
/// The places of the times in a tile hold the intervals (`gatherIntervals`), so that all maps are linear. The layers of an interval share its rate.
struct IntervalRates: Sendable {
  private let grid: TimeGrid
  private let layersPerInterval: Int
  /// One row each.
  let count: Int

  /// - Throws: `.incompatible` unless there are as many layers for each interval.
  init(_ block: ODEBlock, _ format: SequenceFormat) throws(Failure) {
    count = format.steps - 1
    guard count > 0, block.layers.isMultiple(of: count) else {
      throw Failure(
        .incompatible,
        "layers is \(block.layers), but a sample has \(format.steps) times, \(count) interval\(count == 1 ? "" : "s"); with sequence_time intervals a block has k layers for each interval, k·\(count) in all")
    }
    grid = block.grid
    layersPerInterval = block.layers / count
  }

  /// One over the time of an interval's layers.
  private func factor(_ interval: Int) -> Double {
    if grid.isUniform { return 1 / (Double(layersPerInterval) * grid.stepSize(0)) }
    return 1 / (interval * layersPerInterval..<(interval + 1) * layersPerInterval).reduce(0) { $0 + grid.stepSize($1) }
  }

  /// Writes the first row of each point.
  func evaluate(_ intervals: Block, _ format: SequenceFormat, into drive: Block, rowsPerPoint: Int) {
    for interval in 0..<count {
      let (time, row) = (format.time(of: interval + 1), interval * rowsPerPoint)
      combine(factor(interval), intervals.rows(time..<time + 1), 0, intervals.rows(time..<time + 1), into: drive.rows(row..<row + 1))
    }
  }

  /// The transpose of `evaluate`.
  func accumulate(_ drive: Block, _ format: SequenceFormat, addingTo intervals: Block, rowsPerPoint: Int) {
    for interval in 0..<count {
      let (time, row) = (format.time(of: interval + 1), interval * rowsPerPoint)
      combine(factor(interval), drive.rows(row..<row + 1), 1, intervals.rows(time..<time + 1), into: intervals.rows(time..<time + 1))
    }
  }
}

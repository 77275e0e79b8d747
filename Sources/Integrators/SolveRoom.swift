import LinearAlgebra
import VectorFields

/// The memory of an adaptive solve: the clocks and lists, the norms, the present and the next state, seven slopes, one stage, the outside input, and the scratch of the field.
///
/// All blocks have as many columns as are in use, which become fewer as samples arrive. The rows of a block follow one another without gaps.
struct SolveRoom {
  let clocks: UnsafeMutablePointer<SampleClock>
  let offsets: UnsafeMutablePointer<Int64>
  /// Columns in use.
  var columns: Int
  private let scratch: Block
  /// Rows of a state.
  private let width: Int
  private let fieldRows: Int
  private let driveRows: Int
  /// First rows of the present state and the next one, each followed by a row for the step sizes.
  private var stateStart: Int
  private var nextStart: Int
  /// First rows of k₁ … k₇.
  private var slopeStarts = InlineArray<7, Int>(repeating: 0)

  /// Rows of scratch.
  static func rows(_ field: any VectorField) -> Int { listRows + 3 + 2 * (field.stateWidth + 1) + 8 * field.stateWidth + field.driveWidth + field.scratchWidth }

  /// Rows of the clocks and offsets at the precision that needs more.
  private static let clockRows = Block.rows(forRecordsOf: MemoryLayout<SampleClock>.stride, precision: .float32)
  private static let listRows = clockRows + Block.rows(forRecordsOf: MemoryLayout<Int64>.stride, precision: .float32)

  init(_ field: any VectorField, _ scratch: Block, columns: Int) {
    self.scratch = scratch
    self.columns = columns
    width = field.stateWidth
    (fieldRows, driveRows) = (field.scratchWidth, field.driveWidth)
    clocks = scratch.rows(0..<Self.clockRows).records(of: SampleClock.self)
    offsets = scratch.rows(Self.clockRows..<Self.listRows).records(of: Int64.self)
    stateStart = Self.listRows + 3
    nextStart = stateStart + width + 1
    for index in 0..<7 { slopeStarts[index] = nextStart + width + 1 + index * width }
  }

  private func rows(_ start: Int, _ count: Int) -> Block {
    Block(scratch.base + start * scratch.stride * scratch.precision.byteCount, rows: count, columns: columns, precision: scratch.precision)
  }

  var norms: Block { rows(Self.listRows, 1) }
  var otherNorms: Block { rows(Self.listRows + 1, 1) }
  var mask: Block { rows(Self.listRows + 2, 1) }
  /// y, and y₊ of the step being tried.
  var state: Block { rows(stateStart, width) }
  var next: Block { rows(nextStart, width) }
  /// y and behind it the step sizes h.
  var stateAndSizes: Block { rows(stateStart, width + 1) }
  var stepSizes: Block { stateAndSizes.rows(width..<width + 1) }
  /// k_i, from 0.
  func slope(_ index: Int) -> Block { rows(slopeStarts[index], width) }
  /// Room for one state.
  var stage: Block { rows(Self.listRows + 3 + 2 * (width + 1) + 7 * width, width) }
  /// The outside input of the samples in their columns.
  var drive: Block { rows(Self.listRows + 3 + 2 * (width + 1) + 8 * width, driveRows) }
  var field: Block { rows(Self.listRows + 3 + 2 * (width + 1) + 8 * width + driveRows, fieldRows) }

  /// The next state becomes the present one, and the last slope the first.
  mutating func exchange() {
    swap(&stateStart, &nextStart)
    slopeStarts.swapAt(0, 6)
  }
}

import Gradients
import LinearAlgebra

/// The rows of scratch memory for the sequences of a tile: the features themselves, their first observations, and the drives of the blocks.
struct SequenceRows {
  fileprivate let inputs: Int
  fileprivate let first: Int
  fileprivate let drives: [Drive]
  fileprivate let precision: Precision

  /// One block's drive.
  fileprivate enum Drive {
    case none
    /// The drive is the features themselves.
    case inputs
    case rows(Int)

    var count: Int { if case .rows(let count) = self { count } else { 0 } }
  }

  /// - Parameter isNeeded: false if the rows will not be used.
  init(_ plan: NetworkPlan, isNeeded: Bool = true) {
    precision = plan.precision
    guard isNeeded, let sequence = plan.sequence else {
      (inputs, first, drives) = (0, 0, plan.blocks.map { _ in .none })
      return
    }
    inputs = plan.inputs
    first = !plan.hasOpening ? 0 : sequence.format.channels
    drives = plan.drives.map { drive in drive.map { $0.isIdentity ? .inputs : .rows($0.rows) } ?? .none }
  }

  func add(to size: inout Arena.Size, columns: Int) {
    for rows in [inputs, first] + drives.map(\.count) { size.add(rows: rows, columns: columns, precision: precision) }
  }
}

/// A tile's sequences and the drives computed from them; or the tangents or cotangents of all of these.
final class SequenceScratch {
  private let inputsWhole: Block
  private let firstWhole: Block
  private let drivesWhole: [Block?]
  /// The columns of the present tile: at most those of the memory.
  @exclusivity(unchecked) var columns: Int

  init(_ arena: Arena, _ rows: SequenceRows, columns: Int) {
    func block(_ count: Int) -> Block { arena.block(rows: count, columns: columns, precision: rows.precision) }
    let inputs = block(rows.inputs)
    inputsWhole = inputs
    firstWhole = block(rows.first)
    drivesWhole = rows.drives.map { drive in
      switch drive {
      case .none: nil
      case .inputs: inputs
      case .rows(let count): block(count)
      }
    }
    self.columns = columns
  }

  /// The samples, features × samples.
  var inputs: Block { inputsWhole.packed(columns: columns) }
  /// The first observations, channels × samples.
  var first: Block { firstWhole.packed(columns: columns) }
  /// The drive of block `index`; nil for a block without one.
  func drive(_ index: Int) -> Block? { drivesWhole[index].map { $0.packed(columns: columns) } }

  /// Sets everything to zero.
  func clear() {
    fill(inputs, 0)
    for index in drivesWhole.indices { if let drive = drive(index), drive.base != inputsWhole.base { fill(drive, 0) } }
  }
}

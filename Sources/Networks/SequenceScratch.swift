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
    first = plan.opening == nil ? 0 : sequence.format.channels
    drives = plan.drives.map { sampling in sampling.map { $0.isIdentity ? .inputs : .rows($0.rows) } ?? .none }
  }

  func add(to size: inout Arena.Size, columns: Int) {
    for rows in [inputs, first] + drives.map(\.count) { size.add(rows: rows, columns: columns, precision: precision) }
  }
}

/// A tile's sequences and the drives computed from them; or the tangents or cotangents of all of these. `view` gives the same memory for a narrower tile.
struct SequenceScratch {
  private let inputsWhole: Block
  private let firstWhole: Block
  private let drivesWhole: [Block?]
  private var columns: Int

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

  func view(columns: Int) -> SequenceScratch {
    var view = self
    view.columns = columns
    return view
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

extension NetworkPlan {
  /// Computes the drives of all blocks and the first state's visible rows from the gathered sequences.
  func openSequences(_ weights: Weights, _ sequences: SequenceScratch, into visible: Block) {
    for (index, sampling) in drives.enumerated() {
      if let sampling, !sampling.isIdentity, let drive = sequences.drive(index) { samplePaths(sampling, of: sequences.inputs, into: drive) }
    }
    guard let opening, let sequence else { return fill(visible, 0) }
    samplePaths(sequence.beginning, of: sequences.inputs, into: sequences.first)
    affine(
      matrix(opening, weights), bias: opening.bias(weights.parameters), activation: .identity, of: sequences.first, scale: 1, addingTo: nil, into: visible,
      slope: nil)
  }

  /// Computes the tangents of the results of `openSequences` from the tangents of the observations in `tangents.inputs`.
  func openSequencesTangent(_ weights: Weights, _ direction: Weights?, _ sequences: SequenceScratch, _ tangents: SequenceScratch, into visible: Block) {
    for (index, sampling) in drives.enumerated() {
      if let sampling, !sampling.isIdentity, let drive = tangents.drive(index) {
        samplePathTangents(sampling, of: sequences.inputs, tangent: tangents.inputs, into: drive)
      }
    }
    guard let opening, let sequence else { return fill(visible, 0) }
    samplePathTangents(sequence.beginning, of: sequences.inputs, tangent: tangents.inputs, into: tangents.first)
    affineTangent(opening, weights, direction, at: sequences.first, tangent: tangents.first, into: visible)
  }

  /// The transpose: computes the observations' cotangents, in `cotangents.inputs`, from those of the drives and of the first state.
  func openSequencesPullback(
    _ weights: Weights, _ sequences: SequenceScratch, _ cotangents: SequenceScratch, _ visible: Block, gradient: Vector?, isFeatureWanted: Bool
  ) {
    if let opening, let gradient {
      accumulateOuter(visible, sequences.first, addingTo: opening.matrix(gradient))
      accumulateRowSums(visible, addingTo: opening.bias(gradient))
    }
    guard isFeatureWanted else { return }
    for (index, sampling) in drives.enumerated() {
      if let sampling, !sampling.isIdentity, let drive = cotangents.drive(index) {
        accumulatePathCotangents(sampling, of: sequences.inputs, cotangent: drive, addingTo: cotangents.inputs)
      }
    }
    guard let opening, let sequence else { return }
    affine(
      opening.matrix(weights.parameters).transposed, bias: nil, activation: .identity, of: visible, scale: 1, addingTo: nil, into: cotangents.first, slope: nil)
    accumulatePathCotangents(sequence.beginning, of: sequences.inputs, cotangent: cotangents.first, addingTo: cotangents.inputs)
  }
}

import LinearAlgebra

extension NetworkPlan {
  /// Takes samples into a network: gathers their rows, normalized, in the network's precision, changes images as the step's augmentation says, and computes the drives of the blocks if the inputs are sequences.
  ///
  /// - Parameters:
  ///   - input: the input of the first stage. An opening reads the features, or the first observations of the sequences. Without an opening, features become the first rows of the state and zeros the
  ///     others; a state that sequences drive begins at zero, that of a trajectory at its first state.
  ///   - sequences: memory for the sequences and the drives.
  ///   - room: memory for one image, which changes of images need.
  func take(_ source: BatchSource, _ samples: Range<Int>, into input: Block, sequences: SequenceScratch, room: Vector? = nil) {
    let (start, count, scaling) = (samples.lowerBound, samples.count, source.normalization?.scaling)
    guard let sequence else {
      gather(source.features, rows: source.rows, start: start, count: count, scaling: scaling, into: input.rows(0..<inputs))
      source.normalization?.squash(input, count: count)
      if let augmentation = source.augmentation, let room { augmentation.apply(inputShape, samples, to: input.rows(0..<inputs), room: room) }
      if input.rows > inputs { fill(input.rows(inputs..<input.rows), 0) }
      return
    }
    gather(source.features, rows: source.rows, start: start, count: count, scaling: scaling, into: sequences.inputs)
    if knownTerms != nil { repeatLastSample(sequences.inputs, count: count) }
    forEachMadeDrive(of: sequences) { drive, rows in drive.begin(sequences.inputs, sequence.format, into: rows) }
    switch sequence.time {
    case .scaled: gatherElapsedTimes(source.features, sequence.format, rows: source.rows, start: start, count: count, into: sequences.inputs)
    case .absolute: break
    case .intervals: gatherIntervals(source.features, sequence.format, rows: source.rows, start: start, count: count, into: sequences.inputs)
    }
    forEachMadeDrive(of: sequences) { drive, rows in drive.evaluate(sequences.inputs, sequence.format, into: rows) }
    if sequence.isTrajectory { return beginTrajectory(sequences.inputs, into: input) }
    if hasOpening { samplePaths(sequence.beginning, of: sequences.inputs, into: input) } else { fill(input, 0) }
  }

  /// The tangents of what `take` gives.
  ///
  /// - Parameters:
  ///   - features: the tangent of the caller's features; nil for zero.
  ///   - sequences: what `take` has computed.
  func takeTangent(_ source: BatchSource, _ features: TensorView?, _ samples: Range<Int>, into input: Block, sequences: SequenceScratch, tangents: SequenceScratch) {
    guard let sequence else {
      fill(input, 0)
      return gatherTangent(source, features, samples, into: input.rows(0..<inputs))
    }
    gatherTangent(source, features, samples, into: tangents.inputs)
    forEachMadeDrive(of: tangents) { drive, rows in drive.begin(tangents.inputs, sequence.format, into: rows) }
    if sequence.time == .intervals { differenceTimes(tangents.inputs, sequence.format, of: sequences.inputs) }
    forEachMadeDrive(of: tangents) { drive, rows in drive.pushforward(sequences.inputs, sequence.format, tangent: tangents.inputs, into: rows) }
    if sequence.isTrajectory { return beginTrajectory(tangents.inputs, into: input) }
    guard hasOpening else { return fill(input, 0) }
    samplePathTangents(sequence.beginning, of: sequences.inputs, tangent: tangents.inputs, into: input)
  }

  /// The transpose of `takeTangent`: gives the cotangents of the normalized features.
  ///
  /// - Parameters:
  ///   - input: the cotangent of the first stage's input.
  ///   - sequences: what `take` has computed.
  ///   - cotangents: the cotangents of the drives; those of the sequences accumulate there.
  func takePullback(_ input: Block, sequences: SequenceScratch, cotangents: SequenceScratch) -> Block {
    guard let sequence else { return input.rows(0..<inputs) }
    forEachMadeDrive(of: cotangents) { drive, rows in drive.pullback(sequences.inputs, sequence.format, cotangent: rows, addingTo: cotangents.inputs) }
    if sequence.time == .intervals { differenceTimesTransposed(cotangents.inputs, sequence.format, of: sequences.inputs) }
    forEachMadeDrive(of: cotangents) { drive, rows in drive.beginPullback(rows, sequence.format, addingTo: cotangents.inputs) }
    if sequence.isTrajectory {
      copy(input.rows(0..<sequence.format.channels), into: cotangents.inputs.rows(0..<sequence.format.channels))
    } else if hasOpening {
      accumulatePathCotangents(sequence.beginning, of: sequences.inputs, cotangent: input, addingTo: cotangents.inputs)
    }
    return cotangents.inputs
  }

  /// Gives a block the first states of trajectories, or their tangents, and zeros in the features beyond them.
  private func beginTrajectory(_ trajectories: Block, into state: Block) {
    let channels = sequence?.format.channels ?? 0
    copy(trajectories.rows(0..<channels), into: state.rows(0..<channels))
    if state.rows > channels { fill(state.rows(channels..<state.rows), 0) }
  }

  /// Gives the columns behind the last sample its first state and time, so that a caller's function is called with nothing but samples' numbers. No time passes in them.
  private func repeatLastSample(_ tile: Block, count: Int) {
    for row in 0..<(count < tile.columns ? 1 + (sequence?.format.channels ?? -1) : 0) {
      let numbers = Vector(tile.rows(row..<row + 1).base, count: tile.columns, precision: tile.precision)
      fill(numbers[count..<tile.columns], numbers.load(count - 1))
    }
  }

  /// Whether the first stage is a connector.
  var hasOpening: Bool { if case .map = stages[0] { true } else { false } }

  /// Visits the drives that are computed from the sequences. A drive that is the sequences themselves needs no work.
  private func forEachMadeDrive(of scratch: SequenceScratch, _ body: (BlockDrive, Block) -> Void) {
    for (index, drive) in drives.enumerated() {
      if let drive, !drive.isIdentity, let rows = scratch.drive(index) { body(drive, rows) }
    }
  }

  private func gatherTangent(_ source: BatchSource, _ features: TensorView?, _ samples: Range<Int>, into tile: Block) {
    guard let features else { return fill(tile, 0) }
    gather(features, rows: nil, start: samples.lowerBound, count: samples.count, scaling: source.normalization?.scaling.ofChanges, into: tile)
    source.multiplyBySlopes(tile, samples)
  }
}

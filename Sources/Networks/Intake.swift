import LinearAlgebra

extension NetworkPlan {
  /// Takes samples into a network: gathers their rows, normalized, in the network's precision, changes images as the step's augmentation says, and computes the drives of the blocks if the inputs are sequences.
  ///
  /// - Parameters:
  ///   - input: the input of the first stage. An opening reads the features, or the first observations of the sequences. Without an opening, features become the first rows of the state and zeros the
  ///     others; a state that sequences drive begins at zero.
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
    if sequence.isScaled { gatherElapsedTimes(source.features, sequence.format, rows: source.rows, start: start, count: count, into: sequences.inputs) }
    forEachSampledDrive(of: sequences) { sampling, drive in samplePaths(sampling, of: sequences.inputs, into: drive) }
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
    forEachSampledDrive(of: tangents) { sampling, drive in samplePathTangents(sampling, of: sequences.inputs, tangent: tangents.inputs, into: drive) }
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
    forEachSampledDrive(of: cotangents) { sampling, drive in
      accumulatePathCotangents(sampling, of: sequences.inputs, cotangent: drive, addingTo: cotangents.inputs)
    }
    if hasOpening { accumulatePathCotangents(sequence.beginning, of: sequences.inputs, cotangent: input, addingTo: cotangents.inputs) }
    return cotangents.inputs
  }

  /// Whether the first stage is a connector.
  var hasOpening: Bool { if case .map = stages[0] { true } else { false } }

  /// Visits the drives that are computed from the sequences. A drive that is the sequences themselves needs no work.
  private func forEachSampledDrive(of scratch: SequenceScratch, _ body: (PathSampling, Block) -> Void) {
    for (index, sampling) in drives.enumerated() {
      if let sampling, !sampling.isIdentity, let drive = scratch.drive(index) { body(sampling, drive) }
    }
  }

  private func gatherTangent(_ source: BatchSource, _ features: TensorView?, _ samples: Range<Int>, into tile: Block) {
    guard let features else { return fill(tile, 0) }
    gather(features, rows: nil, start: samples.lowerBound, count: samples.count, scaling: source.normalization?.scaling.ofChanges, into: tile)
    source.multiplyBySlopes(tile, samples)
  }
}

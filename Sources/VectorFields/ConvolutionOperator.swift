import LinearAlgebra
import Settings

/// A convolution between images with several channels. Its tensor is [outputs, inputs / groups, kernel height · kernel width], of channels.
///
/// Products read packed weights, one form for each direction, which are prepared once per batch. A bias has one number a channel. Cost of a product: 2·weights·pixels operations per sample.
package final class ConvolutionOperator: LinearOperator {
  package let geometry: ConvolutionGeometry
  package let algorithm: ConvolutionAlgorithm
  private let precision: Precision
  private let forwardCount: Int
  private let transposedCount: Int
  package let scratchWidth: Int

  /// - Parameters: inputs, outputs: channels.
  /// - Throws: the size that does not fit, or `.incompatible` for an algorithm that does not compute such convolutions.
  package init(_ form: ConvolutionForm, inputs: Int, outputs: Int, precision: Precision) throws(Failure) {
    geometry = try form.geometry(inputs: inputs, outputs: outputs)
    algorithm = form.algorithm ?? (geometry.supports(.winograd, precision) ? .winograd : .direct)
    self.precision = precision
    guard geometry.supports(algorithm, precision) else {
      throw Failure(.incompatible, "the algorithm \(algorithm.name) computes 3×3 convolutions of stride 1 and dilation 1 in float32 only; the option convolution direct computes all")
    }
    forwardCount = geometry.packedCount(.forward, algorithm)
    transposedCount = geometry.packedCount(.transposed, algorithm)
    scratchWidth = Self.scratchRows(geometry, algorithm, precision)
  }

  /// Rows of scratch for one sample, or for tiles, whose samples are taken 16 at a time; and 16 rows, because the memory begins on the next 64-byte line.
  private static func scratchRows(_ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, _ precision: Precision) -> Int {
    func count(_ columns: Int) -> Int {
      max(
        geometry.scratchCount(.forward, algorithm, columns: columns, precision: precision), geometry.scratchCount(.transposed, algorithm, columns: columns, precision: precision),
        geometry.gradientScratchCount(algorithm, columns: columns, precision: precision))
    }
    return max(count(1), count(Block.quantum) / Block.quantum + 1) + 16
  }

  /// The shape of the images that K makes.
  package var outputShape: Shape { Shape(channels: geometry.outputChannels, height: geometry.vertical.output, width: geometry.horizontal.output) }

  package var inputs: Int { geometry.inputRows }
  package var outputs: Int { geometry.outputRows }
  package var shape: [Int] { [geometry.outputChannels, geometry.inputChannels / geometry.groups, geometry.taps] }
  package var fanIn: Int { geometry.inputChannels / geometry.groups * geometry.taps }
  package var fanOut: Int { geometry.outputChannels / geometry.groups * geometry.taps }
  package func biasCount(_ kind: BiasKind, transposed: Bool) -> Int { kind.count(transposed ? geometry.inputChannels : geometry.outputChannels) }
  package var needsPreparation: Bool { true }

  private func memory(_ scratch: Block) -> UnsafeMutableRawPointer { scratch.base.alignedUp(toMultipleOf: 64) }
  private func tensor(_ base: UnsafeMutableRawPointer) -> Vector { Vector(base, count: geometry.weightCount, precision: precision) }

  /// The packed weights of one direction.
  private func packed(_ prepared: UnsafeMutableRawPointer, _ direction: ConvolutionDirection) -> Vector {
    direction == .forward
      ? Vector(prepared, count: forwardCount, precision: precision)
      : Vector(prepared + forwardCount * precision.byteCount, count: transposedCount, precision: precision)
  }

  package func affine(
    _ weights: OperatorWeights, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?,
    scratch: Block
  ) {
    precondition(weights.form == .prepared, "a convolution whose weights are not packed")
    // Tiles that meet go on to their end after a cancellation, so what takes time is left out.
    if let seat = TileMeeting.Seat.current, seat.isOver { return }
    let direction: ConvolutionDirection = weights.isTransposed ? .transposed : .forward
    convolve(
      packed(weights.base, direction), geometry, direction, algorithm, of: x,
      ConvolutionEpilogue(bias: bias, activation: activation, scale: scale, addingTo: base, into: out, slope: slope), scratch: memory(scratch))
  }

  package func accumulateGradient(_ left: Block, _ right: Block, addingTo gradient: OperatorWeights, scratch: Block) {
    if let seat = TileMeeting.Seat.current, seat.isOver { return }
    // ⟨left, Kᵀ·right⟩ = ⟨right, K·left⟩.
    let (left, right) = gradient.isTransposed ? (right, left) : (left, right)
    accumulateConvolutionGradient(geometry, algorithm, left, right, addingTo: tensor(gradient.base), scratch: memory(scratch))
  }

  package func accumulateBiasGradient(_ left: Block, addingTo gradient: Bias, transposed: Bool) {
    accumulateChannelSums(left, channels: transposed ? geometry.inputChannels : geometry.outputChannels, addingTo: gradient)
  }

  package func affineForm(_ weights: OperatorWeights, bias: Bias?, activation: Activation, sign: Double) -> AffineForm? { nil }

  /// The largest norm in the Fourier basis of a torus (`ConvolutionSpectrum`), or that of the kernel's matrices if windows are disjoint; or ½(‖K‖₁ + ‖K‖_∞), which is also a bound for ½(K − Kᵀ), if that is enough.
  package func boundNorm(_ tensor: UnsafeMutableRawPointer, isAntisymmetric: Bool, enough target: Double, by bound: NormBound) -> Double {
    let weights = self.tensor(tensor)
    let sums = boundConvolutionNorm(weights, geometry)
    guard sums > target, sums.isFinite else { return sums }
    guard geometry.hasDisjointWindows else { return bound.bound(weights, ConvolutionSpectrum(geometry), isAntisymmetric: isAntisymmetric, below: sums) }
    let (rows, columns) = windowExtents
    return (0..<geometry.groups).reduce(0) { largest, group in
      let first = rows * columns * group
      return max(largest, bound.bound(Matrix(weights[first..<first + rows * columns].base, rows: rows, columns: columns, precision: precision)))
    }
  }

  /// The extents of a group's kernel as a matrix.
  private var windowExtents: (rows: Int, columns: Int) { (geometry.outputChannels / geometry.groups, geometry.inputChannels / geometry.groups * geometry.taps) }

  package var normLooseness: Double {
    guard geometry.hasDisjointWindows else { return ConvolutionSpectrum(geometry).looseness }
    return NormBound.looseness(rows: windowExtents.rows, columns: windowExtents.columns, precision: precision)
  }
  package var normGrowth: Double { geometry.hasDisjointWindows ? 1 : ConvolutionSpectrum(geometry).growth }
  package var normExtents: (rows: Int, columns: Int) {
    guard geometry.hasDisjointWindows else { return ConvolutionSpectrum(geometry).extents }
    let (rows, columns) = windowExtents
    return (min(rows, columns), max(rows, columns))
  }
  package var normNumbers: Int { geometry.hasDisjointWindows ? 0 : ConvolutionSpectrum(geometry).numbers }

  package func rowSums() throws(Failure) -> RowSums { try RowSums(geometry) }
  package func unitScaling(_ norm: UnitNorm) throws(Failure) -> any UnitScaling {
    guard norm == .rowSums else {
      throw Failure(.incompatible, "norm \(norm.name) scales a matrix by its singular values or columns; of a convolution the row sums are known (norm row_sums)")
    }
    return try ConvolutionScaling(geometry)
  }

  /// The packed weights of both directions, and the kernel that was made of the tensor and that they are packed from.
  package var preparedCount: Int { copiedCount + geometry.weightCount }
  /// The packed weights of both directions; they are packed from the tensor.
  package var copiedCount: Int { forwardCount + transposedCount }

  package func checkSquare() throws(Failure) { try geometry.checkSquare() }

  private func pack(_ weights: Vector, into prepared: UnsafeMutableRawPointer) {
    for direction in [ConvolutionDirection.forward, .transposed] { packConvolution(weights, geometry, direction, algorithm, into: packed(prepared, direction)) }
  }

  private func made(_ prepared: UnsafeMutableRawPointer) -> Vector {
    Vector(prepared + copiedCount * precision.byteCount, count: geometry.weightCount, precision: precision)
  }

  package func prepareCopy(of tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer) { pack(self.tensor(tensor), into: prepared) }

  package func prepareAntisymmetric(_ tensor: UnsafeMutableRawPointer, damping: Double, into prepared: UnsafeMutableRawPointer) {
    antisymmetrize(self.tensor(tensor), geometry, damping: damping, into: made(prepared))
    pack(made(prepared), into: prepared)
  }

  package func prepareSymmetric(_ tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer) {
    symmetrize(self.tensor(tensor), geometry, into: made(prepared))
    pack(made(prepared), into: prepared)
  }

  package func antisymmetrizeGradient(_ tensor: UnsafeMutableRawPointer) { antisymmetrize(self.tensor(tensor), geometry, damping: 0, into: self.tensor(tensor)) }
  package func symmetrizeGradient(_ tensor: UnsafeMutableRawPointer) { symmetrize(self.tensor(tensor), geometry, into: self.tensor(tensor)) }
}

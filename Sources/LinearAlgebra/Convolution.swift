import CKernels

/// How a convolution is computed.
package enum ConvolutionAlgorithm: Int32, CaseIterable, Sendable {
  /// Every tap of every pixel: for all geometries, with the simplest rounding bound.
  case direct = 0
  /// Winograd's F(2×2, 3×3): 16 products for each square of 2 × 2 outputs instead of 36. For 3 × 3 kernels without strides and dilations in float32; one sample's gradient is computed directly.
  case winograd = 1

  package var name: String { self == .direct ? "direct" : "winograd" }
}

/// What a convolution does with its sums: out = base + scale·σ(sum + bias) and slope = σ'(sum + bias), as `affine` does.
package struct ConvolutionEpilogue {
  /// One number a channel (`stride` 1), one number for all channels (`stride` 0), or none.
  package let bias: Bias?
  package let activation: Activation
  package let scale: Double
  /// nil stands for zeros; it may be the memory of `out`.
  package let base: Block?
  package let out: Block
  /// Receives σ'; nil if it is not needed.
  package let slope: Block?

  package init(bias: Bias? = nil, activation: Activation = .identity, scale: Double = 1, addingTo base: Block? = nil, into out: Block, slope: Block? = nil) {
    self.bias = bias
    self.activation = activation
    self.scale = scale
    self.base = base
    self.out = out
    self.slope = slope
  }
}

extension ConvolutionExtent {
  fileprivate var suitsWinograd: Bool { kernel == 3 && stride == 1 && dilation == 1 }
}

extension ConvolutionGeometry {
  /// Whether an algorithm computes this convolution.
  package func supports(_ algorithm: ConvolutionAlgorithm, _ precision: Precision) -> Bool {
    algorithm == .direct || precision == .float32 && vertical.suitsWinograd && horizontal.suitsWinograd
  }

  /// Numbers of the packed weights of one direction, as `packConvolution` makes them.
  package func packedCount(_ direction: ConvolutionDirection, _ algorithm: ConvolutionAlgorithm) -> Int {
    if algorithm == .direct { return weightCount }
    let plan = ConvolutionPlan(self, direction)
    return 16 * groups * sode_winograd_outputs(plan.outputs) * plan.inputs
  }

  /// Numbers of scratch memory, on a 64-byte line, that one call needs on blocks of `columns` columns.
  package func scratchCount(_ direction: ConvolutionDirection, _ algorithm: ConvolutionAlgorithm, columns: Int, precision: Precision) -> Int {
    let plan = ConvolutionPlan(self, direction)
    let bytes =
      algorithm == .direct
      ? ConvolutionScratch(plan, columns: columns, precision: precision).byteCount : WinogradScratch(plan, columns: columns, precision: precision).byteCount
    return bytes / precision.byteCount
  }

  /// As `scratchCount`, for `accumulateConvolutionGradient`.
  package func gradientScratchCount(_ algorithm: ConvolutionAlgorithm, columns: Int, precision: Precision) -> Int {
    let plan = ConvolutionPlan(self, .forward)
    let bytes =
      algorithm == .direct || columns == 1
      ? ConvolutionScratch(plan, columns: columns, precision: precision).gradientByteCount : WinogradScratch(plan, columns: columns, precision: precision).gradientByteCount
    return bytes / precision.byteCount
  }
}

/// The weights in the order in which one direction reads them.
///
/// - Parameters:
///   - weights: [outputs, inputs / groups, kernel height · kernel width], row-major.
///   - algorithm: one that the geometry supports.
///   - packed: `packedCount` numbers.
/// Many weights are packed in pieces of groups and outputs. Between them this thread's watch is asked; if the work must end, the remaining weights are left out.
package func packConvolution(
  _ weights: Vector, _ geometry: ConvolutionGeometry, _ direction: ConvolutionDirection, _ algorithm: ConvolutionAlgorithm, into packed: Vector
) {
  assert(weights.count == geometry.weightCount && packed.count == geometry.packedCount(direction, algorithm), "packConvolution: counts")
  let plan = ConvolutionPlan(geometry, direction)
  let kernel = geometry.taps
  let row = geometry.inputChannels / geometry.groups * kernel
  let isForward = direction == .forward
  plan.forEachPass { y, x, tapsBefore in
    let call = PackingCall(
      weights: weights.base, groups: geometry.groups, outputs: plan.outputs, inputs: plan.inputs, firstOutput: 0, endOutput: plan.outputs,
      groupStride: geometry.outputChannels / geometry.groups * row, outputStride: isForward ? row : kernel, inputStride: isForward ? kernel : row,
      firstTap: y.firstTap * geometry.horizontal.kernel + x.firstTap, tapRows: y.tapCount, tapRowStep: y.tapStep * geometry.horizontal.kernel, tapColumns: x.tapCount, tapColumnStep: x.tapStep,
      packed: packed.base + plan.outputs * geometry.groups * tapsBefore * packed.precision.byteCount)
    let kernels = Kernels.table(packed.precision).pointee.convolution
    let perOutput = plan.inputs * (algorithm == .winograd ? 16 : y.tapCount * x.tapCount)
    call.forEachPiece(perOutput: perOutput, packedGroup: (algorithm == .winograd ? sode_winograd_outputs(plan.outputs) : plan.outputs) * perOutput, packed.precision) { piece in
      algorithm == .winograd ? kernels.packWinograd?(&piece) : kernels.pack(&piece)
    }
  }
}

extension PackingCall {
  /// Calls `body` with pieces of the groups, and of the outputs of a large group, that take a few milliseconds.
  ///
  /// - Parameters: perOutput, packedGroup: packed numbers of an output and of a group.
  fileprivate func forEachPiece(perOutput: Int, packedGroup: Int, _ precision: Precision, _ body: (inout PackingCall) -> Void) {
    let numbers = 1 << 20
    LinearAlgebra.forEachPiece(of: groups, max(1, numbers / max(packedGroup, 1))) { range in
      var piece = self
      piece.groups = range.count
      piece.weights += range.lowerBound * groupStride * precision.byteCount
      piece.packed += range.lowerBound * packedGroup * precision.byteCount
      LinearAlgebra.forEachPiece(of: outputs, max(64, numbers / max(perOutput * range.count, 1) & ~63)) { outputs in
        (piece.firstOutput, piece.endOutput) = (outputs.lowerBound, outputs.upperBound)
        body(&piece)
      }
    }
  }
}

/// out = base + scale·σ(K ⋆ x + bias) or, transposed, base + scale·σ(Kᵀ x + bias), and slope = σ'(…).
///
/// Each number starts from its bias and adds weight · input over channels, tap rows and tap columns of the product's kernel, ascending, with taps outside of the image as zeros; a sample's bits therefore do not depend on
/// the block it is in. The transpose is exact for every padding, stride and dilation; its kernel is the flipped one, and padding that copies pixels adds, behind the pixel's own sum, those of its copies.
///
/// - Parameters:
///   - packed: made by `packConvolution` for this direction and algorithm.
///   - x: channels · height · width rows, one column or a multiple of 16; not the memory of `epilogue.out`.
///   - scratch: `scratchCount` numbers on a 64-byte line.
/// - Cost: 2·weights·pixels operations a sample; no allocation.
///
/// A large convolution is computed in pieces of rows of the image, which changes no bit. Between them this thread's watch is asked; if the work must end, the remaining rows are left out.
package func convolve(
  _ packed: Vector, _ geometry: ConvolutionGeometry, _ direction: ConvolutionDirection, _ algorithm: ConvolutionAlgorithm, of x: Block, _ epilogue: ConvolutionEpilogue,
  scratch: UnsafeMutableRawPointer
) {
  let (inputs, outputs) = direction == .forward ? (geometry.inputRows, geometry.outputRows) : (geometry.outputRows, geometry.inputRows)
  assert(x.rows == inputs && epilogue.out.rows == outputs && x.columns == epilogue.out.columns, "convolve: shapes")
  let plan = ConvolutionPlan(geometry, direction)
  if algorithm == .winograd { return convolveWinograd(packed, plan, of: x, epilogue, scratch: scratch) }
  let kernels = Kernels.table(x.precision).pointee.convolution
  let memory = ConvolutionScratch(plan, columns: x.columns, precision: x.precision)
  let inPlace = plan.planeIsImage && x.columns > 1 && x.stride == x.columns
  let lanes = inPlace ? x.columns : memory.lanes
  let taps = scratch.assumingMemoryBound(to: Int.self)
  plan.forEachPass { y, x, tapsBefore in plan.fillTaps(taps + tapsBefore, y, x, lanes: lanes) }
  for column in stride(from: 0, to: x.columns, by: lanes) {
    let image = UnsafeRawPointer(x.base + column * x.precision.byteCount)
    if !inPlace {
      plan.border(image, stride: x.stride, lanes: lanes, into: scratch + memory.plane).forEachPiece(x.precision) { kernels.border(&$0) }
    }
    let result = epilogue.result(from: column, lanes: lanes, pixels: direction == .forward ? geometry.outputPixels : geometry.inputPixels)
    plan.forEachPass { y, x, tapsBefore in
      let call = ConvolutionCall(
        plane: inPlace ? image : UnsafeRawPointer(scratch + memory.plane), taps: taps + tapsBefore, tapCount: plan.inputs * y.tapCount * x.tapCount, groups: geometry.groups,
        outputs: plan.outputs, groupAdvance: plan.inputs * plan.channelAdvance * lanes,
        weights: packed.base + plan.outputs * geometry.groups * tapsBefore * packed.precision.byteCount, height: y.count, width: x.count,
        start: (y.planeStart * plan.phaseWidth + x.planeStart) * lanes, rowAdvance: plan.phaseWidth * lanes,
        pixel: y.resultStart * plan.resultLength(geometry.horizontal) + x.resultStart, pixelRowStep: y.resultStep * plan.resultLength(geometry.horizontal),
        pixelStep: x.resultStep, sums: scratch + memory.sums, result: plan.folds ? plan.unfolded(scratch + memory.unfolded, lanes: lanes) : result)
      guard call.height > 0, call.width > 0 else { return }
      let rows = ConvolutionPieces.rows(operationsPerRow: geometry.groups * plan.outputs * call.tapCount * call.width * lanes, numbersPerRow: geometry.groups * plan.outputs * call.width * lanes)
      forEachPiece(of: call.height, rows) { rows in
        var piece = call.rows(rows)
        piece.joinRows()
        lanes == 1 ? kernels.one(&piece) : kernels.tile(&piece)
      }
    }
    if plan.folds {
      var fold = FoldCall(border: plan.foldedBorder(scratch + memory.unfolded, lanes: lanes), sums: scratch + memory.sums, result: result)
      kernels.fold(&fold)
    }
  }
}

extension ConvolutionEpilogue {
  /// The kernels' form, on `lanes` columns.
  func result(from column: Int, lanes: Int, pixels: Int) -> ConvolutionResult {
    let offset = column * out.precision.byteCount
    return ConvolutionResult(
      bias: bias.map { UnsafeRawPointer($0.base) }, biasStride: bias?.stride ?? 0, activation: activation.rawValue, scale: scale, base: base.map { UnsafeRawPointer($0.base + offset) },
      baseStride: base?.stride ?? 0, out: out.base + offset, outStride: out.stride, slope: slope.map { $0.base + offset }, slopeStride: slope?.stride ?? 0, pixels: pixels, lanes: lanes)
  }
}

extension ConvolutionPlan {
  /// The result of passes that are folded afterwards: plain sums.
  func unfolded(_ memory: UnsafeMutableRawPointer, lanes: Int) -> ConvolutionResult {
    ConvolutionResult(
      bias: nil, biasStride: 0, activation: Activation.identity.rawValue, scale: 1, base: nil, baseStride: 0, out: memory, outStride: lanes, slope: nil, slopeStride: 0, pixels: resultPixels,
      lanes: lanes)
  }

  /// The border of the geometry's own padding, whose transpose folds the passes' results.
  func foldedBorder(_ plane: UnsafeMutableRawPointer, lanes: Int) -> BorderCall {
    let (vertical, horizontal) = (geometry.vertical, geometry.horizontal)
    return BorderCall(
      channels: geometry.inputChannels, height: vertical.input, width: horizontal.input, top: vertical.before, left: horizontal.before, padding: geometry.padding.rawValue, strideY: 1, strideX: 1,
      phasesY: 1, phasesX: 1, phaseHeight: vertical.padded, phaseWidth: horizontal.padded, channelAdvance: vertical.padded * horizontal.padded, lanes: lanes, image: plane, imageStride: lanes, plane: plane)
  }
}

/// The pieces in which large convolutions are computed.
package enum ConvolutionPieces {
  /// Multiply-adds of one piece, which take a few milliseconds.
  package static let operations = 1 << 26

  /// An even number of rows of the image, by the operations of a row and by the numbers that it writes.
  static func rows(operationsPerRow: Int, numbersPerRow: Int) -> Int { max(2, min(operations / max(operationsPerRow, 1), BlockPieces.numbers / max(numbersPerRow, 1)) & ~1) }
}

extension ConvolutionCall {
  /// Some rows of the grid.
  fileprivate func rows(_ range: Range<Int>) -> ConvolutionCall {
    var part = self
    part.height = range.count
    part.start += range.lowerBound * rowAdvance
    part.pixel += range.lowerBound * pixelRowStep
    return part
  }

  /// Takes rows that follow one another without gaps as one.
  fileprivate mutating func joinRows() {
    guard rowAdvance == width * result.lanes, pixelRowStep == width * pixelStep else { return }
    width *= height
    height = 1
  }
}

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

extension ConvolutionGeometry {
  /// Whether an algorithm computes this convolution.
  package func supports(_ algorithm: ConvolutionAlgorithm, _ precision: Precision) -> Bool {
    algorithm == .direct || precision == .float32 && [vertical, horizontal].allSatisfy { $0.kernel == 3 && $0.stride == 1 && $0.dilation == 1 }
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
package func packConvolution(
  _ weights: Vector, _ geometry: ConvolutionGeometry, _ direction: ConvolutionDirection, _ algorithm: ConvolutionAlgorithm, into packed: Vector
) {
  assert(weights.count == geometry.weightCount && packed.count == geometry.packedCount(direction, algorithm), "packConvolution: counts")
  let plan = ConvolutionPlan(geometry, direction)
  let kernel = geometry.taps
  let row = geometry.inputChannels / geometry.groups * kernel
  let isForward = direction == .forward
  plan.forEachPass { y, x, tapsBefore in
    var call = PackingCall(
      weights: weights.base, groups: geometry.groups, outputs: plan.outputs, inputs: plan.inputs, groupStride: geometry.outputChannels / geometry.groups * row,
      outputStride: isForward ? row : kernel, inputStride: isForward ? kernel : row, firstTap: y.firstTap * geometry.horizontal.kernel + x.firstTap, tapRows: y.tapCount,
      tapRowStep: y.tapStep * geometry.horizontal.kernel, tapColumns: x.tapCount, tapColumnStep: x.tapStep,
      packed: packed.base + plan.outputs * geometry.groups * tapsBefore * packed.precision.byteCount)
    let kernels = Kernels.table(packed.precision).pointee.convolution
    algorithm == .winograd ? kernels.packWinograd?(&call) : kernels.pack(&call)
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
      var border = plan.border(image, stride: x.stride, lanes: lanes, into: scratch + memory.plane)
      kernels.border(&border)
    }
    let result = epilogue.result(from: column, lanes: lanes, pixels: direction == .forward ? geometry.outputPixels : geometry.inputPixels)
    plan.forEachPass { y, x, tapsBefore in
      var call = ConvolutionCall(
        plane: inPlace ? image : UnsafeRawPointer(scratch + memory.plane), taps: taps + tapsBefore, tapCount: plan.inputs * y.tapCount * x.tapCount, groups: geometry.groups,
        outputs: plan.outputs, groupAdvance: plan.inputs * plan.channelAdvance * lanes,
        weights: packed.base + plan.outputs * geometry.groups * tapsBefore * packed.precision.byteCount, height: y.count, width: x.count,
        start: (y.planeStart * plan.phaseWidth + x.planeStart) * lanes, rowAdvance: plan.phaseWidth * lanes,
        pixel: y.resultStart * plan.resultLength(geometry.horizontal) + x.resultStart, pixelRowStep: y.resultStep * plan.resultLength(geometry.horizontal),
        pixelStep: x.resultStep, sums: scratch + memory.sums, result: plan.folds ? plan.unfolded(scratch + memory.unfolded, lanes: lanes) : result)
      guard call.height > 0, call.width > 0 else { return }
      call.joinRows()
      lanes == 1 ? kernels.one(&call) : kernels.tile(&call)
    }
    if plan.folds {
      var fold = FoldCall(border: plan.foldedBorder(scratch + memory.unfolded, lanes: lanes), sums: scratch + memory.sums, result: result)
      kernels.fold(&fold)
    }
  }
}

/// gradient += the derivative of ⟨left, K ⋆ right⟩ with respect to K, summed over the samples.
///
/// The order of summation depends on the geometry and the number of columns alone. Padding columns count, so they must be zero in `left`.
///
/// - Parameters:
///   - left: outputs; right: inputs, as many columns.
///   - gradient: [outputs, inputs / groups, kernel height · kernel width], row-major.
///   - scratch: `gradientScratchCount` numbers on a 64-byte line.
/// - Cost: 2·weights·pixels operations a sample; no allocation.
package func accumulateConvolutionGradient(
  _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, _ left: Block, _ right: Block, addingTo gradient: Vector, scratch: UnsafeMutableRawPointer
) {
  assert(left.rows == geometry.outputRows && right.rows == geometry.inputRows && left.columns == right.columns && gradient.count == geometry.weightCount, "accumulateConvolutionGradient: shapes")
  let plan = ConvolutionPlan(geometry, .forward)
  if algorithm == .winograd, right.columns > 1 { return accumulateWinogradGradient(plan, left, right, addingTo: gradient, scratch: scratch) }
  let kernels = Kernels.table(right.precision).pointee.convolution
  let memory = ConvolutionScratch(plan, columns: right.columns, precision: right.precision)
  let lanes = memory.lanes
  let taps = scratch.assumingMemoryBound(to: Int.self)
  let rowAdvance = plan.phaseWidth * lanes
  plan.forEachPass { y, x, _ in plan.fillTaps(taps, y, x, lanes: lanes) }
  for column in stride(from: 0, to: right.columns, by: lanes) {
    var border = plan.border(right.base + column * right.precision.byteCount, stride: right.stride, lanes: lanes, into: scratch + memory.plane)
    kernels.border(&border)
    var call = ConvolutionGradientCall(
      plane: scratch + memory.plane, taps: taps, tapCount: plan.inputs * geometry.taps, groups: geometry.groups, outputs: plan.outputs, groupAdvance: plan.inputs * plan.channelAdvance * lanes,
      left: left.base + column * left.precision.byteCount, leftChannelAdvance: geometry.outputPixels * lanes, leftRowAdvance: geometry.horizontal.output * lanes, height: geometry.vertical.output,
      rowLength: geometry.horizontal.output * lanes, rowAdvance: rowAdvance, gradient: gradient.base)
    if lanes == 1 || left.stride != lanes {
      var copy = leftBorder(geometry, call.left, rows: memory.leftRows, columns: memory.leftColumns, stride: left.stride, lanes: lanes, into: scratch + memory.left)
      kernels.border(&copy)
      call.left = UnsafeRawPointer(scratch + memory.left)
      call.leftChannelAdvance = copy.phaseHeight * copy.phaseWidth * lanes
      call.leftRowAdvance = copy.phaseWidth * lanes
    }
    call.joinRows(lanes: lanes)
    kernels.gradient(&call)
  }
}

/// gradient[c·stride] += Σ over the pixels and samples of channel c: the gradient of a convolution's bias.
package func accumulateChannelSums(_ x: Block, channels: Int, addingTo gradient: Bias) {
  let pixels = x.rows / channels
  for channel in 0..<channels {
    let rows = x.rows(channel * pixels..<(channel + 1) * pixels)
    let sum = Bias(gradient.base + channel * gradient.stride * x.precision.byteCount, stride: 0)
    accumulateRowSums(rows.isContiguous ? Block(rows.base, rows: 1, columns: pixels * rows.columns, precision: rows.precision) : rows, addingTo: sum)
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

extension ConvolutionCall {
  /// Takes rows that follow one another without gaps as one.
  fileprivate mutating func joinRows() {
    guard rowAdvance == width * result.lanes, pixelRowStep == width * pixelStep else { return }
    width *= height
    height = 1
  }
}

extension ConvolutionGradientCall {
  /// Takes rows that follow one another as one. Those of one sample have gaps, where `left` is zero, as it is behind the last row, up to a multiple of 16.
  fileprivate mutating func joinRows(lanes: Int) {
    guard rowAdvance == leftRowAdvance, rowAdvance == rowLength || lanes == 1 else { return }
    rowLength = ((height - 1) * rowAdvance + rowLength + 15) & ~15
    height = 1
  }
}

/// Where the parts of a call's scratch memory begin, in bytes; the places of the taps come first.
struct ConvolutionScratch {
  /// The columns of a tile are taken in lots of as many.
  let lanes: Int
  let plane: Int
  /// One sample: the sums of one group's outputs on the grid. With a fold, the sums of a row.
  let sums: Int
  let unfolded: Int
  let byteCount: Int
  /// The gradient's copy of the left operand, in place of the sums.
  let left: Int
  let gradientByteCount: Int
  let leftRows: Int
  let leftColumns: Int

  init(_ plan: ConvolutionPlan, columns: Int, precision: Precision) {
    func lines(_ count: Int) -> Int { (count * precision.byteCount + 63) & ~63 }
    let geometry = plan.geometry
    lanes = columns == 1 ? 1 : Block.quantum
    plane = (plan.inputs * geometry.taps * 8 + 63) & ~63
    sums = plane + lines(plan.planeCount(lanes))
    let row = plan.folds ? geometry.horizontal.input * lanes : 0
    let grid = lanes == 1 ? (plan.outputs + 1) * (plan.phaseHeight * plan.phaseWidth + 32) : 0
    unfolded = sums + lines(max(row, grid))
    byteCount = unfolded + (plan.folds ? lines(geometry.inputChannels * plan.resultPixels * lanes) : 0)
    left = sums
    let copy = geometry.outputChannels * Self.leftRows(geometry, plan, lanes) * Self.leftColumns(geometry, plan, lanes) * lanes
    gradientByteCount = left + lines(copy + 64)
    (leftRows, leftColumns) = (Self.leftRows(geometry, plan, lanes), Self.leftColumns(geometry, plan, lanes))
  }

  // For one sample the rows are as long as the plane's, and behind the last one follow at least 16 zeros.
  private static func leftColumns(_ geometry: ConvolutionGeometry, _ plan: ConvolutionPlan, _ lanes: Int) -> Int { lanes == 1 ? plan.phaseWidth : geometry.horizontal.output }
  private static func leftRows(_ geometry: ConvolutionGeometry, _ plan: ConvolutionPlan, _ lanes: Int) -> Int {
    geometry.vertical.output + (lanes == 1 ? 15 / plan.phaseWidth + 1 : 0)
  }
}

/// The copy of a gradient's left operand, with rows and columns of zeros behind it.
func leftBorder(
  _ geometry: ConvolutionGeometry, _ image: UnsafeRawPointer, rows: Int, columns: Int, stride: Int, lanes: Int, into copy: UnsafeMutableRawPointer
) -> BorderCall {
  BorderCall(
    channels: geometry.outputChannels, height: geometry.vertical.output, width: geometry.horizontal.output, top: 0, left: 0, padding: Padding.zero.rawValue, strideY: 1, strideX: 1, phasesY: 1,
    phasesX: 1, phaseHeight: rows, phaseWidth: columns, channelAdvance: rows * columns, lanes: lanes, image: image, imageStride: stride, plane: copy)
}

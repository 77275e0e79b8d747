import CKernels
import Settings

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
    plan.border(right.base + column * right.precision.byteCount, stride: right.stride, lanes: lanes, into: scratch + memory.plane).forEachPiece(right.precision) { kernels.border(&$0) }
    var call = ConvolutionGradientCall(
      plane: scratch + memory.plane, taps: taps, tapCount: plan.inputs * geometry.taps, groups: geometry.groups, outputs: plan.outputs, groupAdvance: plan.inputs * plan.channelAdvance * lanes,
      left: left.base + column * left.precision.byteCount, leftChannelAdvance: geometry.outputPixels * lanes, leftRowAdvance: geometry.horizontal.output * lanes, height: geometry.vertical.output,
      rowLength: geometry.horizontal.output * lanes, rowAdvance: rowAdvance, gradient: gradient.base)
    if lanes == 1 || left.stride != lanes {
      let copy = leftBorder(geometry, call.left, rows: memory.leftRows, columns: memory.leftColumns, stride: left.stride, lanes: lanes, into: scratch + memory.left)
      copy.forEachPiece(left.precision) { kernels.border(&$0) }
      call.left = UnsafeRawPointer(scratch + memory.left)
      call.leftChannelAdvance = copy.phaseHeight * copy.phaseWidth * lanes
      call.leftRowAdvance = copy.phaseWidth * lanes
    }
    call.joinRows(lanes: lanes)
    call.forEachPiece(operationsPerOutput: call.tapCount * geometry.outputPixels * lanes, right.precision) { piece in kernels.gradient(&piece) }
  }
}

/// gradient[c·stride] += Σ over the pixels and samples of channel c: the gradient of a convolution's bias.
package func accumulateChannelSums(_ x: Block, channels: Int, addingTo gradient: Bias) {
  let pixels = x.rows / channels
  BlockPieces.forEach(of: channels, x) { range in
    for channel in range {
      let rows = x.rows(channel * pixels..<(channel + 1) * pixels)
      let sum = Bias(gradient.base + channel * gradient.stride * x.precision.byteCount, stride: 0)
      accumulateRowSums(rows.isContiguous ? Block(rows.base, rows: 1, columns: pixels * rows.columns, precision: rows.precision) : rows, addingTo: sum)
    }
  }
}

extension ConvolutionGradientCall {
  /// This call in pieces of outputs, each of a few milliseconds, between which this thread's watch is asked. Each number of the gradient is summed in the same order as in one call.
  fileprivate func forEachPiece(operationsPerOutput: Int, _ precision: Precision, _ body: (inout ConvolutionGradientCall) -> Void) {
    var piece = self
    let size = max(4, ConvolutionPieces.operations / max(operationsPerOutput, 1) & ~3)
    if groups * outputs < 2 * size { return body(&piece) }
    let watch = Watch.current
    piece.groups = 1
    for group in 0..<groups where !watch.isOver {
      piece.plane = plane + group * groupAdvance * precision.byteCount
      LinearAlgebra.forEachPiece(of: outputs, size) { range in
        let output = group * outputs + range.lowerBound
        piece.outputs = range.count
        piece.left = left + output * leftChannelAdvance * precision.byteCount
        piece.gradient = gradient + output * tapCount * precision.byteCount
        body(&piece)
      }
    }
  }

  /// Takes rows that follow one another as one. Those of one sample have gaps, where `left` is zero, as it is behind the last row, up to a multiple of 16.
  fileprivate mutating func joinRows(lanes: Int) {
    guard rowAdvance == leftRowAdvance, rowAdvance == rowLength || lanes == 1 else { return }
    rowLength = ((height - 1) * rowAdvance + rowLength + 15) & ~15
    height = 1
  }
}

/// The copy of a gradient's left operand, with rows and columns of zeros behind it.
private func leftBorder(
  _ geometry: ConvolutionGeometry, _ image: UnsafeRawPointer, rows: Int, columns: Int, stride: Int, lanes: Int, into copy: UnsafeMutableRawPointer
) -> BorderCall {
  BorderCall(
    channels: geometry.outputChannels, height: geometry.vertical.output, width: geometry.horizontal.output, top: 0, left: 0, padding: Padding.zero.rawValue, strideY: 1, strideX: 1, phasesY: 1,
    phasesX: 1, phaseHeight: rows, phaseWidth: columns, channelAdvance: rows * columns, lanes: lanes, image: image, imageStride: stride, plane: copy)
}

import CKernels
import Settings

/// `convolve` by Winograd's F(2×2, 3×3).
func convolveWinograd(_ packed: Vector, _ plan: ConvolutionPlan, of x: Block, _ epilogue: ConvolutionEpilogue, scratch: UnsafeMutableRawPointer) {
  assert(plan.geometry.supports(.winograd, x.precision), "convolve: Winograd's algorithm does not apply")
  let kernels = Kernels.table(x.precision).pointee.convolution
  let memory = WinogradScratch(plan, columns: x.columns, precision: x.precision)
  let (geometry, lanes) = (plan.geometry, memory.lanes)
  let pixels = plan.direction == .forward ? geometry.outputPixels : geometry.inputPixels
  for column in stride(from: 0, to: x.columns, by: lanes) {
    var call = WinogradCall(
      border: plan.winogradBorder(x.base + column * x.precision.byteCount, stride: x.stride, lanes: lanes, into: scratch), groups: geometry.groups, inputs: plan.inputs, outputs: plan.outputs,
      weights: packed.base, height: plan.resultLength(geometry.vertical), width: plan.resultLength(geometry.horizontal), room: scratch + memory.room,
      result: plan.folds ? plan.unfolded(scratch + memory.unfolded, lanes: lanes) : epilogue.result(from: column, lanes: lanes, pixels: pixels))
    if lanes == 1, let winogradChannels = kernels.winogradChannels, x.stride == 1, plan.inputs % 16 == 0, plan.outputs % 16 == 0 {
      winogradChannels(&call)
    } else if lanes == 1 {
      call.border.forEachPiece(x.precision) { kernels.border(&$0) }
      kernels.winogradOne?(&call)
    } else {
      // Four ninths of the direct algorithm's products.
      let rows = ConvolutionPieces.rows(operationsPerRow: geometry.groups * plan.outputs * plan.inputs * 4 * call.width * lanes, numbersPerRow: geometry.groups * plan.outputs * call.width * lanes)
      forEachPiece(of: call.height, rows) { rows in
        var piece = call.rows(rows)
        kernels.winogradTile?(&piece)
      }
    }
    if plan.folds {
      var fold = FoldCall(border: plan.foldedBorder(scratch + memory.unfolded, lanes: lanes), sums: scratch + memory.room,
        result: epilogue.result(from: column, lanes: lanes, pixels: pixels))
      kernels.fold(&fold)
    }
  }
}

extension WinogradCall {
  /// Some rows of a tile's results, an even one first, which reads its image where it lies.
  fileprivate func rows(_ range: Range<Int>) -> WinogradCall {
    var part = self
    part.height = range.count
    part.border.top -= range.lowerBound
    let pixels = range.lowerBound * width
    let bytes = MemoryLayout<Float>.size
    part.result.out += pixels * result.outStride * bytes
    part.result.base = result.base.map { $0 + pixels * result.baseStride * bytes }
    part.result.slope = result.slope.map { $0 + pixels * result.slopeStride * bytes }
    return part
  }
}

/// `accumulateConvolutionGradient` by the transpose of Winograd's F(2×2, 3×3), for a tile.
func accumulateWinogradGradient(_ plan: ConvolutionPlan, _ left: Block, _ right: Block, addingTo gradient: Vector, scratch: UnsafeMutableRawPointer) {
  assert(plan.geometry.supports(.winograd, right.precision), "accumulateConvolutionGradient: Winograd's algorithm does not apply")
  let kernels = Kernels.table(right.precision).pointee.convolution
  let memory = WinogradScratch(plan, columns: right.columns, precision: right.precision)
  let (geometry, lanes) = (plan.geometry, memory.lanes)
  for column in stride(from: 0, to: right.columns, by: lanes) {
    let call = WinogradGradientCall(
      border: plan.winogradBorder(right.base + column * right.precision.byteCount, stride: right.stride, lanes: lanes, into: scratch), groups: geometry.groups, inputs: plan.inputs,
      outputs: plan.outputs, left: left.base + column * left.precision.byteCount, leftStride: left.stride, height: geometry.vertical.output, width: geometry.horizontal.output,
      places: (scratch + memory.places).assumingMemoryBound(to: Int.self), room: scratch + memory.room, gradient: gradient.base, firstGroup: 0, endGroup: geometry.groups, firstRow: 0,
      endRow: (geometry.vertical.output + 1) / 2)
    call.forEachPiece { piece in kernels.winogradGradient?(&piece) }
  }
}

extension WinogradGradientCall {
  /// This call in pieces of bands of squares, each of a few milliseconds, between which this thread's watch is asked.
  fileprivate func forEachPiece(_ body: (inout WinogradGradientCall) -> Void) {
    var piece = self
    let band = sode_winograd_band(inputs, outputs, height, width, border.lanes)
    let bands = ConvolutionPieces.rows(operationsPerRow: inputs * outputs * 8 * band * width * border.lanes, numbersPerRow: (inputs + outputs) * 2 * band * width * border.lanes)
    if endRow < 2 * bands * band, groups == 1 || endRow * groups < 2 * bands * band { return body(&piece) }
    let watch = Watch.current
    for group in 0..<groups where !watch.isOver {
      (piece.firstGroup, piece.endGroup) = (group, group + 1)
      LinearAlgebra.forEachPiece(of: endRow, bands * band) { rows in
        (piece.firstRow, piece.endRow) = (rows.lowerBound, rows.upperBound)
        body(&piece)
      }
    }
  }
}

extension ConvolutionPlan {
  /// The border for squares of 2 × 2 results, which may end behind an odd height or width: an even number of rows and columns, for one sample in phases.
  func winogradBorder(_ image: UnsafeRawPointer, stride: Int, lanes: Int, into plane: UnsafeMutableRawPointer) -> BorderCall {
    var call = border(image, stride: stride, lanes: lanes, into: plane)
    let phases = lanes == 1 ? 2 : 1
    (call.strideY, call.strideX, call.phasesY, call.phasesX) = (phases, phases, phases, phases)
    call.phaseHeight = ((resultLength(geometry.vertical) + 1) / 2 + 1) * 2 / phases
    call.phaseWidth = ((resultLength(geometry.horizontal) + 1) / 2 + 1) * 2 / phases
    call.channelAdvance = Self.spread(phases * phases * call.phaseHeight * call.phaseWidth)
    return call
  }
}

/// Where the parts of a call's scratch memory begin, in bytes. One sample's plane comes first.
struct WinogradScratch {
  let lanes: Int
  /// With a fold, also the sums of a row.
  let room: Int
  let unfolded: Int
  let byteCount: Int
  /// The gradient's places of channels.
  let places: Int
  let gradientByteCount: Int

  init(_ plan: ConvolutionPlan, columns: Int, precision: Precision) {
    func lines(_ count: Int) -> Int { (count * precision.byteCount + 63) & ~63 }
    let geometry = plan.geometry
    let (height, width) = (plan.resultLength(geometry.vertical), plan.resultLength(geometry.horizontal))
    lanes = columns == 1 ? 1 : Block.quantum
    let channel = ConvolutionPlan.spread(((height + 1) / 2 + 1) * ((width + 1) / 2 + 1) * 4)
    room = lanes == 1 ? lines(plan.inputs * geometry.groups * channel + 64) : 0
    let products = sode_winograd_room(plan.inputs, plan.outputs, height, width, lanes)
    unfolded = room + lines(max(products, plan.folds ? geometry.horizontal.input * lanes : 0))
    byteCount = unfolded + (plan.folds ? lines(geometry.inputChannels * plan.resultPixels * lanes) : 0)
    places = room + lines(sode_winograd_gradient_room(plan.inputs, plan.outputs, height, width, lanes))
    gradientByteCount = places + (plan.inputs * 8 + 63) & ~63
  }
}

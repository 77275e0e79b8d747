import CKernels

/// Which of the two products a convolution computes: K ⋆ x or its exact transpose.
package enum ConvolutionDirection: Sendable {
  case forward
  case transposed
}

/// One axis of one pass: which taps, in which order, and where its positions are read and written.
struct ConvolutionAxis {
  let firstTap: Int
  let tapStep: Int
  let tapCount: Int
  /// Positions along this axis, and the plane pixel of the first.
  let count: Int
  let planeStart: Int
  /// The result pixel of the first position, and the step to the next one's.
  let resultStart: Int
  let resultStep: Int
}

/// A product as the kernels compute it: a plane with a border, then passes over it, each a convolution of stride 1.
///
/// K ⋆ x has one pass. Strides cut the plane into phases instead (`BorderCall`). The transpose has one pass for each remainder of the result's pixels modulo the strides, because these meet different taps; its taps run
/// backward. Where padding copies pixels of the image, the transpose is computed for the whole padded image and then folded. Periodic padding that keeps the size is the exception: its transpose is periodic as well.
struct ConvolutionPlan {
  let geometry: ConvolutionGeometry
  let direction: ConvolutionDirection
  /// Whether the passes make the padded image, which is then folded.
  let folds: Bool
  /// What the plane's border holds.
  private let borderPadding: Padding

  /// Channels of one group's inputs and results.
  let inputs: Int
  let outputs: Int
  /// The phases of the plane that taps read, and the pixels of one phase.
  let phasesY: Int
  let phasesX: Int
  let phaseHeight: Int
  let phaseWidth: Int
  /// Plane pixels from one channel to the next.
  let channelAdvance: Int
  /// Whether the plane is the image itself and nothing is folded.
  let planeIsImage: Bool

  init(_ geometry: ConvolutionGeometry, _ direction: ConvolutionDirection) {
    let (vertical, horizontal) = (geometry.vertical, geometry.horizontal)
    let isForward = direction == .forward
    let isPeriodic = geometry.padding == .periodic && vertical.keepsSize && horizontal.keepsSize
    let isPadded = vertical.padded > vertical.input || horizontal.padded > horizontal.input
    self.geometry = geometry
    self.direction = direction
    folds = !isForward && geometry.padding != .zero && isPadded && !isPeriodic
    borderPadding = isForward ? geometry.padding : isPeriodic ? .periodic : .zero
    inputs = (isForward ? geometry.inputChannels : geometry.outputChannels) / geometry.groups
    outputs = (isForward ? geometry.outputChannels : geometry.inputChannels) / geometry.groups
    phasesY = isForward ? min(vertical.stride, vertical.reach + 1) : 1
    phasesX = isForward ? min(horizontal.stride, horizontal.reach + 1) : 1
    phaseHeight = Self.phaseLength(vertical, direction, folds)
    phaseWidth = Self.phaseLength(horizontal, direction, folds)
    planeIsImage =
      !folds && (!isForward || vertical.stride == 1 && horizontal.stride == 1) && Self.planeBefore(vertical, direction, folds) == 0 && Self.planeBefore(horizontal, direction, folds) == 0
      && phaseHeight == Self.imageLength(vertical, direction) && phaseWidth == Self.imageLength(horizontal, direction)
    let pixels = phasesY * phasesX * phaseHeight * phaseWidth
    channelAdvance = planeIsImage ? pixels : Self.spread(pixels)
  }

  /// At least as many plane pixels from one channel to the next. Where a pixel is a cache line, their number is not near a multiple of 64, because the same places of all channels would then compete for a few sets of the
  /// first-level cache.
  static func spread(_ pixels: Int) -> Int {
    let rest = pixels % 64
    return (7...57).contains(rest) ? pixels : pixels + (rest < 7 ? 7 : 71) - rest
  }

  /// Pixels of the passes' results along an axis.
  func resultLength(_ extent: ConvolutionExtent) -> Int { Self.resultLength(extent, direction, folds) }

  private static func resultLength(_ extent: ConvolutionExtent, _ direction: ConvolutionDirection, _ folds: Bool) -> Int {
    direction == .forward ? extent.output : folds ? extent.padded : extent.input
  }

  /// Pixels of the image along an axis.
  private static func imageLength(_ extent: ConvolutionExtent, _ direction: ConvolutionDirection) -> Int { direction == .forward ? extent.input : extent.output }

  /// Plane pixels before the image along an axis.
  private static func planeBefore(_ extent: ConvolutionExtent, _ direction: ConvolutionDirection, _ folds: Bool) -> Int {
    direction == .forward ? extent.before : extent.reach / extent.stride - (folds ? 0 : extent.before) / extent.stride
  }

  /// Pixels of one phase of the plane along an axis.
  private static func phaseLength(_ extent: ConvolutionExtent, _ direction: ConvolutionDirection, _ folds: Bool) -> Int {
    if direction == .forward { return extent.output + extent.reach / extent.stride }
    let end = (folds ? 0 : extent.before) + resultLength(extent, direction, folds)
    return max((end + extent.stride - 1) / extent.stride + planeBefore(extent, direction, folds), 1)
  }

  /// The part of an axis that pass number `remainder` computes.
  func axis(_ extent: ConvolutionExtent, _ remainder: Int) -> ConvolutionAxis {
    if direction == .forward {
      return ConvolutionAxis(firstTap: 0, tapStep: 1, tapCount: extent.kernel, count: extent.output, planeStart: 0, resultStart: 0, resultStep: 1)
    }
    // Output y of K ⋆ x reads padded pixel y·stride + tap·dilation, so padded pixel m·stride + remainder meets the taps with tap·dilation ≡ remainder, and y = m − (tap·dilation − remainder) / stride.
    let stride = extent.stride
    var (highest, lowest, count) = (0, 0, 0)
    for tap in 0..<extent.kernel where tap * extent.dilation % stride == remainder {
      if count == 0 { lowest = tap }
      highest = tap
      count += 1
    }
    let begin = folds ? 0 : extent.before
    let first = (begin - remainder + stride - 1) / stride
    let end = (begin + resultLength(extent) - remainder + stride - 1) / stride
    return ConvolutionAxis(
      firstTap: highest, tapStep: count > 1 ? (lowest - highest) / (count - 1) : -1, tapCount: count, count: max(end - first, 0),
      planeStart: first + Self.planeBefore(extent, direction, folds), resultStart: first * stride + remainder - begin, resultStep: stride)
  }

  /// Pixels of one channel of the passes' results.
  var resultPixels: Int { resultLength(geometry.vertical) * resultLength(geometry.horizontal) }
  /// Numbers of the whole plane.
  func planeCount(_ lanes: Int) -> Int { inputs * geometry.groups * channelAdvance * lanes + 64 }

  /// Fills one pass's taps: for each input channel of a group the places of its taps, in numbers, counted from that of the position.
  func fillTaps(_ taps: UnsafeMutablePointer<Int>, _ y: ConvolutionAxis, _ x: ConvolutionAxis, lanes: Int) {
    let count = y.tapCount * x.tapCount
    var next = taps
    for row in 0..<y.tapCount {
      let down = (y.firstTap + row * y.tapStep) * geometry.vertical.dilation
      for column in 0..<x.tapCount {
        next.pointee = place(down, (x.firstTap + column * x.tapStep) * geometry.horizontal.dilation) * lanes
        next += 1
      }
    }
    // The other channels repeat the first one's.
    let advance = channelAdvance * lanes
    for _ in 0..<(inputs - 1) * count {
      next.pointee = (next - count).pointee + advance
      next += 1
    }
  }

  /// The plane pixel of the image pixel that is `down` and `across` from the position's.
  private func place(_ down: Int, _ across: Int) -> Int {
    let (strideY, strideX) = (geometry.vertical.stride, geometry.horizontal.stride)
    // In the transpose, what the division leaves is the remainder of the pass.
    if direction == .transposed { return -(down / strideY * phaseWidth + across / strideX) }
    return ((down % strideY * phasesX + across % strideX) * phaseHeight + down / strideY) * phaseWidth + across / strideX
  }

  /// All passes, with the number of taps that lie before each one's.
  func forEachPass(_ body: (_ y: ConvolutionAxis, _ x: ConvolutionAxis, _ tapsBefore: Int) -> Void) {
    let isForward = direction == .forward
    var before = 0
    // A remainder beyond the padded image has no pixels.
    for remainderY in 0..<(isForward ? 1 : min(geometry.vertical.stride, geometry.vertical.padded)) {
      let y = axis(geometry.vertical, remainderY)
      for remainderX in 0..<(isForward ? 1 : min(geometry.horizontal.stride, geometry.horizontal.padded)) {
        let x = axis(geometry.horizontal, remainderX)
        body(y, x, before)
        before += inputs * y.tapCount * x.tapCount
      }
    }
  }

  /// The border that makes the plane from an image.
  func border(_ image: UnsafeRawPointer, stride: Int, lanes: Int, into plane: UnsafeMutableRawPointer) -> BorderCall {
    let (vertical, horizontal) = (geometry.vertical, geometry.horizontal)
    let isForward = direction == .forward
    return BorderCall(
      channels: inputs * geometry.groups, height: Self.imageLength(vertical, direction), width: Self.imageLength(horizontal, direction), top: Self.planeBefore(vertical, direction, folds),
      left: Self.planeBefore(horizontal, direction, folds), padding: borderPadding.rawValue, strideY: isForward ? vertical.stride : 1, strideX: isForward ? horizontal.stride : 1, phasesY: phasesY,
      phasesX: phasesX, phaseHeight: phaseHeight, phaseWidth: phaseWidth, channelAdvance: channelAdvance, lanes: lanes, image: image, imageStride: stride, plane: plane)
  }
}

extension BorderCall {
  /// Calls `body` with pieces of the channels, each up to a millisecond, between which this thread's watch is asked.
  func forEachPiece(_ precision: Precision, _ body: (inout BorderCall) -> Void) {
    var piece = self
    LinearAlgebra.forEachPiece(of: channels, max(1, BlockPieces.numbers / max(channelAdvance &* lanes, 1))) { range in
      piece.channels = range.count
      piece.image = image + range.lowerBound * height * width * imageStride * precision.byteCount
      piece.plane = plane + range.lowerBound * channelAdvance * lanes * precision.byteCount
      body(&piece)
    }
  }
}

import LinearAlgebra

/// A convolution as its formula says, in Double: every product of a weight and a pixel, one by one.
struct ConvolutionReference {
  let geometry: ConvolutionGeometry

  /// The pixel of an image from which padding makes pixel `i`; nil for a zero.
  private func source(_ i: Int, _ count: Int) -> Int? {
    if (0..<count).contains(i) { return i }
    switch geometry.padding {
    case .zero: return nil
    case .periodic: return ((i % count) + count) % count
    case .reflect: return i < 0 ? -i : 2 * count - 2 - i
    case .replicate: return min(max(i, 0), count - 1)
    }
  }

  /// The rows of output and input and the weight of every product.
  func forEachProduct(_ body: (_ output: Int, _ input: Int, _ weight: Int) -> Void) {
    let (vertical, horizontal) = (geometry.vertical, geometry.horizontal)
    let (inputs, outputs) = (geometry.inputChannels / geometry.groups, geometry.outputChannels / geometry.groups)
    for o in 0..<geometry.outputChannels {
      for y in 0..<vertical.output {
        for x in 0..<horizontal.output {
          for c in 0..<inputs {
            for i in 0..<vertical.kernel {
              for j in 0..<horizontal.kernel {
                guard let row = source(y * vertical.stride + i * vertical.dilation - vertical.before, vertical.input),
                  let column = source(x * horizontal.stride + j * horizontal.dilation - horizontal.before, horizontal.input)
                else { continue }
                body(
                  (o * vertical.output + y) * horizontal.output + x, ((o / outputs * inputs + c) * vertical.input + row) * horizontal.input + column,
                  (o * inputs + c) * geometry.taps + i * horizontal.kernel + j)
              }
            }
          }
        }
      }
    }
  }

  /// K ⋆ x or Kᵀ x: rows of the result × columns.
  func product(_ direction: ConvolutionDirection, _ weights: Numbers, _ x: Tile) -> [Double] {
    var sums = [Double](repeating: 0, count: rows(direction).outputs * x.columns)
    forEachProduct { output, input, weight in
      let (to, from) = direction == .forward ? (output, input) : (input, output)
      let factor = weights[weight]
      for j in 0..<x.columns { sums[to * x.columns + j] += factor * x[from, j] }
    }
    return sums
  }

  /// The derivative of ⟨left, K ⋆ right⟩ with respect to the weights.
  func gradient(_ left: Tile, _ right: Tile) -> [Double] {
    var sums = [Double](repeating: 0, count: geometry.weightCount)
    forEachProduct { output, input, weight in
      for j in 0..<left.columns { sums[weight] += left[output, j] * right[input, j] }
    }
    return sums
  }

  /// Rows of the operand and of the result.
  func rows(_ direction: ConvolutionDirection) -> (inputs: Int, outputs: Int) {
    direction == .forward ? (geometry.inputRows, geometry.outputRows) : (geometry.outputRows, geometry.inputRows)
  }
}

/// A convolution's geometry with the same sizes along both axes but for the image's.
func convolutionGeometry(
  _ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, padding: Int = 0, groups: Int = 1, _ kind: Padding = .zero
) -> ConvolutionGeometry? {
  try? ConvolutionGeometry(
    inputChannels: inputs, outputChannels: outputs, groups: groups,
    vertical: ConvolutionExtent(input: height, kernel: kernel, stride: stride, dilation: dilation, before: padding, after: padding),
    horizontal: ConvolutionExtent(input: width, kernel: kernel, stride: stride, dilation: dilation, before: padding, after: padding), padding: kind)
}

/// Convolutions on memory of their own.
struct ConvolutionRun {
  let geometry: ConvolutionGeometry
  let precision: Precision
  var algorithm = ConvolutionAlgorithm.direct

  func packed(_ weights: Numbers, _ direction: ConvolutionDirection) throws -> Vector {
    let packed = try Numbers(geometry.packedCount(direction, algorithm), precision)
    packConvolution(weights.vector, geometry, direction, algorithm, into: packed.vector)
    return packed.vector
  }

  /// K ⋆ x or Kᵀ x with the epilogue's parts that are given.
  func product(
    _ direction: ConvolutionDirection, _ weights: Numbers, _ x: Tile, bias: Bias? = nil, activation: Activation = .identity, scale: Double = 1, base: Tile? = nil, out: Tile? = nil, slope: Tile? = nil
  ) throws -> Tile {
    let rows = ConvolutionReference(geometry: geometry).rows(direction).outputs
    let result = try out ?? Tile(rows, x.columns, x.columns, precision)
    let scratch = try Numbers(geometry.scratchCount(direction, algorithm, columns: x.columns, precision: precision), precision)
    convolve(
      try packed(weights, direction), geometry, direction, algorithm, of: x.block,
      ConvolutionEpilogue(bias: bias, activation: activation, scale: scale, addingTo: base?.block, into: result.block, slope: slope?.block), scratch: scratch.buffer.base)
    return result
  }

  /// The gradient, added to `start`.
  func gradient(_ left: Tile, _ right: Tile, start: Double = 0) throws -> Numbers {
    let gradient = try Numbers(geometry.weightCount, precision, low: start, high: start)
    let scratch = try Numbers(geometry.gradientScratchCount(algorithm, columns: left.columns, precision: precision), precision)
    accumulateConvolutionGradient(geometry, algorithm, left.block, right.block, addingTo: gradient.vector, scratch: scratch.buffer.base)
    return gradient
  }
}

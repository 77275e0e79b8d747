import Settings

/// The shortcut between stages of different width: every `stride`-th pixel of each channel, and further channels of zeros behind them.
///
/// Source: He, Zhang, Ren & Sun (2016), "Deep residual learning for image recognition", §3.3, option A.
package struct ChannelPadding: Equatable, Sendable {
  package let inputChannels: Int
  package let outputChannels: Int
  /// Windows of one pixel.
  private let pixels: PoolingGeometry

  /// - Throws: `outOfRange`, `shapeMismatch` with the size that does not fit.
  package init(inputChannels: Int, outputChannels: Int, height: Int, width: Int, stride: Int = 1) throws(Failure) {
    if outputChannels < inputChannels || outputChannels > ConvolutionExtent.largest {
      throw Failure(.outOfRange, "channels are padded from \(inputChannels) to \(outputChannels); they must not become fewer, nor more than 2³⁰")
    }
    pixels = try PoolingGeometry(
      channels: inputChannels, vertical: PoolingExtent(input: height, window: 1, stride: stride),
      horizontal: PoolingExtent(input: width, window: 1, stride: stride))
    _ = try PoolingGeometry(channels: outputChannels, vertical: PoolingExtent(input: height, window: 1), horizontal: PoolingExtent(input: width, window: 1))
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
  }

  package var outputHeight: Int { pixels.vertical.output }
  package var outputWidth: Int { pixels.horizontal.output }
  package var inputRows: Int { pixels.inputRows }
  package var outputRows: Int { outputChannels * pixels.outputPixels }

  /// out = base + scale·S x; linear, so this is its tangent too.
  ///
  /// - Parameter base: nil stands for zeros; it may be the memory of `out`, which `x` may not.
  package func apply(to x: Block, scale: Double = 1, addingTo base: Block? = nil, into out: Block) {
    assert(x.rows == inputRows && out.rows == outputRows && x.columns == out.columns, "ChannelPadding: shapes")
    let (copied, padded) = (0..<pixels.outputRows, pixels.outputRows..<outputRows)
    averagePool(pixels, of: x, scale: scale, addingTo: base?.rows(copied), into: out.rows(copied))
    guard !padded.isEmpty else { return }
    if let base {
      if base.base != out.base { copy(base.rows(padded), into: out.rows(padded)) }
    } else {
      fill(out.rows(padded), 0)
    }
  }

  /// q = base + scale·Sᵀ p: the exact transpose. The cotangents of the channels of zeros have no effect.
  package func applyTransposed(to p: Block, scale: Double = 1, addingTo base: Block? = nil, into q: Block) {
    assert(p.rows == outputRows && q.rows == inputRows && p.columns == q.columns, "ChannelPadding: shapes")
    averagePoolTransposed(pixels, of: p.rows(0..<pixels.outputRows), scale: scale, addingTo: base, into: q)
  }
}

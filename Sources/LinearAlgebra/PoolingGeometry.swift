import CKernels
import Settings

/// The windows of a pooling along one axis of the image.
package struct PoolingExtent: Equatable, Sendable {
  package let input: Int
  package let window: Int
  package let stride: Int
  /// Pixels of padding before the image and after it, which no mean counts and which are never the maximum.
  package let before: Int
  package let after: Int

  /// - Parameter stride: the window unless it is given, so that windows do not overlap.
  package init(input: Int, window: Int, stride: Int? = nil, before: Int = 0, after: Int = 0) {
    self.input = input
    self.window = window
    self.stride = stride ?? window
    self.before = before
    self.after = after
  }

  package var output: Int { (before + input + after - window) / stride + 1 }
  var axis: PoolingAxis { PoolingAxis(input: input, output: output, window: window, stride: stride, before: before) }

  fileprivate func check(_ name: String) throws(Failure) {
    for (what, value, least) in [("size", input, 1), ("window", window, 1), ("stride", stride, 1), ("padding before", before, 0), ("padding after", after, 0)]
    where value < least || value > ConvolutionExtent.largest {
      throw Failure(.outOfRange, "the pooling's \(what) (\(name)) is \(value); it must be \(least) … 2³⁰")
    }
    if window > before + input + after {
      throw Failure(
        .shapeMismatch, "the pooling's window has \(window) pixels (\(name)); it must not be larger than the padded image, which has \(before + input + after)")
    }
    if max(before, after) >= window {
      throw Failure(
        .outOfRange,
        "the pooling's padding (\(name)) is \(max(before, after)); it must be less than the window's \(window), so that every window holds a pixel of the image"
      )
    }
  }
}

/// The geometry of a pooling, channel by channel: window o covers the pixels o·stride − before … o·stride − before + window − 1. The rows of a block are ordered channel, y, x.
package struct PoolingGeometry: Equatable, Sendable {
  package let channels: Int
  package let vertical: PoolingExtent
  package let horizontal: PoolingExtent

  /// Whether a pixel can lie in several windows.
  package var overlaps: Bool { vertical.stride < vertical.window || horizontal.stride < horizontal.window }

  /// - Throws: `outOfRange`, `shapeMismatch` with the size that does not fit.
  package init(channels: Int, vertical: PoolingExtent, horizontal: PoolingExtent) throws(Failure) {
    if channels < 1 || channels > ConvolutionExtent.largest {
      throw Failure(.outOfRange, "the pooling's number of channels is \(channels); it must be 1 … 2³⁰")
    }
    try vertical.check("vertical")
    try horizontal.check("horizontal")
    // A place in a window is stored as a Float, which holds whole numbers up to 2²⁴.
    if vertical.window * horizontal.window > 1 << 24 {
      throw Failure(.outOfRange, "the pooling's window has \(vertical.window) × \(horizontal.window) pixels; it must have at most 2²⁴")
    }
    self.channels = channels
    self.vertical = vertical
    self.horizontal = horizontal
    var bytes = Block.quantum * 8
    for factor in [channels, max(vertical.input, vertical.output), max(horizontal.input, horizontal.output)] {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: factor)
      if overflow { throw Failure(.outOfRange, "the pooling's images are too large for the address space") }
      bytes = product
    }
  }

  package var inputPixels: Int { vertical.input * horizontal.input }
  package var outputPixels: Int { vertical.output * horizontal.output }
  package var inputRows: Int { channels * inputPixels }
  package var outputRows: Int { channels * outputPixels }
}

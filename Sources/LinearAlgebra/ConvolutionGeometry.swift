import Settings

/// What an image is taken to be outside of its edges.
package enum Padding: Int32, CaseIterable, Sendable {
  case zero = 0
  /// The image repeated.
  case periodic = 1
  /// The image mirrored at the centers of its edge pixels, which are not repeated.
  case reflect = 2
  /// The nearest edge pixel.
  case replicate = 3

  package var name: String {
    switch self {
    case .zero: "zero"
    case .periodic: "periodic"
    case .reflect: "reflect"
    case .replicate: "replicate"
    }
  }
}

/// The sizes of a convolution along one axis of the image.
package struct ConvolutionExtent: Equatable, Sendable {
  package let input: Int
  package let kernel: Int
  package let stride: Int
  package let dilation: Int
  /// Pixels of padding before the image and after it.
  package let before: Int
  package let after: Int

  package init(input: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, before: Int = 0, after: Int = 0) {
    self.input = input
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.before = before
    self.after = after
  }

  /// Pixels of the padded image.
  package var padded: Int { before + input + after }
  /// Pixels from a kernel's first tap to its last one.
  package var reach: Int { (kernel - 1) * dilation }
  package var output: Int { (padded - reach - 1) / stride + 1 }
  /// Whether there are as many outputs as inputs, one for each.
  var keepsSize: Bool { stride == 1 && padded - reach == input }

  /// No size of an axis is larger, so that sums and products of two of them fit.
  static let largest = 1 << 30

  fileprivate func check(_ name: String, _ padding: Padding) throws(Failure) {
    for (what, value, least) in [
      ("size", input, 1), ("kernel", kernel, 1), ("stride", stride, 1), ("dilation", dilation, 1), ("padding before", before, 0), ("padding after", after, 0),
    ] where value < least || value > Self.largest {
      throw Failure(.outOfRange, "the convolution's \(what) (\(name)) is \(value); it must be \(least) … 2³⁰")
    }
    if reach >= padded {
      throw Failure(.shapeMismatch, "the convolution's kernel spans \(reach + 1) pixels (\(name)); it must not be larger than the padded image, which has \(padded)")
    }
    if padding == .reflect, max(before, after) >= input {
      throw Failure(.outOfRange, "the convolution's padding (\(name)) is \(max(before, after)); reflect needs less than the image's \(input)")
    }
  }
}

/// The geometry of a convolution: channels, groups, and the sizes along both axes. A convolution in one dimension has height 1.
///
/// K ⋆ x is the cross-correlation: out[o, y, x] = Σ_{c,i,j} K[o, c, i, j]·in[c, y·stride + i·dilation − before, …], c in the group of o. Weights are row-major [outputs, inputs / groups, kernel height · kernel width]. The rows
/// of a block are ordered channel, y, x.
package struct ConvolutionGeometry: Equatable, Sendable {
  package let inputChannels: Int
  package let outputChannels: Int
  /// Channels are cut into as many groups, each with its own kernel; with one channel a group the convolution is depthwise.
  package let groups: Int
  package let vertical: ConvolutionExtent
  package let horizontal: ConvolutionExtent
  package let padding: Padding

  /// - Throws: `outOfRange`, `shapeMismatch` with the size that does not fit.
  package init(
    inputChannels: Int, outputChannels: Int, groups: Int = 1, vertical: ConvolutionExtent, horizontal: ConvolutionExtent, padding: Padding = .zero
  ) throws(Failure) {
    for (what, value) in [("input channels", inputChannels), ("output channels", outputChannels), ("groups", groups)] where value < 1 || value > ConvolutionExtent.largest {
      throw Failure(.outOfRange, "the convolution's number of \(what) is \(value); it must be 1 … 2³⁰")
    }
    if inputChannels % groups != 0 || outputChannels % groups != 0 {
      throw Failure(.shapeMismatch, "\(groups) groups do not divide \(inputChannels) input and \(outputChannels) output channels")
    }
    try vertical.check("vertical", padding)
    try horizontal.check("horizontal", padding)
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
    self.vertical = vertical
    self.horizontal = horizontal
    self.padding = padding
    guard isAddressable else { throw Failure(.outOfRange, "the convolution's images or weights are too large for the address space") }
  }

  package var inputPixels: Int { vertical.input * horizontal.input }
  package var outputPixels: Int { vertical.output * horizontal.output }
  package var inputRows: Int { inputChannels * inputPixels }
  package var outputRows: Int { outputChannels * outputPixels }
  /// Weights of one output and input channel.
  package var taps: Int { vertical.kernel * horizontal.kernel }
  /// Whether no two windows share a pixel and none reaches beyond the image. Then W splits into one block for each window, all of them the kernel as a matrix [outputs, inputs·taps], so that its norm is that of W.
  package var hasDisjointWindows: Bool { taps > 1 && [vertical, horizontal].allSatisfy { $0.before == 0 && $0.after == 0 && ($0.stride > $0.reach || $0.output == 1) } }
  package var weightCount: Int { outputChannels * (inputChannels / groups) * taps }

  /// Whether weights and planes of 16 samples can be counted in bytes.
  private var isAddressable: Bool {
    let channels = max(inputChannels, outputChannels)
    let plane = [channels, 2 * vertical.padded + 4, 2 * horizontal.padded + 4, 16 * 8 * 4]
    let weights = [outputChannels, inputChannels / groups, taps, 16 * 8 * 4]
    return [plane, weights].allSatisfy { factors in
      var product = 1
      return factors.allSatisfy { factor in
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        product = next
        return !overflow
      }
    }
  }
}

import LinearAlgebra
import Settings

/// The linear operators that a block's fields multiply by.
package enum OperatorKind: Sendable {
  /// Matrices between features.
  case dense
  /// Convolutions between images of one size.
  case convolution(ConvolutionForm)

  /// The pixels of a channel; 1 for features.
  package var pixels: Int {
    switch self {
    case .dense: 1
    case .convolution(let form): form.height * form.width
    }
  }

  /// The shape of a state of as many features or channels.
  package func shape(of channels: Int) -> Shape {
    switch self {
    case .dense: Shape(channels: channels)
    case .convolution(let form): Shape(channels: channels, height: form.height, width: form.width)
    }
  }

  /// The same operators with kernels of one pixel, which act on the channels of each pixel by itself.
  package var ofPixels: OperatorKind {
    guard case .convolution(var form) = self else { return self }
    (form.kernel, form.dilation, form.groups, form.margin, form.algorithm) = (1, 1, 1, nil, .direct)
    return .convolution(form)
  }

  /// - Parameters: inputs, outputs: numbers of features or of channels.
  /// - Throws: the size of a convolution that does not fit.
  package func make(inputs: Int, outputs: Int, precision: Precision) throws(Failure) -> any LinearOperator {
    switch self {
    case .dense: DenseOperator(inputs: inputs, outputs: outputs, precision: precision)
    case .convolution(let form): try ConvolutionOperator(form, inputs: inputs, outputs: outputs, precision: precision)
    }
  }
}

/// The form of convolutions: everything except the numbers of channels.
package struct ConvolutionForm: Equatable, Sendable {
  /// The image that is convolved.
  package var height: Int
  package var width: Int
  /// The extent of the kernel along both axes. Along an axis of one pixel it is 1, so that an image of height 1 has kernels in one dimension.
  package var kernel = 3
  package var stride = 1
  package var dilation = 1
  package var groups = 1
  package var padding = Padding.zero
  /// Pixels of padding at each edge of an axis of more than one pixel. nil: as many as a convolution of stride 1 needs to keep the size of the image.
  package var margin: Int?
  /// How products are computed; nil for the fastest way.
  package var algorithm: ConvolutionAlgorithm?

  package init(_ shape: Shape) {
    height = shape.height
    width = shape.width
  }

  /// The same convolution of another image.
  package func of(_ shape: Shape) -> ConvolutionForm {
    var form = self
    (form.height, form.width) = (shape.height, shape.width)
    return form
  }

  /// - Throws: `.outOfRange`, `.shapeMismatch` with the size that does not fit.
  func geometry(inputs: Int, outputs: Int) throws(Failure) -> ConvolutionGeometry {
    try ConvolutionGeometry(inputChannels: inputs, outputChannels: outputs, groups: groups, vertical: extent(height), horizontal: extent(width), padding: padding)
  }

  private func extent(_ pixels: Int) -> ConvolutionExtent {
    // An axis of one pixel has no neighbors, and no padding.
    let (kernel, margin) = pixels == 1 ? (1, nil) : (kernel, margin)
    let (kept, overflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
    let before = margin ?? (overflow ? 0 : kept / 2)
    return ConvolutionExtent(input: pixels, kernel: kernel, stride: stride, dilation: dilation, before: before, after: margin ?? (overflow ? 0 : kept - before))
  }
}

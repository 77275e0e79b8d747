import LinearAlgebra
import Settings

/// How the operators of a block are made from its options and the shape of its state.
package typealias OperatorEntry = Factory<(options: OptionValues, shape: Shape), OperatorKind>

/// What fields multiply by, by name.
package let operators = Registry<OperatorEntry>("operator", [
  ("dense", "matrices; an image is the list of all its numbers", OperatorEntry { _ in .dense }),
  ("convolution", "convolutions, which keep the size of the image; features are channels", OperatorEntry(options: convolutionOptions) { (i) throws(Failure) in try keepingSize(i.options, i.shape) }),
])

/// The options of convolutions, in blocks and between them.
package let convolutionOptions: [OptionDescription] = [
  OptionDescription("kernel", .integer(1...1024), default: .integer(3), unit: "pixels", "extent of the kernels along the image's height and width; along an axis of one pixel it is 1"),
  OptionDescription("padding", .choice(Padding.allCases.map(\.name)), default: .text(Padding.zero.name), "what lies outside of the image. zero: zeros; periodic: the image again; reflect: its mirror image, without the edge; replicate: its edge pixels"),
  OptionDescription("groups", .integer(1...65_536), default: .integer(1), unit: "groups", "number of groups of channels that are convolved by themselves; as many as channels: a depthwise convolution"),
  OptionDescription("dilation", .integer(1...1024), default: .integer(1), unit: "pixels", "distance of neighboring taps of the kernel"),
  OptionDescription(
    "convolution", .choice(["automatic"] + ConvolutionAlgorithm.allCases.map(\.name)), default: .text("automatic"),
    "how products are computed. direct: tap by tap, with the simplest bound of rounding errors; winograd: with fewer products, for 3×3 kernels in float32; automatic: winograd where it applies"),
]

/// The form of convolutions that these options describe, with the padding that keeps the size of the image.
package func convolutionForm(_ options: OptionValues, _ shape: Shape) throws(Failure) -> ConvolutionForm {
  var form = ConvolutionForm(shape)
  form.kernel = try options.integer("kernel")
  form.dilation = try options.integer("dilation")
  form.groups = try options.integer("groups")
  let (padding, algorithm) = (try options.text("padding"), try options.text("convolution"))
  guard let chosen = Padding.allCases.first(where: { $0.name == padding }) else { throw unknownName(padding, what: "padding", allowed: Padding.allCases.map(\.name)) }
  form.padding = chosen
  form.algorithm = ConvolutionAlgorithm.allCases.first { $0.name == algorithm }
  return form
}

/// - Throws: `.incompatible` for a state that is not an image.
private func keepingSize(_ options: OptionValues, _ shape: Shape) throws(Failure) -> OperatorKind {
  guard shape.isImage else {
    throw Failure(.incompatible, "operator convolution needs an image; the state is a list of \(shape.channels) features (input_shape gives the inputs channels, height and width)")
  }
  return .convolution(try convolutionForm(options, shape))
}

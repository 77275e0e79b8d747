import LinearAlgebra
import Settings
import VectorFields

/// What a connector is made from: its options, the shape that it reads, and the precision.
package struct ConnectorConfiguration: Sendable {
  package let options: OptionValues
  package let input: Shape
  package let precision: Precision

  /// The configuration of the operators and biases of a map to `channels` channels.
  func layers(_ operators: OperatorKind) throws(Failure) -> LayerPlan {
    var configuration = FieldConfiguration(width: input.channels, bias: try biases(try options.text("bias")), precision: precision)
    configuration.operators = operators
    return LayerPlan(configuration)
  }

  /// The layers of a map that multiplies by no operator.
  var noLayers: LayerPlan { LayerPlan(FieldConfiguration(width: input.features, precision: precision)) }

  /// The activation; nil for the identity.
  func activation() throws(Failure) -> Activation? {
    let activation = try activations(try options.text("activation"))
    return activation == .identity ? nil : activation
  }
}

/// A connector that has no place yet: its map, the tensors that the map reads, and the shape that it writes.
package struct ConnectorParts: Sendable {
  let map: any StageMap
  let layers: LayerPlan
  let output: Shape
}

/// How a registered connector is made. It throws the reason for a shape that the connector cannot have.
package typealias ConnectorEntry = Factory<ConnectorConfiguration, ConnectorParts>

/// The connectors by name. They stand before, between and after blocks, and change the shape of the state.
package let connectors = Registry<ConnectorEntry>("connector", [
  ("dense", "σ(Wx + b) of all features; what follows is a list of features", ConnectorEntry(options: [features] + affineOptions) { (c) throws(Failure) in try dense(c) }),
  ("convolution", "σ(K⋆x + b), an image of other channels and, with a stride, of another size", ConnectorEntry(options: [channels, stride, margin] + convolutionOptions + affineOptions) { (c) throws(Failure) in try convolution(c) }),
  ("average_pooling", "the mean of each window of pixels", ConnectorEntry(options: poolingOptions) { (c) throws(Failure) in try averagePooling(c) }),
  ("max_pooling", "the largest pixel of each window", ConnectorEntry(options: poolingOptions) { (c) throws(Failure) in try maxPooling(c) }),
  ("global_average", "the mean of each channel; what follows is a list of features", ConnectorEntry { (c) throws(Failure) in globalAverage(c) }),
  ("channel_padding", "every k-th pixel, and channels of zeros behind those of the image [He et al. 2016]", ConnectorEntry(options: [channels, stride]) { (c) throws(Failure) in try channelPadding(c) }),
  ("normalization", "σ(a⊙x̂ + c), x̂ the image less its mean over its deviation, with trained a and c of each channel", ConnectorEntry(options: [activation] + normalizationOptions) { (c) throws(Failure) in try normalization(c) }),
  ("residual", "S(u) + K₂σ(N₂(K₁σ(N₁(u)))), or a bottleneck: a residual block that changes channels and size, S a projection by one pixel or channel padding", ConnectorEntry(options: [channels, stride, branch, innerChannels, shortcut, remember, activation] + convolutionOptions + normalizationOptions) { (c) throws(Failure) in try residual(c) }),
  ("first_channels", "the first channels of the image, without the others", ConnectorEntry(options: [channels]) { (c) throws(Failure) in try firstChannels(c) }),
  ("channel_copies", "copies of the image, one behind the other [Haber & Ruthotto 2017]", ConnectorEntry(options: [channels]) { (c) throws(Failure) in try channelCopies(c) }),
  ("spatial_shift", "channels shifted by a pixel around a torus, in turn by none, up, down, left and right: a permutation", ConnectorEntry { (c) throws(Failure) in try spatialShift(c) }),
  ("activation", "σ of each number", ConnectorEntry(options: [activation]) { (c) throws(Failure) in try activate(c) }),
  ("dropout", "during training, some numbers are dropped at random and the others divided by the share that is kept [Srivastava et al. 2014]", ConnectorEntry(options: [dropoutRate, dropoutChannels]) { (c) throws(Failure) in try dropout(c) }),
  ("flatten", "the image as a list of features", ConnectorEntry { (c) throws(Failure) in flatten(c) }),
])

/// The options of scope "connector": its name, then those that single connectors take.
package let connectorOptions: [OptionDescription] = [
  OptionDescription("connector", .choice(connectors.names), default: .text("convolution"), "the map that stands at this place")
] + connectors.options

/// The options that a connector takes.
func takenConnectorOptions(_ connector: OptionValues) throws(Failure) -> [String] { try withoutUnusedNormalization(ownConnectorOptions(connector), connector) }

/// The same with those of normalizations that are not chosen, which are refused where the normalization is made.
private func ownConnectorOptions(_ connector: OptionValues) throws(Failure) -> [String] {
  try ["connector"] + connectors(try connector.text("connector")).options.map(\.key)
}

/// Refuses options that are set but belong to other connectors.
func checkConnectorOptions(_ connector: OptionValues) throws(Failure) {
  let taken = try ownConnectorOptions(connector)
  let chooser = OptionChooser("connector", connectors)
  for option in connectorOptions where connector.isSet(option.key) && !taken.contains(option.key) {
    throw Failure(.incompatible, "connector \(try connector.text("connector")) has no option \(option.key); it belongs to \(enumeration(chooser.takers(of: option.key)))")
  }
}

private let features = OptionDescription("features", .integer(1...1_000_000), default: .integer(1), unit: "features", "features of the output")
private let channels = OptionDescription("channels", .integer(0...65_536), default: .integer(0), unit: "channels", "channels of the output; 0: as many as of the input")
private let stride = OptionDescription("stride", .integer(1...1024), default: .integer(1), unit: "pixels", "distance of neighboring outputs in the image")
private let margin = OptionDescription(
  "margin", .integer(-1...1024), default: .integer(-1), unit: "pixels", "pixels of padding at each edge of the image; -1: as many as a convolution of stride 1 needs to keep the size")
private let activation = OptionDescription("activation", .choice(activations.names), default: .text("identity"), "the activation function σ, applied to each number")
private let shortcut = OptionDescription(
  "shortcut", .choice(["projection", "normalized_projection", "padding"]), default: .text("projection"),
  "S of a residual connector. projection: a convolution of one pixel; normalized_projection: the same of σ(N₀(u)) with a normalization of its own; padding: every k-th pixel, and channels of zeros")
private let branch = OptionDescription(
  "branch", .choice(["two_layer", "bottleneck"]), default: .text("two_layer"),
  "the branch of a residual connector. two_layer: two convolutions, as in field pre_activation; bottleneck: of one pixel, of the kernel in groups and with the stride, and of one pixel, as in field bottleneck")
private let innerChannels = OptionDescription(
  "inner_channels", .integer(0...65_536), default: .integer(0), unit: "channels", "channels between the convolutions of a branch; 0: as many as of the output")
private let remember = OptionDescription(
  "remember", .flag, default: .flag(false), "whether S(u) follows as further channels, for integrator linear_multistep with multistep_start given")
private let poolingOptions = [
  OptionDescription("window", .integer(1...1024), default: .integer(2), unit: "pixels", "height and width of a window; along an axis of one pixel it is 1"),
  OptionDescription("window_stride", .integer(0...1024), default: .integer(0), unit: "pixels", "distance of neighboring windows; 0: as large as the window, so that windows do not overlap"),
  OptionDescription("window_margin", .integer(0...1024), default: .integer(0), unit: "pixels", "pixels of padding at each edge of the image, which no mean counts and which are never the largest"),
]
private let dropoutRate = OptionDescription("dropout_rate", .real(0...1), default: .real(0.1), unit: "1", "probability with which each number, or each channel, is dropped in training; less than 1")
private let dropoutChannels = OptionDescription(
  "dropout_channels", .flag, default: .flag(false), "whether whole channels of a sample are dropped, instead of single numbers [Tompson et al. 2015]")
/// How the weights of an affine connector are scaled.
package let weightNorm = OptionDescription(
  "norm", .choice(["free"] + UnitNorm.allCases.map(\.name)), default: .text("free"),
  "the norm of the weights W = K. free: any; else they are scaled so that it is at most 1. row_sums: by the row sums of |KKᵀ|; aol: by the columns of |KᵀK| [Prach & Lampert 2022]; tight: by a bound of the norm, which leaves it near 1. For convolutions: free or row_sums")
private let affineOptions = [
  activation, weightNorm,
  OptionDescription("bias", .choice(biases.names), default: .text("vector"), "none: no bias; scalar: one number; vector: one number per feature or channel of the output"),
]

/// What an affine connector multiplies by.
func preparation(_ norm: String) -> LayerPlan.Preparation { UnitNorm(rawValue: norm).map { .scaled($0) } ?? .copy }

private func dense(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let output = Shape(channels: try configuration.options.integer("features"))
  var layers = try configuration.layers(.dense)
  let weights = try layers.weight("W", inputs: configuration.input.features, outputs: output.channels, prepared: try preparation(configuration.options.text(weightNorm.key)))
  let map = AffineMap(weights, bias: layers.bias("b", of: weights), try configuration.activation())
  return ConnectorParts(map: map, layers: layers, output: output)
}

private func convolution(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (options, input) = (configuration.options, configuration.input)
  var form = try convolutionForm(options, input)
  form.stride = try options.integer("stride")
  let margin = try options.integer("margin")
  form.margin = margin < 0 ? nil : margin
  if margin == 0, form.padding != .zero {
    throw Failure(.incompatible, "padding is \(form.padding.name) but margin is 0, so that nothing is padded; leave out one of them")
  }
  let given = try options.integer("channels")
  var layers = try configuration.layers(.convolution(form))
  let weights = try layers.weight("K", outputs: given == 0 ? input.channels : given, prepared: try preparation(options.text(weightNorm.key)))
  guard let made = weights.linearOperator as? ConvolutionOperator else { preconditionFailure("another operator than was asked for") }
  let map = AffineMap(weights, bias: layers.bias("b", of: weights), try configuration.activation())
  return ConnectorParts(map: map, layers: layers, output: made.outputShape)
}

/// - Throws: `.outOfRange`, `.shapeMismatch` with the size that does not fit; `.incompatible` if the windows leave a rest of the image.
private func pooling(_ configuration: ConnectorConfiguration) throws(Failure) -> (geometry: PoolingGeometry, output: Shape) {
  let (options, input) = (configuration.options, configuration.input)
  let (window, given, margin) = (try options.integer("window"), try options.integer("window_stride"), try options.integer("window_margin"))
  func extent(_ pixels: Int) -> PoolingExtent {
    pixels == 1 ? PoolingExtent(input: 1, window: 1) : PoolingExtent(input: pixels, window: window, stride: given == 0 ? window : given, before: margin, after: margin)
  }
  let (vertical, horizontal) = (extent(input.height), extent(input.width))
  let geometry = try PoolingGeometry(channels: input.channels, vertical: vertical, horizontal: horizontal)
  return (geometry, input.isImage ? Shape(channels: input.channels, height: vertical.output, width: horizontal.output) : input)
}

private func averagePooling(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (geometry, output) = try pooling(configuration)
  return ConnectorParts(map: AveragePoolingMap(geometry), layers: configuration.noLayers, output: output)
}

private func maxPooling(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (geometry, output) = try pooling(configuration)
  return ConnectorParts(map: MaxPoolingMap(geometry), layers: configuration.noLayers, output: output)
}

private func globalAverage(_ configuration: ConnectorConfiguration) -> ConnectorParts {
  let channels = configuration.input.channels
  return ConnectorParts(map: GlobalAverageMap(channels: channels), layers: configuration.noLayers, output: Shape(channels: channels))
}

private func channelPadding(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (input, given) = (configuration.input, try configuration.options.integer("channels"))
  let padding = try ChannelPadding(
    inputChannels: input.channels, outputChannels: given == 0 ? input.channels : given, height: input.height, width: input.width, stride: try configuration.options.integer("stride"))
  return ConnectorParts(
    map: ChannelPaddingMap(padding), layers: configuration.noLayers, output: input.isImage ? Shape(channels: padding.outputChannels, height: padding.outputHeight, width: padding.outputWidth) : Shape(channels: padding.outputChannels))
}

private func normalization(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let input = configuration.input
  var layers = configuration.noLayers
  let map = try layers.normalized("n", configuration.options, input, configuration.activation())
  return ConnectorParts(map: map, layers: layers, output: input)
}

/// The branch of a residual connector, and the shape that it writes.
private func residualBranch(
  _ layers: inout LayerPlan, _ configuration: ConnectorConfiguration, first: NormalizationMap, channels: Int, activation: Activation?
) throws(Failure) -> (map: ChainMap, output: Shape) {
  let (options, input, given) = (configuration.options, configuration.input, try configuration.options.integer("inner_channels"))
  let inner = given == 0 ? channels : given
  var (form, pixel) = (try convolutionForm(options, input), ConvolutionForm(input))
  form.stride = try options.integer("stride")
  (pixel.kernel, pixel.algorithm) = (1, .direct)
  func output(of place: OperatorPlace) -> Shape {
    guard let made = place.linearOperator as? ConvolutionOperator else { preconditionFailure("another operator than was asked for") }
    return made.outputShape
  }
  func plain(_ place: OperatorPlace) -> AffineMap { AffineMap(place, bias: .none, nil) }
  guard try options.text("branch") == "bottleneck" else {
    let one = try layers.weight("K1", outputs: inner, by: .convolution(form))
    let shape = output(of: one)
    let second = try layers.normalized("n2", options, shape, activation)
    let two = try layers.weight("K2", inputs: inner, outputs: channels, by: .convolution(try convolutionForm(options, shape)))
    return (ChainMap([first, plain(one), second, plain(two)]), output(of: two))
  }
  let reduce = try layers.weight("K1", outputs: inner, by: .convolution(pixel))
  let second = try layers.normalized("n2", options, output(of: reduce), activation)
  let middle = try layers.weight("K2", inputs: inner, outputs: inner, by: .convolution(form))
  let third = try layers.normalized("n3", options, output(of: middle), activation)
  let expand = try layers.weight("K3", inputs: inner, outputs: channels, by: .convolution(pixel.of(output(of: middle))))
  return (ChainMap([first, plain(reduce), second, plain(middle), third, plain(expand)]), output(of: expand))
}

private func residual(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (options, input, given) = (configuration.options, configuration.input, try configuration.options.integer("channels"))
  let (channels, stride, activation) = (given == 0 ? input.channels : given, try options.integer("stride"), try configuration.activation())
  var layers = LayerPlan(FieldConfiguration(width: input.channels, bias: .none, precision: configuration.precision))
  let first = try layers.normalized("n1", options, input, activation)
  let (branch, output) = try residualBranch(&layers, configuration, first: first, channels: channels, activation: activation)
  let map: any LayerMap
  if try options.text("shortcut") == "padding" {
    map = ChannelPaddingMap(try ChannelPadding(inputChannels: input.channels, outputChannels: channels, height: input.height, width: input.width, stride: stride))
  } else {
    var pixel = ConvolutionForm(input)
    (pixel.kernel, pixel.stride, pixel.algorithm) = (1, stride, .direct)
    let projection = AffineMap(try layers.weight("S", outputs: channels, by: .convolution(pixel)), bias: .none, nil)
    map = try options.text("shortcut") == "projection" ? projection : ChainMap([try layers.normalized("n0", options, input, activation), projection])
  }
  guard map.outputs == branch.outputs else {
    throw Failure(.shapeMismatch, "the shortcut of a residual connector has \(map.outputs) numbers and its branch \(branch.outputs); an odd kernel with this padding keeps the sizes equal")
  }
  let remembers = try options.flag("remember")
  return ConnectorParts(
    map: ResidualMap(map, branch, remembers: remembers), layers: layers, output: remembers ? output.with(channels: 2 * output.channels) : output)
}

/// - Throws: `.incompatible` for more channels than there are.
private func firstChannels(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (input, given) = (configuration.input, try configuration.options.integer("channels"))
  let channels = given == 0 ? input.channels : given
  guard channels <= input.channels else { throw Failure(.incompatible, "channels is \(channels); the image before connector first_channels has \(input.channels)") }
  let output = input.with(channels: channels)
  return ConnectorParts(map: RowsMap(first: output.features), layers: configuration.noLayers, output: output)
}

/// - Throws: `.incompatible` for a number of channels that copies do not make.
private func channelCopies(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (input, given) = (configuration.input, try configuration.options.integer("channels"))
  let channels = given == 0 ? input.channels : given
  guard channels.isMultiple(of: input.channels) else {
    throw Failure(.incompatible, "channels is \(channels); connector channel_copies makes copies of the image's \(input.channels) channels, so that it must be a multiple of \(input.channels)")
  }
  let output = Shape(channels: channels, height: input.height, width: input.width)
  return ConnectorParts(map: CopiesMap(rows: input.features, copies: channels / input.channels), layers: configuration.noLayers, output: output)
}

/// - Throws: `.incompatible` for a list of features.
private func spatialShift(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let input = configuration.input
  guard input.isImage else { throw Failure(.incompatible, "connector spatial_shift needs an image; the state is a list of \(input.channels) features") }
  return ConnectorParts(map: ShiftMap(input), layers: configuration.noLayers, output: input)
}

private func activate(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let map = ActivationMap(try configuration.activation() ?? .identity, factor: 1, linear: 0, rows: configuration.input.features)
  return ConnectorParts(map: map, layers: configuration.noLayers, output: configuration.input)
}

/// - Throws: `.outOfRange` for a rate of 1, with which nothing would be left.
private func dropout(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (input, rate) = (configuration.input, try configuration.options.real("dropout_rate"))
  guard rate < 1 else { throw Failure(.outOfRange, "dropout_rate is \(rate); it must be < 1, or nothing would be left") }
  let map = DropoutMap(rate: rate, rows: input.features, together: try configuration.options.flag("dropout_channels") ? input.pixels : 1)
  return ConnectorParts(map: map, layers: configuration.noLayers, output: input)
}

private func flatten(_ configuration: ConnectorConfiguration) -> ConnectorParts {
  let features = configuration.input.features
  return ConnectorParts(map: ScalingMap(1, rows: features), layers: configuration.noLayers, output: Shape(channels: features))
}

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
])

/// The options of scope "connector": its name, then those that single connectors take.
package let connectorOptions: [OptionDescription] = [
  OptionDescription("connector", .choice(connectors.names), default: .text("convolution"), "the map that stands at this place")
] + connectors.options

/// The options that a connector takes.
func takenConnectorOptions(_ connector: OptionValues) throws(Failure) -> [String] {
  try ["connector"] + connectors(try connector.text("connector")).options.map(\.key)
}

/// Refuses options that are set but belong to other connectors.
func checkConnectorOptions(_ connector: OptionValues) throws(Failure) {
  let taken = try takenConnectorOptions(connector)
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
private let affineOptions = [
  OptionDescription("activation", .choice(activations.names), default: .text("identity"), "the activation function σ, applied to each number"),
  OptionDescription("bias", .choice(biases.names), default: .text("vector"), "none: no bias; scalar: one number; vector: one number per feature or channel of the output"),
]

private func dense(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let output = Shape(channels: try configuration.options.integer("features"))
  var layers = try configuration.layers(.dense)
  let weights = try layers.weight("W", inputs: configuration.input.features, outputs: output.channels)
  let map = AffineMap(weights, bias: layers.bias("b", of: weights), try configuration.activation())
  return ConnectorParts(map: map, layers: layers, output: output)
}

private func convolution(_ configuration: ConnectorConfiguration) throws(Failure) -> ConnectorParts {
  let (options, input) = (configuration.options, configuration.input)
  var form = try convolutionForm(options, input)
  form.stride = try options.integer("stride")
  let margin = try options.integer("margin")
  form.margin = margin < 0 ? nil : margin
  let given = try options.integer("channels")
  var layers = try configuration.layers(.convolution(form))
  let weights = try layers.weight("K", outputs: given == 0 ? input.channels : given)
  guard let made = weights.linearOperator as? ConvolutionOperator else { preconditionFailure("another operator than was asked for") }
  let map = AffineMap(weights, bias: layers.bias("b", of: weights), try configuration.activation())
  return ConnectorParts(map: map, layers: layers, output: made.outputShape)
}

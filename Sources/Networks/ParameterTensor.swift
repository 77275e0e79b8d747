import LinearAlgebra
import Settings
import VectorFields

/// A parameter tensor of a network: its name, shape and place in the one parameter vector.
package struct ParameterTensor: Sendable {
  /// "opening.W", "blocks.0.K", "readout.b".
  package let name: String
  package let shape: [Int]
  package let range: Range<Int>
  package let role: ParameterShape.Role
  /// How the initial values are drawn.
  package let initial: ParameterShape.Initial
  /// How the last extent is a stencil; nil for other tensors.
  package let stencil: Stencil?
  /// The block whose layers the first dimension counts; nil outside blocks.
  package let block: Int?
}

/// Names the tensors of a network under construction and places each after the one before, with checked arithmetic.
struct ParameterPlacement {
  var tensors: [ParameterTensor] = []
  var count = 0
  var blockOffsets: [Int] = []

  mutating func add(_ recipe: BlockRecipe, _ index: Int) throws(Failure) {
    blockOffsets.append(count)
    // The tensors that a block has do not depend on offsets.
    for tensor in try recipe.block(offset: 0, expandedOffset: 0).layout.tensors {
      try add("blocks.\(index).\(tensor.name)", tensor.shape, tensor.role, recipe.initial(of: tensor), stencil: tensor.stencil, block: index)
    }
  }

  mutating func add(_ name: String, _ shape: [Int], _ role: ParameterShape.Role, _ initial: ParameterShape.Initial, stencil: Stencil?, block: Int?) throws(Failure) {
    var size = 1
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      size = overflow ? Int.max : product
      guard size <= NetworkPlan.maximumParameters else {
        throw Failure(.outOfRange, "\(name) would have shape \(shape); a network has at most 2^40 parameters")
      }
    }
    guard count + size <= NetworkPlan.maximumParameters else { throw Failure(.outOfRange, "a network has at most 2^40 parameters; \(name) exceeds that") }
    tensors.append(ParameterTensor(name: name, shape: shape, range: count..<count + size, role: role, initial: initial, stencil: stencil, block: block))
    count += size
  }

  /// Places the tensors of a connector.
  mutating func connector(_ name: String, _ map: any StageMap, _ layers: LayerPlan, from input: Shape, to output: Shape) throws(Failure) -> Connector {
    let offset = count
    for tensor in layers.parameters { try add("\(name).\(tensor.name)", tensor.shape, tensor.role, tensor.initial, stencil: tensor.stencil, block: nil) }
    return Connector(name, map, layers, from: input, to: output, offset: offset)
  }

  /// Places the tensors of a connector from its options.
  mutating func connector(_ name: String, _ options: OptionValues, from input: Shape, _ precision: Precision) throws(Failure) -> Connector {
    try checkConnectorOptions(options)
    let parts = try connectors(try options.text("connector")).make(ConnectorConfiguration(options: options, input: input, precision: precision))
    return try connector(name, parts.map, parts.layers, from: input, to: parts.output)
  }

  /// Places the tensors of a dense connector, Wx + b.
  /// - Parameter norm: a value of the option `norm` of connectors.
  mutating func dense(_ name: String, from input: Shape, to output: Shape, norm: String, _ precision: Precision) throws(Failure) -> (connector: Connector, places: AffineLayer) {
    var layers = LayerPlan(FieldConfiguration(width: output.features, precision: precision))
    let weights = try layers.weight("W", inputs: input.features, outputs: output.features, prepared: preparation(norm))
    let bias = layers.bias("b", of: weights)
    let offset = count
    let connector = try connector(name, AffineMap(weights, bias: bias, nil), layers, from: input, to: output)
    return (connector, AffineLayer(outputs: output.features, inputs: input.features, weightOffset: offset, biasOffset: offset + output.features * input.features))
  }
}

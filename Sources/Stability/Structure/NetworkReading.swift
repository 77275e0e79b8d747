import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// One stage of a network, as far as bounds know it.
package enum StageForm {
  /// The normalization of the inputs by itself.
  case normalization
  /// σ(Wx + b); with `isScaled` of inputs that the normalization shifts and scales first.
  case affine(AffineReading, isScaled: Bool)
  case activation(Activation)
  /// A map that takes some numbers over and adds zeros, or the largest of windows that do not overlap.
  case selection
  /// A map that changes nothing in evaluation, such as dropout.
  case identity
  /// Means of windows that do not overlap, of so many pixels.
  case average(pixels: Int)
  case copies(Int)
  case block(Int)
  /// The scaling of the scores back to the caller's targets.
  case targets
}

/// A stage with its place in the network.
package struct StageReading {
  /// "normalization", "opening", "connector", "block", "readout", "targets".
  package let kind: String
  /// The number among the connectors or among the blocks.
  package let index: Int
  package let form: StageForm
  package let outputs: Int

  /// "blocks[0]", "the opening".
  package var name: String { kind == "block" ? "blocks[\(index)]" : kind == "connector" ? "connectors[\(index)]" : "the \(kind)" }
}

/// A network at the moment of a call: its plan and one version of its parameters, taken apart for bounds.
///
/// What no bound is known for is refused with `incompatible` and the reason, which becomes the certificate's.
package final class NetworkReading {
  package let plan: NetworkPlan
  package let snapshot: ParameterSnapshot
  package let stages: [StageReading]

  package var parameters: Vector { snapshot.parameters }
  package var normalization: Normalization? { snapshot.normalization }

  package init(_ plan: NetworkPlan, _ snapshot: ParameterSnapshot) throws(Failure) {
    (self.plan, self.snapshot) = (plan, snapshot)
    if let sequence = plan.sequence {
      throw Failure(
        .incompatible, sequence.isTrajectory ? "no bounds are known of networks of trajectories: samples have steps of their own size, which are inputs" : "no bounds are known of networks that read sequences")
    }
    var stages: [StageReading] = []
    let count = plan.stages.count
    var connectors = 0
    for (number, stage) in plan.stages.enumerated() {
      switch stage {
      case .block(let index):
        stages.append(StageReading(kind: "block", index: index, form: .block(index), outputs: plan.blocks[index].width))
      case .map(let connector):
        let isReadout = plan.readout != nil && number == count - 1
        let isOpening = connector.name == "opening"
        let form = try Self.form(of: connector, plan, snapshot.parameters)
        stages.append(StageReading(kind: isReadout ? "readout" : isOpening ? "opening" : "connector", index: isReadout || isOpening ? 0 : connectors, form: form, outputs: connector.output.features))
        if !isReadout, !isOpening { connectors += 1 }
      }
    }
    // Without a matrix the opening copies the inputs and pads them with zeros.
    if !stages.contains(where: { $0.kind == "opening" }) {
      let width: Int = switch plan.stages.first {
      case .map(let connector): connector.input.features
      case .block(let index): plan.blocks[index].width
      case nil: plan.inputs
      }
      stages.insert(StageReading(kind: "opening", index: 0, form: .selection, outputs: width), at: 0)
    }
    if snapshot.normalization != nil {
      // Where a matrix follows, its norm is that of W·diag(scale): small deviations of some features would otherwise make the bound useless.
      if case .affine(let map, _) = stages.first?.form, map.weights.matrix != nil {
        stages[0] = StageReading(kind: stages[0].kind, index: stages[0].index, form: .affine(map, isScaled: true), outputs: stages[0].outputs)
      } else {
        stages.insert(StageReading(kind: "normalization", index: 0, form: .normalization, outputs: plan.inputs), at: 0)
      }
    }
    if snapshot.targetScaling != nil { stages.append(StageReading(kind: "targets", index: 0, form: .targets, outputs: plan.outputs)) }
    self.stages = stages
  }

  private static func form(of connector: Connector, _ plan: NetworkPlan, _ parameters: Vector) throws(Failure) -> StageForm {
    if connector.layers.scales {
      throw Failure(.incompatible, "\(connector.name): bounds are of weights as they are stored, and these are scaled by their norm; sode_network_fold_norms (network.fold_norms()) gives the network with the scaled weights, which can be certified")
    }
    switch connector.map {
    case let map as AffineMap:
      func tensor(_ index: Int) -> ParameterTensor? { plan.tensors.first { $0.name == "\(connector.name).\(connector.layers.parameters[index].name)" } }
      guard let weights = tensor(map.place.tensor) else { throw Failure(.internal, "a connector without its tensor") }
      let bias = map.bias.tensor.flatMap(tensor).map { place in
        BiasReading(tensor: place.name, entry: nil, numbers: parameters[place.range], repeats: map.outputs / place.range.count)
      }
      let reading = OperatorReading(tensor: weights.name, entry: nil, linearOperator: map.place.linearOperator, weights: parameters[weights.range], isTransposed: false)
      return .affine(AffineReading(weights: reading, bias: bias, activation: map.activation ?? .identity), isScaled: false)
    case let map as ActivationMap: return .activation(map.activation)
    case let map as AveragePoolingMap:
      let (v, h) = (map.geometry.vertical, map.geometry.horizontal)
      guard v.stride >= v.window, h.stride >= h.window, v.before + v.after + h.before + h.after == 0 else {
        throw Failure(.incompatible, "\(connector.name): no bound is known of means over windows that overlap or have margins")
      }
      return .average(pixels: v.window * h.window)
    case is GlobalAverageMap: return .average(pixels: connector.input.pixels)
    case let map as MaxPoolingMap:
      guard map.geometry.vertical.stride >= map.geometry.vertical.window, map.geometry.horizontal.stride >= map.geometry.horizontal.window else {
        throw Failure(.incompatible, "\(connector.name): no bound is known of max_pooling over windows that overlap")
      }
      return .selection
    case let map as CopiesMap: return .copies(map.copies)
    case is ChannelPaddingMap, is RowsMap: return .selection
    // The connector identity scales by 1.
    case is DropoutMap, is ScalingMap: return .identity
    case is NormalizationMap: throw Failure(.incompatible, "\(connector.name): a normalization has no Lipschitz bound that holds for all images")
    default: throw Failure(.incompatible, "\(connector.name): no bound is known of this connector")
    }
  }

  // MARK: blocks

  /// Why layers of a block cannot be read one by one.
  package func checkBlock(_ index: Int) throws(Failure) {
    let block = plan.blocks[index]
    guard block.layout.expandedCount == 0 else {
      throw Failure(.incompatible, "blocks[\(index)]: the layers' weights are mixed from coefficients in time; certificates need weights_in_time layers, shared or piecewise_constant")
    }
    let options = plan.specification.blocks[index]
    if let planned = block.plainField as? any PlannedField, planned.plan.scales {
      throw Failure(
        .incompatible,
        "blocks[\(index)]: bounds are of weights as they are stored, and steps \(try options.text("steps")) scales these by their norm; sode_network_fold_norms (network.fold_norms()) gives the network with the scaled weights, which can be certified")
    }
    if try options.text("noise") == "stochastic_depth", try options.text("survival_scaling") == "none" {
      throw Failure(.incompatible, "blocks[\(index)]: with survival_scaling none evaluation multiplies the field by its probability, which bounds do not know")
    }
    guard block.integrator.fieldCount == 1 else { throw Failure(.incompatible, "blocks[\(index)]: no bound is known of integrators with two fields") }
  }

  package func integratorName(ofBlock index: Int) throws(Failure) -> String { try plan.specification.blocks[index].text("integrator") }

  package func scheme(ofBlock index: Int) throws(Failure) -> SchemeReading { SchemeReading(plan.blocks[index].integrator, name: try integratorName(ofBlock: index)) }

  /// One layer of a block.
  /// - Parameter scheme: that of the block, which need not be found again for each layer.
  package func layer(_ j: Int, ofBlock index: Int, _ scheme: SchemeReading) throws(Failure) -> LayerReading {
    let block = plan.blocks[index]
    return LayerReading(block: index, layer: j, field: try field(index, entry: block.layout.entry(of: j)), scheme: scheme, stepSize: block.stepSize(j), width: block.field.stateWidth)
  }

  private func field(_ index: Int, entry: Int) throws(Failure) -> FieldReading {
    let (block, options) = (plan.blocks[index], plan.specification.blocks[index])
    func weights(_ place: OperatorPlace) -> OperatorReading {
      OperatorReading(
        tensor: "blocks.\(index).\(block.plainField.parameters[place.tensor].name)", entry: entry, linearOperator: place.linearOperator,
        weights: parameters[block.layout.range(ofTensor: place.tensor, entry: entry)], isTransposed: place.isTransposed)
    }
    func bias(_ place: BiasPlace, outputs: Int) -> BiasReading? {
      place.tensor.map { tensor in
        let numbers = parameters[block.layout.range(ofTensor: tensor, entry: entry)]
        return BiasReading(tensor: "blocks.\(index).\(block.plainField.parameters[tensor].name)", entry: entry, numbers: numbers, repeats: outputs / numbers.count)
      }
    }
    func affine(_ map: AffineMap) -> AffineReading {
      AffineReading(weights: weights(map.place), bias: bias(map.bias, outputs: map.outputs), activation: map.activation ?? .identity)
    }
    switch block.plainField {
    case let field as DenseField: return .plain(affine(field.map))
    case let field as AntisymmetricField: return .antisymmetric(affine(field.map), gamma: try options.real("gamma"))
    case let field as DampedAntisymmetricField: return .damped(affine(field.map.first), gamma: try options.real("gamma"))
    case let field as TwoLayerField: return .twoLayer(affine(field.map.first), affine(field.map.second))
    case let field as NegativeDefiniteField:
      let outer = affine(field.map.second)
      return .negativeDefinite(AffineReading(weights: outer.weights.transposed, bias: outer.bias, activation: outer.activation))
    case let field as GradientFlowField: return .descent(affine(field.map.first))
    case let field as RowSumGradientFlowField:
      let activation = try activations(try options.text("activation"))
      guard let scales = field.logScales.tensor else { throw Failure(.internal, "row sums without scales") }
      return .rowSums(
        AffineReading(weights: weights(field.weights), bias: bias(field.bias, outputs: field.weights.outputs), activation: activation),
        logScales: parameters[block.layout.range(ofTensor: scales, entry: entry)], field.sums)
    case let field as RotateRelaxField: return .rotateRelax(rotation: weights(field.rotation), affine(field.map.second.first))
    case let field as HamiltonianField: return .partitioned(affine(field.positionMap), affine(field.momentumMap), areGradients: false)
    case let field as SeparableHamiltonianField: return .partitioned(affine(field.positionMap.first), affine(field.momentumMap.first), areGradients: true)
    default: throw Failure(.incompatible, "blocks[\(index)]: no bound is known of field \(try options.text("field"))")
    }
  }
}

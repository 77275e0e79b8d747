import LinearAlgebra

/// The tensors of a field's layer and what is prepared from them, collected while the field is composed.
///
/// A field asks it for its weights and biases, gets their places, and builds its maps on these; the plan then answers for declaring, preparing and finishing.
package struct LayerPlan: Sendable {
  /// What is prepared from a tensor of weights.
  package enum Preparation: Sendable {
    /// A copy for single samples.
    case copy
    /// Nothing: for weights that are used transposed alone, which single samples want as they lie.
    case nothing
    /// ½(W − Wᵀ − γI).
    case antisymmetric(damping: Double)
    /// ½(W + Wᵀ).
    case symmetric
  }

  package let width: Int
  package private(set) var parameters: [ParameterShape] = []
  /// Whether `finishGradient` has anything to do.
  package private(set) var gradientNeedsFinish = false
  private let configuration: FieldConfiguration
  private var prepared: [(place: OperatorPlace, preparation: Preparation)] = []
  private var count = 0
  private var isNeededForTraining = false

  package init(_ configuration: FieldConfiguration) {
    width = configuration.width
    self.configuration = configuration
  }

  /// The next tensor: the weights of an operator, width × width unless said otherwise.
  ///
  /// - Parameter weightUse: what the field does with the operator, which scales the first values.
  package mutating func weight(
    _ name: String, inputs: Int? = nil, outputs: Int? = nil, for weightUse: WeightUse = .product, prepared preparation: Preparation = .copy
  ) -> OperatorPlace {
    let linearOperator = configuration.linearOperator(inputs: inputs ?? width, outputs: outputs ?? width)
    let tensor = parameters.count
    let deviation = weightUse.deviation(fanIn: linearOperator.fanIn, fanOut: linearOperator.fanOut)
    parameters.append(ParameterShape(name, linearOperator.shape, .weight, deviation: deviation))
    let place: OperatorPlace
    switch preparation {
    case .nothing: return OperatorPlace(linearOperator, tensor: tensor, use: .itself, weightUse: weightUse, preparedOffset: nil)
    case .copy: place = OperatorPlace(linearOperator, tensor: tensor, use: .itself, weightUse: weightUse, preparedOffset: nextOffset)
    case .antisymmetric, .symmetric:
      place = OperatorPlace(linearOperator, tensor: tensor, use: .made, weightUse: weightUse, preparedOffset: nextOffset)
      isNeededForTraining = true
      gradientNeedsFinish = true
    }
    count += linearOperator.preparedCount
    prepared.append((place, preparation))
    return place
  }

  /// The next tensor: the bias of that operator's outputs, of the kind that was configured; no tensor for none.
  package mutating func bias(_ name: String, of place: OperatorPlace) -> BiasPlace {
    let count = place.linearOperator.biasCount(configuration.bias, transposed: place.isTransposed)
    return count == 0 ? .none : vector(name, count, stride: configuration.bias == .vector ? 1 : 0)
  }

  /// The next tensor: `count` numbers that are no weights, zero at the start.
  package mutating func vector(_ name: String, _ count: Int, stride: Int) -> BiasPlace {
    parameters.append(ParameterShape(name, [count], .bias, deviation: 0))
    return BiasPlace(tensor: parameters.count - 1, stride: stride)
  }

  /// Room for `count` prepared numbers that the field makes itself: bytes from `Layer.prepared`.
  package mutating func reserve(_ count: Int) -> Int {
    isNeededForTraining = true
    defer { self.count += count }
    return nextOffset
  }

  private var nextOffset: Int { count * configuration.precision.byteCount }

  /// Numbers of prepared memory. Copies alone are made for single samples only; beside what training needs they are there always, so that offsets do not depend on the purpose.
  package func preparedCount(for purpose: Purpose) -> Int { isNeededForTraining || purpose == .inference ? count : 0 }

  /// Makes them for one layer, or their tangents for a direction, which leaves constants out and needs no copies.
  package func prepare(_ layer: Layer, asDirection: Bool) {
    guard let base = layer.prepared else { return }
    for (place, preparation) in prepared {
      guard let tensor = layer.tensors[place.tensor], let offset = place.preparedOffset else { continue }
      switch preparation {
      case .nothing: break
      case .copy: if !asDirection { place.linearOperator.prepareCopy(of: tensor, into: base + offset) }
      case .antisymmetric(let damping): place.linearOperator.prepareAntisymmetric(tensor, damping: asDirection ? 0 : damping, into: base + offset)
      case .symmetric: place.linearOperator.prepareSymmetric(tensor, into: base + offset)
      }
    }
  }

  /// Turns the accumulated gradients of what was made, lying in the tensors' places, into those of the tensors.
  package func finishGradient(_ gradient: Layer) {
    for (place, preparation) in prepared {
      guard let tensor = gradient.tensors[place.tensor] else { continue }
      switch preparation {
      case .nothing, .copy: break
      case .antisymmetric: place.linearOperator.antisymmetrizeGradient(tensor)
      case .symmetric: place.linearOperator.symmetrizeGradient(tensor)
      }
    }
  }
}

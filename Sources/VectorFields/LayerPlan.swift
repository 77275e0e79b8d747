import LinearAlgebra
import Settings

/// The list of the tensors of a field's layer and of the operators prepared from them. It is filled while the field is made.
///
/// A field asks the plan for its weights and biases, gets their places, and makes its maps with these places. Later the plan declares the tensors, prepares the operators and finishes the gradients for the field.
package struct LayerPlan: Sendable {
  /// What is prepared from a tensor of weights.
  package enum Preparation: Sendable {
    /// W itself: a copy for single samples.
    case copy
    /// Nothing, for weights that are only used transposed: their tensor already has the layout that single samples need. Operators that need their prepared form get the copy all the same.
    case nothing
    /// ½(W − Wᵀ − γI).
    case antisymmetric(damping: Double)
    /// ½(W + Wᵀ).
    case symmetric
    /// W scaled so that its norm is at most 1 (`UnitScaling`), or at most the `bound` with which the layer is prepared. This is no linear map of the tensor, so that its derivatives need the layer.
    case scaled(UnitNorm)

    fileprivate var orCopy: Preparation { if case .nothing = self { .copy } else { self } }

    /// - Throws: `.incompatible` if the operator has no antisymmetric or symmetric part.
    fileprivate func check(_ linearOperator: any LinearOperator) throws(Failure) {
      switch self {
      case .antisymmetric, .symmetric: try linearOperator.checkSquare()
      case .copy, .nothing, .scaled: break
      }
    }
  }

  private struct PreparedOperator {
    let place: OperatorPlace
    let preparation: Preparation
    var scaling: ScaledOperator?
  }

  /// An operator whose weights are scaled, with the places of the scaled tensor and of the scaling's work memory after the operator's prepared numbers.
  private struct ScaledOperator {
    let scaling: any UnitScaling
    let madeOffset: Int
    let memoryOffset: Int
    let count: Int
    let precision: Precision

    func tensor(_ base: UnsafeMutableRawPointer) -> Vector { Vector(base, count: count, precision: precision) }
    func made(_ prepared: UnsafeMutableRawPointer) -> Vector { tensor(prepared + madeOffset) }
    /// Multiplies the scaled weights by their bound, and prepares the operator from them.
    func finish(_ bound: Double, _ prepared: UnsafeMutableRawPointer, _ place: OperatorPlace) {
      // Weights that were left incomplete because the work must end are not used.
      if Watch.current.isOver { return }
      if bound != 1 { scale(bound, made(prepared)) }
      if let offset = place.preparedOffset { place.linearOperator.prepareCopy(of: prepared + madeOffset, into: prepared + offset) }
    }
  }

  /// Rows of the state.
  package let width: Int
  /// The extents of the state.
  package var shape: Shape { configuration.shape(of: configuration.width) }
  /// The pixels of a channel; 1 for features.
  package var pixels: Int { configuration.pixels }
  package var isDense: Bool { if case .dense = configuration.operators { true } else { false } }
  package private(set) var parameters: [ParameterShape] = []
  /// Whether `finishGradient` has anything to do.
  package private(set) var gradientNeedsFinish = false
  /// Whether a sample's result depends on the other samples of its batch while training.
  package private(set) var couplesSamples = false
  private let configuration: FieldConfiguration
  private var prepared: [PreparedOperator] = []
  private var count = 0
  private var isNeededForTraining = false

  package init(_ configuration: FieldConfiguration) {
    width = configuration.rows
    self.configuration = configuration
  }

  /// Adds a tensor with the weights of an operator between features, or channels of an image; by default as many as the state has.
  ///
  /// - Parameters:
  ///   - weightUse: how the field uses the operator. This determines the size of the initial weights.
  ///   - operators: another kind of operator than the configuration's.
  /// - Throws: what prevents an operator of this kind, such as groups that do not divide the channels.
  package mutating func weight(
    _ name: String, inputs: Int? = nil, outputs: Int? = nil, for weightUse: WeightUse = .product, prepared wanted: Preparation = .copy, by operators: OperatorKind? = nil
  ) throws(Failure) -> OperatorPlace {
    let linearOperator = try configuration.linearOperator(inputs: inputs ?? configuration.width, outputs: outputs ?? configuration.width, by: operators)
    try wanted.check(linearOperator)
    let preparation = linearOperator.needsPreparation ? wanted.orCopy : wanted
    if linearOperator.needsPreparation { isNeededForTraining = true }
    let tensor = parameters.count
    let deviation = weightUse.deviation(fanIn: linearOperator.fanIn, fanOut: linearOperator.fanOut)
    parameters.append(ParameterShape(name, linearOperator.shape, .weight, deviation: deviation, stencil: (linearOperator as? ConvolutionOperator).map { Stencil($0.geometry) }))
    let place: OperatorPlace
    var scaled: ScaledOperator?
    switch preparation {
    case .nothing: return OperatorPlace(linearOperator, tensor: tensor, use: .itself, weightUse: weightUse, preparedOffset: nil)
    case .copy:
      place = OperatorPlace(linearOperator, tensor: tensor, use: .itself, weightUse: weightUse, preparedOffset: nextOffset)
      count += linearOperator.copiedCount
    case .antisymmetric, .symmetric:
      place = OperatorPlace(linearOperator, tensor: tensor, use: .made, weightUse: weightUse, preparedOffset: nextOffset)
      isNeededForTraining = true
      gradientNeedsFinish = true
      count += linearOperator.preparedCount
    case .scaled(let norm):
      place = OperatorPlace(linearOperator, tensor: tensor, use: .made, weightUse: weightUse, preparedOffset: nextOffset)
      isNeededForTraining = true
      gradientNeedsFinish = true
      count += linearOperator.copiedCount
      let (scaling, size, made) = (try linearOperator.unitScaling(norm), linearOperator.shape.reduce(1, *), nextOffset)
      count += size
      scaled = ScaledOperator(scaling: scaling, madeOffset: made, memoryOffset: nextOffset, count: size, precision: configuration.precision)
      count += scaling.memoryCount(configuration.precision)
    }
    prepared.append(PreparedOperator(place: place, preparation: preparation, scaling: scaled))
    return place
  }

  /// Adds a tensor with the bias of that operator's outputs, of the configured kind; adds none if there is no bias.
  package mutating func bias(_ name: String, of place: OperatorPlace) -> BiasPlace {
    let count = place.linearOperator.biasCount(configuration.bias, transposed: place.isTransposed)
    return count == 0 ? .none : vector(name, count, stride: configuration.bias == .vector ? 1 : 0, deviation: configuration.initialBias)
  }

  /// Adds a tensor of `count` numbers that are not weights, initially normal with mean zero. With stride 1 there is one for each feature, or for each channel of an image.
  package mutating func vector(_ name: String, _ count: Int, stride: Int, deviation: Double = 0) -> BiasPlace {
    parameters.append(ParameterShape(name, [count], .bias, deviation: deviation))
    return BiasPlace(tensor: parameters.count - 1, stride: stride, rows: configuration.pixels)
  }

  /// Adds the tensor of a normalization: scales, initially 1, and shifts, initially 0; across samples also running means, 0, and variances, 1.
  package mutating func normalization(_ name: String, channels: Int, _ acrossSamples: AcrossSamples?) -> NormalizationPlace {
    let values = (acrossSamples == nil ? [1.0, 0] : [1.0, 0, 0, 1]).flatMap { (value: Double) in Array(repeating: value, count: channels) }
    parameters.append(ParameterShape(name, [values.count / channels, channels], .normalization(acrossSamples), .values(values)))
    if acrossSamples != nil { couplesSamples = true }
    return NormalizationPlace(tensor: parameters.count - 1, channels: channels, isAcrossSamples: acrossSamples != nil, precision: configuration.precision)
  }

  /// Adds a normalization of an image of this shape, with an activation, as the options of a block or a connector say.
  ///
  /// - Parameter key: the option that chooses the normalization.
  /// - Throws: `.incompatible` for an option of another normalization, and if single numbers would be normalized by themselves, which would make all of them 0.
  package mutating func normalized(
    _ name: String, _ options: OptionValues, _ shape: Shape, _ activation: Activation?, by key: String = "normalization"
  ) throws(Failure) -> NormalizationMap {
    let chosen = try options.text(key)
    try checkNormalizationOptions(options, by: key)
    let form = try normalizations(chosen).make((options, shape))
    let geometry = try NormalizationGeometry(channels: shape.channels, pixels: shape.pixels, form.kind)
    if form.acrossSamples == nil, geometry.normalizesSingleNumbers {
      throw Failure(
        .incompatible,
        "\(key) \(chosen) of \(shape.channels) channels of \(shape.pixels) pixel\(shape.pixels == 1 ? "" : "s") would take the mean of each number by itself, and make all of them 0; \(chosen == "layer" ? "" : "layer takes all channels together, ")batch the samples of a batch")
    }
    let place = normalization(name, channels: shape.channels, form.acrossSamples)
    return NormalizationMap(geometry, place, activation, epsilon: try options.real("normalization_epsilon"))
  }

  /// Reserves room for `count` prepared numbers that the field computes itself. Returns their distance from `Layer.prepared` in bytes.
  package mutating func reserve(_ count: Int) -> Int {
    isNeededForTraining = true
    defer { self.count += count }
    return nextOffset
  }

  private var nextOffset: Int { count * configuration.precision.byteCount }

  /// The number of prepared numbers. If all prepared operators are copies, they are made for inference alone. If training needs any prepared operator, it gets the copies too, so that places do not depend on the purpose.
  package func preparedCount(for purpose: Purpose) -> Int { isNeededForTraining || purpose == .inference ? count : 0 }

  /// Whether operators are scaled, so that directions and gradients need the layer.
  package var scales: Bool { prepared.contains { $0.scaling != nil } }

  /// Copies the weights that scaled operators of a prepared layer multiply by to the places of their tensors in `target`; other tensors of `target` stay.
  package func copyScaled(_ layer: Layer, into target: Layer) {
    forEachScaled(layer) { scaled, _, base, place in
      if let tensor = target.tensors[place.tensor] { copy(scaled.made(base), into: scaled.tensor(tensor)) }
    }
  }

  /// Prepares the operators of one layer; or for a direction their tangents, without constants, and without copies that only single samples need.
  ///
  /// - Parameter bound: the largest norm of operators that are scaled.
  package func prepare(_ layer: Layer, asDirection: Bool, bound: Double = 1) {
    precondition(!asDirection || !scales, "the direction of scaled weights needs the layer")
    prepareLinear(layer, asDirection: asDirection)
    guard !asDirection else { return }
    forEachScaled(layer) { scaled, tensor, base, place in
      scaled.scaling.make(tensor, into: scaled.made(base), memory: base + scaled.memoryOffset)
      scaled.finish(bound, base, place)
    }
  }

  /// Prepares the tangents of the operators for a direction, at a layer that is prepared.
  package func prepareDirection(_ direction: Layer, at layer: Layer, bound: Double = 1) {
    prepareLinear(direction, asDirection: true)
    guard let here = layer.prepared else { return }
    forEachScaled(direction) { scaled, tensor, base, place in
      scaled.scaling.makeDirection(tensor, into: scaled.made(base), memory: base + scaled.memoryOffset, at: here + scaled.memoryOffset)
      scaled.finish(bound, base, place)
    }
  }

  /// Turns the accumulated gradients of the prepared operators, which lie in the places of the tensors, into the gradients of the tensors.
  package func finishGradient(_ gradient: Layer) {
    precondition(!scales, "the gradient of scaled weights needs the layer")
    finishLinear(gradient)
  }

  /// The same at a layer that is prepared.
  package func finishGradient(_ gradient: Layer, at layer: Layer, bound: Double = 1) {
    finishLinear(gradient)
    guard let here = layer.prepared else { return }
    for each in prepared {
      guard let scaled = each.scaling, let base = gradient.tensors[each.place.tensor] else { continue }
      scale(bound, scaled.tensor(base))
      scaled.scaling.pullBack(scaled.tensor(base), memory: here + scaled.memoryOffset)
    }
  }

  private func prepareLinear(_ layer: Layer, asDirection: Bool) {
    guard let base = layer.prepared else { return }
    for each in prepared {
      let place = each.place
      guard let tensor = layer.tensors[place.tensor], let offset = place.preparedOffset else { continue }
      switch each.preparation {
      case .nothing, .scaled: break
      case .copy: if !asDirection || place.linearOperator.needsPreparation { place.linearOperator.prepareCopy(of: tensor, into: base + offset) }
      case .antisymmetric(let damping): place.linearOperator.prepareAntisymmetric(tensor, damping: asDirection ? 0 : damping, into: base + offset)
      case .symmetric: place.linearOperator.prepareSymmetric(tensor, into: base + offset)
      }
    }
  }

  private func finishLinear(_ gradient: Layer) {
    for each in prepared {
      let place = each.place
      guard let tensor = gradient.tensors[place.tensor] else { continue }
      switch each.preparation {
      case .nothing, .copy, .scaled: break
      case .antisymmetric: place.linearOperator.antisymmetrizeGradient(tensor)
      case .symmetric: place.linearOperator.symmetrizeGradient(tensor)
      }
    }
  }

  private func forEachScaled(_ layer: Layer, _ body: (_ scaled: ScaledOperator, _ tensor: Vector, _ prepared: UnsafeMutableRawPointer, _ place: OperatorPlace) -> Void) {
    guard let base = layer.prepared else { return }
    for each in prepared {
      guard let scaled = each.scaling, let tensor = layer.tensors[each.place.tensor] else { continue }
      body(scaled, scaled.tensor(tensor), base, each.place)
    }
  }
}

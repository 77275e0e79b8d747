import Gradients
import LinearAlgebra
import Settings
import VectorFields

/// A map between the stages of a network, with its shapes and the place of its parameters: the opening, the readout, and what stands between blocks of different shapes.
///
/// Like a component of a field, a connector consists of a `LayerMap` and of a `LayerPlan`, which declares its tensors. It has one layer, whose step has the size 1.
package final class Connector: Sendable {
  package let name: String
  package let input: Shape
  package let output: Shape
  package let map: any StageMap
  package let layers: LayerPlan
  /// The place of each tensor in the parameter vector.
  private let offsets: [Int]

  /// - Parameters:
  ///   - layers: the tensors and operators that `map` is made of.
  ///   - offset: the place of the first tensor in the parameter vector.
  package init(_ name: String, _ map: any StageMap, _ layers: LayerPlan, from input: Shape, to output: Shape, offset: Int) {
    self.name = name
    self.map = map
    self.layers = layers
    self.input = input
    self.output = output
    var (offsets, next) = ([Int](), offset)
    for tensor in layers.parameters {
      offsets.append(next)
      next += tensor.count
    }
    self.offsets = offsets
  }

  package var couplesSamples: Bool { layers.couplesSamples }
  /// Whether training draws random numbers here.
  package var drawsNumbers: Bool { map.drawsNumbers }
  /// Whether the gradient can be had without the cotangent of the input.
  package var givesGradientAlone: Bool { map.givesGradientAlone }
  package var recordWidth: Int { map.recordWidth }
  package var scratchWidth: Int { map.scratchWidth }
  package func preparedCount(for purpose: Purpose) -> Int { layers.preparedCount(for: purpose) }

  /// The connector's numbers within the network's parameters, a gradient or a direction, and its own prepared operators.
  private func layer(_ parameters: Vector, _ prepared: Vector?) -> Layer {
    var layer = Layer()
    for (index, offset) in offsets.enumerated() { layer.tensors[index] = parameters.base + offset * parameters.precision.byteCount }
    layer.prepared = prepared.flatMap { $0.count > 0 ? $0.base : nil }
    return layer
  }

  /// Its numbers within the places of a gradient.
  func layer(ofGradient gradient: Vector) -> Layer { layer(gradient, nil) }

  /// Its numbers and operators within the weights of its stage.
  func layer(_ weights: Weights) -> Layer {
    var layer = layer(weights.parameters, weights.prepared)
    layer.draws = weights.draws
    return layer
  }

  /// Computes the prepared operators.
  package func prepare(_ parameters: Vector, into prepared: Vector) {
    if prepared.count > 0 { layers.prepare(layer(parameters, prepared), asDirection: false) }
  }

  /// Computes the tangents of the prepared operators for a direction in the parameters.
  package func prepareDirection(_ direction: Vector, into preparedDirection: Vector, at parameters: Vector, prepared: Vector) {
    if prepared.count > 0 { layers.prepareDirection(layer(direction, preparedDirection), at: layer(parameters, prepared)) }
  }

  /// Copies the weights that it multiplies by, where they are scaled, to the places of their tensors in another parameter vector.
  func copyScaled(_ parameters: Vector, prepared: Vector, into target: Vector) { layers.copyScaled(layer(parameters, prepared), into: layer(target, nil)) }

  /// What is known of its Lipschitz constant in ℓ₂.
  var lipschitz: StageLipschitz {
    // The rows of this map are orthogonal and have the length 1/√pixels.
    map is GlobalAverageMap ? .atMost(1 / Double(input.pixels).squareRoot()) : map.lipschitz
  }

  /// The matrix that the weights of an affine connector stand for, and the matrix in a gradient where its cotangent accumulates; nil for another map.
  func matrix(_ parameters: Vector, _ prepared: Vector) -> Matrix? { affine.map { $0.dense.matrix($0.place.weights(layer(parameters, prepared))) } }
  func matrix(ofGradient gradient: Vector) -> Matrix? { affine.map { $0.dense.matrix($0.place.gradient(layer(gradient, nil))) } }

  private var affine: (place: OperatorPlace, dense: DenseOperator)? {
    guard let map = map as? AffineMap, let dense = map.place.linearOperator as? DenseOperator else { return nil }
    return (map.place, dense)
  }

  package var gradientNeedsFinish: Bool { layers.gradientNeedsFinish }
  /// The ranges of its tensors among the network's parameters.
  var ranges: [Range<Int>] { zip(offsets, layers.parameters).map { $0..<$0 + $1.count } }

  /// Turns the accumulated gradients of the operators into those of the tensors, in place.
  func finishGradient(_ gradient: Vector, at parameters: Vector, prepared: Vector) {
    layers.finishGradient(layer(gradient, nil), at: layer(parameters, prepared))
  }

  /// out = f(x). - Parameter record: `recordWidth` rows; nil if no derivative will be computed.
  package func evaluate(_ weights: Weights, at x: Block, into out: Block, record: Block? = nil, scratch: Block) {
    map.evaluate(layer(weights), at: x, scale: 1, addingTo: nil, into: out, record: record, scratch: scratch)
  }

  /// out = ∂f/∂x·v + ∂f/∂θ·direction.
  package func pushforward(_ weights: Weights, direction: Weights?, at x: Block, record: Block, tangent v: Block, into out: Block, scratch: Block) {
    map.pushforward(layer(weights), direction: direction.map { layer($0) }, at: x, record: record, tangent: v, scale: 1, addingTo: nil, into: out, scratch: scratch)
  }

  /// Adds (∂f/∂θ)ᵀp to the gradient and writes (∂f/∂x)ᵀp to `q`.
  /// - Parameters:
  ///   - q: other memory than `p`; nil if the input's cotangent is not needed and the connector gives the gradient alone.
  ///   - gradient: a vector in the layout of the parameters; nil if it is not wanted.
  package func pullback(_ weights: Weights, at x: Block, record: Block, cotangent p: Block, into q: Block?, gradient: Vector?, scratch: Block) {
    let sums = gradient.map { layer($0, nil) }
    if let q {
      map.pullback(layer(weights), at: x, record: record, scale: 1, cotangent: p, addingTo: nil, into: q, gradient: sums, scratch: scratch)
    } else if let sums {
      map.accumulateGradient(layer(weights), at: x, record: record, cotangent: p, gradient: sums, scratch: scratch)
    }
  }
}

/// A map that can be a stage of a network. As the first stage most maps give the gradient of their parameters without the cotangent of their input, which is often the larger part of the work.
package protocol StageMap: LayerMap {
  /// Whether training draws random numbers here.
  var drawsNumbers: Bool { get }
  var lipschitz: StageLipschitz { get }
  /// Whether there is `accumulateGradient`; if not, the gradient comes with the cotangent of the input.
  var givesGradientAlone: Bool { get }
  /// The gradient accumulates (∂f/∂θ)ᵀp: what `pullback` does without q, at scale 1.
  func accumulateGradient(_ layer: Layer, at x: Block, record: Block, cotangent p: Block, gradient: Layer, scratch: Block)
}

extension StageMap {
  package var drawsNumbers: Bool { false }
  package var givesGradientAlone: Bool { true }
}

extension AffineMap: StageMap {}
extension NormalizationMap: StageMap {}
extension ResidualMap: StageMap {
  package var givesGradientAlone: Bool { false }
  package func accumulateGradient(_ layer: Layer, at x: Block, record: Block, cotangent p: Block, gradient: Layer, scratch: Block) {
    preconditionFailure("the gradient of a residual map comes with the cotangent of its input")
  }
}

/// A map without parameters, which has no gradient.
private protocol PlainStageMap: StageMap {}
extension PlainStageMap {
  package func accumulateGradient(_ layer: Layer, at x: Block, record: Block, cotangent p: Block, gradient: Layer, scratch: Block) {}
}
extension ActivationMap: PlainStageMap {}
extension AveragePoolingMap: PlainStageMap {}
extension ChannelPaddingMap: PlainStageMap {}
extension CopiesMap: PlainStageMap {}
extension DropoutMap: PlainStageMap {
  package var drawsNumbers: Bool { true }
}
extension GlobalAverageMap: PlainStageMap {}
extension MaxPoolingMap: PlainStageMap {}
extension RowsMap: PlainStageMap {}
extension ScalingMap: PlainStageMap {}
extension ShiftMap: PlainStageMap {}

import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// A discretized differential equation: a field, an integrator and a number of layers that share the horizon equally, h = T/N.
///
/// The parameters of layer j lie in the network's one vector: tensor t of all layers is contiguous, [layers, …], from `offsets[t]`.
package struct ODEBlock: Sendable {
  package let field: any VectorField
  package let integrator: any Integrator
  package let layers: Int
  package let stepSize: Double
  package let precision: Precision
  /// Rows of a whole state, of a step's record, and of the derivatives' scratch: asked of field and integrator once, not at every layer.
  package let stateWidth: Int
  package let recordWidth: Int
  package let scratchWidth: Int
  private let preparedForTraining: Int
  private let preparedForInference: Int
  /// Where tensor t begins in the parameter vector, in numbers, and how many numbers one layer of it has.
  private let offsets: InlineArray<4, Int>
  private let counts: InlineArray<4, Int>
  private let tensorCount: Int

  /// - Throws: `.incompatible` when the integrator refuses the field.
  package init(
    field: any VectorField, integrator: any Integrator, layers: Int, horizon: Double, offset: Int, precision: Precision
  ) throws(Failure) {
    try integrator.check(field)
    self.field = field
    self.integrator = integrator
    self.layers = layers
    self.precision = precision
    stepSize = horizon / Double(layers)
    stateWidth = field.stateWidth
    recordWidth = integrator.recordWidth(field)
    scratchWidth = integrator.scratchWidth(field)
    preparedForTraining = field.preparedCount(for: .training)
    preparedForInference = field.preparedCount(for: .inference)
    var offsets = InlineArray<4, Int>(repeating: 0)
    var counts = InlineArray<4, Int>(repeating: 0)
    var next = offset
    for (index, tensor) in field.parameters.enumerated() {
      offsets[index] = next
      counts[index] = tensor.count
      next += layers * tensor.count
    }
    self.offsets = offsets
    self.counts = counts
    tensorCount = field.parameters.count
  }

  /// Numbers of prepared operators for all layers.
  package func preparedCount(for purpose: Purpose) -> Int { layers * preparedPerLayer(purpose) }

  private func preparedPerLayer(_ purpose: Purpose) -> Int { purpose == .training ? preparedForTraining : preparedForInference }

  /// Layer j of a parameter, gradient or direction vector, with its prepared operators if there are any.
  package func layer(_ j: Int, of parameters: Vector, prepared: Vector?, for purpose: Purpose = .training) -> Layer {
    var layer = Layer()
    for index in 0..<tensorCount {
      layer.tensors[index] = parameters.base + (offsets[index] + j * counts[index]) * precision.byteCount
    }
    let preparedCount = preparedPerLayer(purpose)
    if preparedCount > 0, let prepared { layer.prepared = prepared.base + j * preparedCount * precision.byteCount }
    return layer
  }

  /// Makes the operators of the layers `range` from their tensors.
  package func prepare(_ range: Range<Int>, parameters: Vector, into prepared: Vector, for purpose: Purpose, asDirection: Bool = false) {
    guard preparedPerLayer(purpose) > 0 else { return }
    for j in range {
      field.prepare(layer(j, of: parameters, prepared: prepared, for: purpose), for: purpose, asDirection: asDirection)
    }
  }

  /// Turns the accumulated operator gradients of the layers `range` into the tensors' gradients, in place.
  package func finishGradient(_ range: Range<Int>, _ gradient: Vector) {
    guard field.gradientNeedsFinish else { return }
    for j in range { field.finishGradient(layer(j, of: gradient, prepared: nil)) }
  }

  /// The visible rows y of a state.
  package func visible(_ state: Block) -> Block { state.rows(0..<field.width) }

  /// Momenta of a partitioned state, which start at zero.
  package func clearMomenta(_ state: Block) {
    if field.isPartitioned { fill(state.rows(field.width..<stateWidth), 0) }
  }
}

/// What a block's sweep works with: parameters and the operators prepared from them.
package struct Weights: Sendable {
  package let parameters: Vector
  package let prepared: Vector?
  package let purpose: Purpose
  package init(parameters: Vector, prepared: Vector?, purpose: Purpose = .training) {
    self.parameters = parameters
    self.prepared = prepared
    self.purpose = purpose
  }
}

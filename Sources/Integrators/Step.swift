import LinearAlgebra
import VectorFields

/// The weights that one step works with: a layer for each of its fields and, where weights vary within the step, for each of its nodes; and the integrator's own tensors.
///
/// The same type describes parameters, gradients and directions. It owns nothing and is trivially copied. It must not exceed 128 bytes, up to which a copy needs no call.
package struct StepWeights: @unchecked Sendable {
  /// The most tensors an integrator may have of its own.
  package static let maximumOwnTensors = 2

  /// Field 0 at node 0.
  package var first: Layer
  /// Bytes from a tensor to the same tensor of the next field, and at the last field to that of the first at the next node; the same for prepared operators.
  package var advance = 0
  package var preparedAdvance = 0
  /// Bytes from the drive at one node to that at the next.
  package var driveAdvance = 0
  /// The purpose that the operators are prepared for, and the precision of tensors and operators. An integrator that prepares its own operators needs both to make and to find them.
  package var purpose = Purpose.training
  package var precision = Precision.float32
  /// The number of advances from node to node, one for each field; 0 where all nodes have the same weights.
  package var fieldsPerNode: UInt8 = 0
  /// The integrator's own tensors in this layer; nil where it has none.
  package var own: InlineArray<2, UnsafeMutableRawPointer?>

  @inlinable package init(_ first: Layer) {
    self.first = first
    own = [nil, nil]
  }

  /// The layer of field `field` at node `node` (an index into `Integrator.nodes`).
  @inlinable package func layer(node: Int = 0, field: Int = 0) -> Layer { node | field == 0 ? first : moved(node, field) }

  @usableFromInline package func moved(_ node: Int, _ field: Int) -> Layer {
    var layer = first
    let places = node * Int(fieldsPerNode) + field
    let distance = places * advance
    if distance != 0 {
      for index in 0..<Layer.maximumTensors { layer.tensors[index] = layer.tensors[index].map { $0 + distance } }
    }
    layer.prepared = layer.prepared.map { $0 + places * preparedAdvance }
    layer.driveBase = layer.driveBase.map { $0 + node * driveAdvance }
    // The parts of one field's noise lie side by side; those of the other come after them.
    layer.draws.part = field &* NoisyField.parts
    return layer
  }
}

/// One step of a block: its place and its weights. Trivially copied.
package struct Step: @unchecked Sendable {
  /// The layer j, from 0.
  package var index: Int
  /// h_j = t_{j+1} − t_j.
  package var stepSize: Double
  /// h_{j−1}; h_0 at the first step.
  package var previousStepSize: Double
  package var weights: StepWeights
  /// The log in which steps report failures, with the memory that they keep between calls; nil where neither is needed.
  package var log: Unmanaged<StepLog>?

  @inlinable package init(index: Int = 0, stepSize: Double, previousStepSize: Double? = nil, weights: StepWeights, log: Unmanaged<StepLog>? = nil) {
    self.index = index
    self.stepSize = stepSize
    self.previousStepSize = previousStepSize ?? stepSize
    self.weights = weights
    self.log = log
  }

  /// A step with the weights of one layer, whatever the node.
  @inlinable package init(_ layer: Layer, stepSize: Double) { self.init(stepSize: stepSize, weights: StepWeights(layer)) }

  @inlinable package func layer(node: Int = 0, field: Int = 0) -> Layer { weights.layer(node: node, field: field) }

  /// Whether the work must end now: schemes that take steps of their own, or iterate, ask after each and leave with what they have, which nobody will use.
  package var isOver: Bool { log?.takeUnretainedValue().isOver ?? false }

  /// The random numbers that the scheme itself draws in this step; nil in evaluation.
  package var draws: LayerDraws? { weights.first.draws.isDrawn ? weights.first.draws.of(part: 128) : nil }
}

import LinearAlgebra
import VectorFields

/// The weights of one step: a `Layer` for each of the scheme's fields, and if weights vary within the step, for each of its nodes; and the integrator's own tensors.
///
/// The same type describes parameters, gradients and directions. It owns no memory and is trivially copied. It must not exceed 128 bytes, because larger values are copied by a function call.
package struct StepWeights: @unchecked Sendable {
  /// The largest number of tensors that an integrator may have of its own.
  package static let maximumOwnTensors = 1

  /// The layer of field 0 at node 0. The others lie at constant distances from it.
  package var first: Layer
  /// Bytes from a tensor to the same tensor of the next field; from the last field, to that of the first field at the next node. `preparedAdvance` is the same for prepared operators.
  package var advance = 0
  package var preparedAdvance = 0
  /// From the lowest bit: `driveAdvance`, 48 bits; `fieldsPerNode`, 8; `purpose` and `precision`, one each. So small is what every step copies.
  @usableFromInline var packed: UInt64 = 0

  /// Bytes from the drive at one node to that at the next.
  @inlinable package var driveAdvance: Int {
    get { Int(packed & 0xFFFF_FFFF_FFFF) }
    set { packed = packed & ~0xFFFF_FFFF_FFFF | UInt64(newValue) & 0xFFFF_FFFF_FFFF }
  }
  /// The number of advances from one node to the next, which is the number of fields; 0 if all nodes have the same weights.
  @inlinable package var fieldsPerNode: UInt8 {
    get { UInt8(truncatingIfNeeded: packed >> 48) }
    set { packed = packed & ~(0xFF << 48) | UInt64(newValue) << 48 }
  }
  /// The purpose that the operators are prepared for, and the precision of tensors and operators. An integrator that prepares its own operators needs both to make and to find them.
  @inlinable package var purpose: Purpose {
    get { packed >> 56 & 1 == 0 ? .training : .inference }
    set {
      // A switch, because == of another module's enumeration is a call.
      switch newValue {
      case .training: packed &= ~(1 << 56)
      case .inference: packed |= 1 << 56
      }
    }
  }
  @inlinable package var precision: Precision {
    get { packed >> 57 & 1 == 0 ? .float32 : .float64 }
    set {
      switch newValue {
      case .float32: packed &= ~(1 << 57)
      case .float64: packed |= 1 << 57
      }
    }
  }
  /// The integrator's own tensors in this layer; nil where it has none.
  package var own: InlineArray<1, UnsafeMutableRawPointer?>

  @inlinable package init(_ first: Layer) {
    self.first = first
    own = [nil]
  }

  /// The layer of field `field` at node `node` (an index into `Integrator.nodes`).
  @inlinable package func layer(node: Int = 0, field: Int = 0) -> Layer { node | field == 0 ? first : moved(node, field) }

  /// These weights with that layer in the first place.
  @inlinable package func beginning(node: Int, field: Int) -> StepWeights {
    var weights = self
    if node | field != 0 { weights.first = moved(node, field) }
    return weights
  }

  @usableFromInline package func moved(_ node: Int, _ field: Int) -> Layer {
    var layer = first
    let places = node * Int(fieldsPerNode) + field
    let distance = places * advance
    if distance != 0 {
      for index in 0..<Layer.maximumTensors { layer.tensors[index] = layer.tensors[index].map { $0 + distance } }
    }
    layer.prepared = layer.prepared.map { $0 + places * preparedAdvance }
    layer.driveBase = layer.driveBase.map { $0 + node * driveAdvance }
    // The random numbers of a field's components have consecutive part numbers; those of the second field come after those of the first.
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

  /// A step that has the weights of one layer at every node.
  @inlinable package init(_ layer: Layer, stepSize: Double) { self.init(stepSize: stepSize, weights: StepWeights(layer)) }

  @inlinable package func layer(node: Int = 0, field: Int = 0) -> Layer { weights.layer(node: node, field: field) }

  /// Whether the work must end now. Schemes that iterate or take steps of their own ask after each iteration or step. If the work must end, they return at once; their result is then discarded.
  package var isOver: Bool { log?.takeUnretainedValue().isOver ?? false }

  /// The random numbers that the scheme itself draws in this step; nil in evaluation.
  package var draws: LayerDraws? { weights.first.draws.isDrawn ? weights.first.draws.of(part: 128) : nil }
}

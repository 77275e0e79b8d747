import LinearAlgebra
import Settings
import VectorFields

/// Lie splitting for a field that rotates and relaxes, f(y) = (A − Aᵀ)y + r(y): the exact rotation first, then forward Euler on the relaxation.
///
///     y* = Q y,   y₊ = y* + h r(y*),   Q = exp(hS) or (I − ½hS)⁻¹(I + ½hS),   S = A − Aᵀ
///
/// Order 1. Q is orthogonal to rounding for every A and h, so a step is non-expansive wherever Euler's step on r is: for `rotate_relax` when h ≤ 2/(L‖K‖²) (Theory.md §6.4). Sources: Hairer, Lubich & Wanner 2006, II.5
/// (splitting), IV.8.3 (Cayley); Higham 2005 (exponential).
///
/// Q is computed once per batch and step size. During the adjoint sweep its gradient G = Σ (∂/∂y*)·yᵀ accumulates in the place of A. At the end G becomes the gradient of A, by the derivative of the exponential or of Cayley's formula.
package struct RotationSplitting: Integrator {
  private let kind: Rotation.Kind
  private let name: String

  /// - Parameter name: the name under which the scheme is registered, for messages.
  package init(_ kind: Rotation.Kind, name: String) {
    self.kind = kind
    self.name = name
  }

  package var order: Int { 1 }

  package func checkNoise() throws(Failure) {
    throw Failure(.incompatible, "integrator \(name) takes the field apart, its rotation is exact for the whole batch; noise acts on the field as a whole: use euler")
  }

  package func check(_ field: any VectorField) throws(Failure) {
    guard field.isDense else { throw Failure(.incompatible, "integrator \(name) rotates by a matrix; it is not defined for images (operator convolution)") }
    guard field is any RotatingField else {
      throw Failure(.incompatible, "integrator \(name) needs a field with a rotation to split off, such as rotate_relax; this field has none")
    }
  }

  /// The rotation is exact: Euler's limit on the descent, hs ≤ 2 (Theory.md §6.4).
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    stableSize(of: name, dynamics.kind) { kind in
      if case .rotationAndDescent = kind { .atMost(2 / h) } else { nil }
    }
  }

  private func rotating(_ field: any VectorField) -> any RotatingField {
    guard let rotating = field as? any RotatingField else { preconditionFailure("\(name) without a rotation: not checked") }
    return rotating
  }

  private func rotation(_ field: any VectorField) -> Rotation { Rotation(kind, size: field.width) }

  /// Q, then the work memory of Q and of its derivatives.
  package func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int {
    // The precision is not known here. Float needs more numbers, so its count is used.
    field.width * field.width + rotation(field).memoryCount(withDerivatives: purpose == .training, precision: .float32)
  }
  package var preparesForStepSize: Bool { true }

  package func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    let own = own(field, weights)
    rotation(field).make(own.a, angle: h, into: own.q, memory: own.memory)
  }

  package func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double) {
    let (own, direction) = (own(field, weights), own(field, direction))
    rotation(field).makeDirection(direction.a, at: own.a, rotation: own.q, angle: h, into: direction.q, memory: direction.memory)
  }

  /// The relaxation's tensors need no finishing (`RotatingField`).
  package func finishGradient(_ field: any VectorField, _ gradient: StepWeights, at weights: StepWeights, stepSize h: Double) {
    let own = own(field, weights)
    rotation(field).pullBack(matrixA(field, gradient.first, weights.precision), at: own.a, rotation: own.q, angle: h, memory: own.memory)
  }
  package func gradientNeedsFinish(_ field: any VectorField) -> Bool { true }

  /// A, Q, and the memory behind Q.
  private func own(_ field: any VectorField, _ weights: StepWeights) -> (a: Matrix, q: Matrix, memory: UnsafeMutableRawPointer) {
    let q = matrixQ(field, weights.first, weights.precision)
    return (matrixA(field, weights.first, weights.precision), q, q.base + field.width * field.width * weights.precision.byteCount)
  }

  private func matrixA(_ field: any VectorField, _ layer: Layer, _ precision: Precision) -> Matrix {
    guard let base = layer.tensors[rotating(field).rotationTensor] else { preconditionFailure("a layer without its rotation") }
    return Matrix(base, rows: field.width, columns: field.width, precision: precision)
  }

  /// Q, stored with contiguous outputs: single samples need that layout, and tiles work with either.
  private func matrixQ(_ field: any VectorField, _ layer: Layer, _ precision: Precision) -> Matrix {
    guard let base = layer.prepared else { preconditionFailure("rotation not prepared") }
    return Matrix(base, rows: field.width, columns: field.width, precision: precision).transposed
  }

  /// The layer for the relaxation, without prepared memory, because that holds Q and nothing that the field prepared.
  private func relaxation(_ layer: Layer) -> Layer {
    var layer = layer
    layer.prepared = nil
    return layer
  }

  /// y*, then the relaxation's record.
  package func recordWidth(_ field: any VectorField) -> Int { field.width + field.recordWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { field.width + field.scratchWidth }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (layer, n) = (step.layer(), field.width)
    let turned = record?.rows(0..<n) ?? scratch.rows(0..<n)
    product(matrixQ(field, layer, before.precision), before, addingTo: nil, into: turned)
    rotating(field).evaluateRelaxation(
      relaxation(layer), at: turned, scale: step.stepSize, addingTo: turned, into: after, record: record?.rows(n..<n + field.recordWidth),
      scratch: scratch.rows(n..<n + field.scratchWidth))
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (layer, direction, n) = (step.layer(), direction?.layer(), field.width)
    let turned = scratch.rows(0..<n)
    product(matrixQ(field, layer, before.precision), tangent, addingTo: nil, into: turned)
    if let direction { product(matrixQ(field, direction, before.precision), before, addingTo: turned, into: turned) }
    rotating(field).pushforwardRelaxation(
      relaxation(layer), direction: direction.map(relaxation), at: record.rows(0..<n), record: record.rows(n..<n + field.recordWidth), tangent: turned,
      scale: step.stepSize, addingTo: turned, into: out, scratch: scratch.rows(n..<n + field.scratchWidth))
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (layer, gradient, n) = (step.layer(), gradient?.layer(), field.width)
    rotating(field).pullbackRelaxation(
      relaxation(layer), at: record.rows(0..<n), record: record.rows(n..<n + field.recordWidth), scale: step.stepSize, cotangent: cotangent,
      addingTo: cotangent, gradient: gradient.map(relaxation), scratch: scratch.rows(n..<n + field.scratchWidth))
    if let gradient { accumulateOuter(cotangent, before, addingTo: matrixA(field, gradient, before.precision)) }
    let turned = scratch.rows(0..<n)
    copy(cotangent, into: turned)
    product(matrixQ(field, layer, before.precision).transposed, turned, addingTo: nil, into: cotangent)
  }
}

/// out = base + M·x, summed in the order of the forward products. `out` may be `base`, never `x`.
func product(_ matrix: Matrix, _ x: Block, addingTo base: Block?, into out: Block) {
  affine(matrix, bias: nil, activation: .identity, of: x, scale: 1, addingTo: base, into: out, slope: nil)
}

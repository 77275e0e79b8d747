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
/// Where A acts on the channels of each pixel, so does Q, as a convolution of one pixel. Where A is a convolution that couples pixels, `KernelSplitting` takes the place of this scheme.
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
    guard let rotating = field as? any RotatingField else {
      throw Failure(.incompatible, "integrator \(name) needs a field with a rotation to split off, such as rotate_relax; this field has none")
    }
    guard rotating.rotationOrder == nil else { return }
    guard kind == .cayley else {
      throw Failure(.incompatible, "integrator \(name) rotates by a matrix, of all features or across channels; with rotation kernel, whose exponential has no derivative in the form of a kernel, use cayley")
    }
    guard rotating.rotationKernel?.padding == .periodic else {
      let padding = rotating.rotationKernel?.padding.name ?? ""
      throw Failure(.incompatible, "integrator \(name) rotates exactly by a convolution only around a torus: with rotation kernel, padding must be periodic; it is \(padding)")
    }
  }

  package func adapted(to field: any VectorField, _ precision: Precision) throws(Failure) -> any Integrator {
    guard let rotating = field as? any RotatingField, rotating.rotationOrder == nil, let geometry = rotating.rotationKernel else { return self }
    return try KernelSplitting(self, geometry, precision)
  }

  /// The rotation is exact: Euler's limit on the descent, hs ≤ 2 (Theory.md §6.4).
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    stableSize(of: name, dynamics.kind) { kind in
      if case .rotationAndDescent = kind { .atMost(2 / h) } else { nil }
    }
  }

  /// The rotation changes no distance, and Euler's step does not increase it.
  package func largestNonExpansiveSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { largestStableSize(dynamics, stepSize: h) }

  private func rotating(_ field: any VectorField) -> any RotatingField {
    guard let rotating = field as? any RotatingField else { preconditionFailure("\(name) without a rotation: not checked") }
    return rotating
  }

  private func order(_ field: any VectorField) -> Int { rotating(field).rotationOrder ?? 0 }
  private func rotation(_ field: any VectorField) -> Rotation { Rotation(kind, size: order(field)) }

  /// Numbers of the field's own operators. Matrices are used as they lie in their tensors.
  private func fieldCount(_ field: any VectorField, _ purpose: Purpose) -> Int { field.isDense ? 0 : field.preparedCount(for: purpose) }

  /// The field's operators, Q in the form that products need, Q row by row, and the work memory of Q and of its derivatives.
  package func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int {
    let n = order(field)
    // The precision is not known here. Float needs more numbers, so its count is used.
    return fieldCount(field, purpose) + rotating(field).rotation.linearOperator.preparedCount + n * n
      + rotation(field).memoryCount(withDerivatives: purpose == .training, precision: .float32)
  }
  package var preparesForStepSize: Bool { true }

  package func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    if !field.isDense { field.prepare(weights.first, stepSize: h, for: purpose) }
    let own = parts(field, weights.first, purpose, weights.precision)
    rotation(field).make(own.a, angle: h, into: own.q, memory: own.memory)
    own.finish()
  }

  package func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double) {
    if !field.isDense { field.prepareDirection(direction.first, at: weights.first, stepSize: h) }
    let (own, along) = (parts(field, weights.first, .training, weights.precision), parts(field, direction.first, .training, weights.precision))
    rotation(field).makeDirection(along.a, at: own.a, rotation: own.q, angle: h, into: along.q, memory: along.memory)
    along.finish()
  }

  /// The relaxation's tensors need no finishing (`RotatingField`).
  package func finishGradient(_ field: any VectorField, _ gradient: StepWeights, at weights: StepWeights, stepSize h: Double) {
    let own = parts(field, weights.first, .training, weights.precision)
    rotation(field).pullBack(matrixA(field, gradient.first, weights.precision), at: own.a, rotation: own.q, angle: h, memory: own.memory)
  }
  package func gradientNeedsFinish(_ field: any VectorField) -> Bool { true }

  /// What is prepared of a layer.
  private struct Parts {
    /// The layer as the relaxation reads it.
    let layer: Layer
    let linearOperator: any LinearOperator
    let a: Matrix
    let q: Matrix
    /// Q in the form that products need.
    let product: OperatorWeights
    let memory: UnsafeMutableRawPointer

    func finish() { linearOperator.prepareCopy(of: q.base, into: product.base) }
  }

  private func parts(_ field: any VectorField, _ layer: Layer, _ purpose: Purpose, _ precision: Precision) -> Parts {
    guard let prepared = layer.prepared else { preconditionFailure("rotation not prepared") }
    let (place, n, bytes) = (rotating(field).rotation, order(field), precision.byteCount)
    let product = prepared + fieldCount(field, purpose) * bytes
    let q = product + place.linearOperator.preparedCount * bytes
    return Parts(
      layer: relaxation(field, layer), linearOperator: place.linearOperator, a: matrixA(field, layer, precision), q: Matrix(q, rows: n, columns: n, precision: precision),
      product: OperatorWeights(product, .prepared), memory: q + n * n * bytes)
  }

  private func matrixA(_ field: any VectorField, _ layer: Layer, _ precision: Precision) -> Matrix {
    Matrix(rotating(field).rotation.gradient(layer).base, rows: order(field), columns: order(field), precision: precision)
  }

  /// The layer for the relaxation. For matrices it has no prepared memory, because that holds nothing that the field prepared.
  private func relaxation(_ field: any VectorField, _ layer: Layer) -> Layer {
    var layer = layer
    if field.isDense { layer.prepared = nil }
    return layer
  }

  /// y*, then the relaxation's record.
  package func recordWidth(_ field: any VectorField) -> Int { field.width + field.recordWidth }
  /// y*, then the scratch of the field or of the product.
  package func scratchWidth(_ field: any VectorField) -> Int { field.width + max(field.scratchWidth, rotating(field).rotation.linearOperator.scratchWidth) }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (own, n) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width)
    let (turned, rest) = (record?.rows(0..<n) ?? scratch.rows(0..<n), scratch.rows(n..<scratchWidth(field)))
    own.linearOperator.product(own.product, before, addingTo: nil, into: turned, scratch: rest)
    rotating(field).evaluateRelaxation(
      own.layer, at: turned, scale: step.stepSize, addingTo: turned, into: after, record: record?.rows(n..<n + field.recordWidth), scratch: rest)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (own, n) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width)
    let along = direction.map { parts(field, $0.layer(), .training, before.precision) }
    let (turned, rest) = (scratch.rows(0..<n), scratch.rows(n..<scratchWidth(field)))
    own.linearOperator.product(own.product, tangent, addingTo: nil, into: turned, scratch: rest)
    if let along { own.linearOperator.product(along.product, before, addingTo: turned, into: turned, scratch: rest) }
    rotating(field).pushforwardRelaxation(
      own.layer, direction: along?.layer, at: record.rows(0..<n), record: record.rows(n..<n + field.recordWidth), tangent: turned,
      scale: step.stepSize, addingTo: turned, into: out, scratch: rest)
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (own, gradient, n) = (parts(field, step.layer(), step.weights.purpose, before.precision), gradient?.layer(), field.width)
    let (turned, rest) = (scratch.rows(0..<n), scratch.rows(n..<scratchWidth(field)))
    rotating(field).pullbackRelaxation(
      own.layer, at: record.rows(0..<n), record: record.rows(n..<n + field.recordWidth), scale: step.stepSize, cotangent: cotangent,
      addingTo: cotangent, gradient: gradient.map { relaxation(field, $0) }, scratch: rest)
    if let gradient { own.linearOperator.accumulateGradient(cotangent, before, addingTo: rotating(field).rotation.gradient(gradient), scratch: rest) }
    copy(cotangent, into: turned)
    own.linearOperator.product(own.product.transposed, turned, addingTo: nil, into: cotangent, scratch: rest)
  }
}

extension LinearOperator {
  /// out = base + W·x, summed in the order of the forward products. `out` may be `base`, never `x`.
  func product(_ weights: OperatorWeights, _ x: Block, addingTo base: Block?, into out: Block, scratch: Block) {
    affine(weights, bias: nil, activation: .identity, of: x, scale: 1, addingTo: base, into: out, slope: nil, scratch: scratch)
  }
}

/// out = base + M·x, summed in the order of the forward products. `out` may be `base`, never `x`.
func product(_ matrix: Matrix, _ x: Block, addingTo base: Block?, into out: Block) {
  affine(matrix, bias: nil, activation: .identity, of: x, scale: 1, addingTo: base, into: out, slope: nil)
}

import LinearAlgebra
import Settings
import VectorFields

/// `RotationSplitting` by Cayley's formula for images whose rotation is a periodic convolution: Q couples all pixels, and is applied in the Fourier basis (`KernelRotation`).
///
///     y* = Q y,   y₊ = y* + h r(y*),   Q = (I − ½hS)⁻¹(I + ½hS),   S = A − Aᵀ
///
/// The derivative in A needs no spectrum: dy* = ½h·W dS (y + y*) with W = ½(I + Q). So the tangent is one convolution and one rotation more, and the gradient of S is that of a convolution,
/// ½h·⟨Wᵀp, dS (y + y*)⟩. It accumulates in the place of A as that of the field's operator M = ½S, and the field finishes it.
struct KernelSplitting: Integrator {
  private let plain: RotationSplitting
  private let rotation: KernelRotation

  /// - Parameter geometry: of A.
  /// - Throws: `memory`.
  init(_ plain: RotationSplitting, _ geometry: ConvolutionGeometry, _ precision: Precision) throws(Failure) {
    self.plain = plain
    rotation = try KernelRotation(geometry, precision: precision)
  }

  var order: Int { plain.order }
  func check(_ field: any VectorField) throws(Failure) { try plain.check(field) }
  func checkNoise() throws(Failure) { try plain.checkNoise() }
  func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { plain.largestStableSize(dynamics, stepSize: h) }
  func largestNonExpansiveSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize { plain.largestNonExpansiveSize(dynamics, stepSize: h) }

  private func rotating(_ field: any VectorField) -> any RotatingField {
    guard let rotating = field as? any RotatingField else { preconditionFailure("a field without a rotation: not checked") }
    return rotating
  }

  /// The field's operators; then Q, and the work memory of its construction.
  func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int { field.preparedCount(for: purpose) + rotation.preparedCount }
  var preparesForStepSize: Bool { true }

  func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    field.prepare(weights.first, stepSize: h, for: purpose)
    let place = rotating(field).rotation
    let count = place.linearOperator.shape.reduce(1, *)
    rotation.make(
      Vector(place.gradient(weights.first).base, count: count, precision: weights.precision), angle: h,
      into: turn(field, weights.first, purpose, weights.precision))
  }

  /// Q.
  private func turn(_ field: any VectorField, _ layer: Layer, _ purpose: Purpose, _ precision: Precision) -> UnsafeMutableRawPointer {
    guard let prepared = layer.prepared else { preconditionFailure("rotation not prepared") }
    return prepared + field.preparedCount(for: purpose) * precision.byteCount
  }

  /// y*, then the relaxation's record.
  func recordWidth(_ field: any VectorField) -> Int { field.width + field.recordWidth }
  /// Two blocks of the state, then the scratch of the field, of A or of Q.
  func scratchWidth(_ field: any VectorField) -> Int {
    2 * field.width + max(field.scratchWidth, rotating(field).rotation.linearOperator.scratchWidth, rotation.scratchRows)
  }

  func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (layer, n) = (step.layer(), field.width)
    let (turned, rest) = (record?.rows(0..<n) ?? scratch.rows(0..<n), scratch.rows(2 * n..<scratchWidth(field)))
    rotation.apply(turn(field, layer, step.weights.purpose, before.precision), transposed: false, to: before, into: turned, scratch: rest)
    rotating(field).evaluateRelaxation(
      layer, at: turned, scale: step.stepSize, addingTo: turned, into: after, record: record?.rows(n..<n + field.recordWidth), scratch: rest)
  }

  func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (layer, direction, n, h) = (step.layer(), direction?.layer(), field.width, step.stepSize)
    let (turned, moved, rest) = (scratch.rows(0..<n), scratch.rows(n..<2 * n), scratch.rows(2 * n..<scratchWidth(field)))
    let (place, q) = (rotating(field).rotation, turn(field, layer, step.weights.purpose, before.precision))
    rotation.apply(q, transposed: false, to: tangent, into: turned, scratch: rest)
    if let direction {
      // u = ½h·dS (y + y*), with dS twice the field's operator; `out` is free until the end.
      combine(1, before, 1, record.rows(0..<n), into: out)
      place.linearOperator.affine(place.direction(direction), bias: nil, activation: .identity, of: out, scale: h, addingTo: nil, into: moved, slope: nil, scratch: rest)
      combine(1, turned, 0.5, moved, into: turned)
      rotation.apply(q, transposed: false, to: moved, into: moved, scratch: rest)
      combine(1, turned, 0.5, moved, into: turned)
    }
    rotating(field).pushforwardRelaxation(
      layer, direction: direction, at: record.rows(0..<n), record: record.rows(n..<n + field.recordWidth), tangent: turned, scale: h, addingTo: turned, into: out,
      scratch: rest)
  }

  func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (layer, gradient, n, h) = (step.layer(), gradient?.layer(), field.width, step.stepSize)
    let (sum, left, rest) = (scratch.rows(0..<n), scratch.rows(n..<2 * n), scratch.rows(2 * n..<scratchWidth(field)))
    rotating(field).pullbackRelaxation(
      layer, at: record.rows(0..<n), record: record.rows(n..<n + field.recordWidth), scale: h, cotangent: cotangent, addingTo: cotangent, gradient: gradient, scratch: rest)
    if gradient != nil { copy(cotangent, into: left) }
    rotation.apply(turn(field, layer, step.weights.purpose, before.precision), transposed: true, to: cotangent, into: cotangent, scratch: rest)
    guard let gradient else { return }
    let place = rotating(field).rotation
    combine(0.5 * h, left, 0.5 * h, cotangent, into: left)
    combine(1, before, 1, record.rows(0..<n), into: sum)
    place.linearOperator.accumulateGradient(left, sum, addingTo: place.gradient(gradient), scratch: rest)
  }
}

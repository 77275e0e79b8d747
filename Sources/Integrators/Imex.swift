import LinearAlgebra
import Settings
import VectorFields

/// Implicit–explicit Euler for ẏ = f(y) − LᵀLy: the field explicitly, the smoothing implicitly.
///
///     (I + hLᵀL) y₊ = y + h f(y),   (Ly)_i = c₀y_{i−1} + c₁y_i + c₂y_{i+1} around the ring of features
///
/// Source: Haber, Lensink, Treister & Ruthotto 2019 (arXiv:1903.02639), where f(y) = Kᵀσ(N(Ky)); here the sign and N are the field's: `gradient_flow` brings −Kᵀσ(Ky + b). The three taps c
/// are trained, tensor "L", at first the difference (−1, 1, 0). One product with (I + hLᵀL)⁻¹ couples all features. Order 1. The smoothing is contractive for every h, so that ‖y₊‖ ≤ ‖y + h f(y)‖, and where L is
/// invertible and f bounded the state stays bounded by max ‖f‖/σ_min(L)² at any step size.
///
/// The smoothing is diagonal in the Fourier basis. There its matrix is computed, once per batch and step size. Tiles are multiplied by this n × n matrix. For images `ImageImex` takes the place of this scheme.
package struct Imex: Integrator {
  package init() {}
  package var order: Int { 1 }

  package func check(_ field: any VectorField) throws(Failure) {
    guard field.componentCount == 1, field.stateWidth == field.width else {
      throw Failure(.incompatible, "integrator imex smooths the features of one state and needs a field of one component, such as gradient_flow; this field is partitioned")
    }
  }

  /// Images are smoothed along both axes.
  package func adapted(to field: any VectorField, _ precision: Precision) throws(Failure) -> any Integrator {
    field.isDense ? self : try ImageImex(self, field.shape, precision)
  }

  package func parameters(_ field: any VectorField) -> [ParameterShape] { [ParameterShape("L", [PeriodicStencil.taps], .weight, .values([-1, 1, 0]))] }

  package func recordWidth(_ field: any VectorField) -> Int { field.recordWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { field.width + field.scratchWidth }

  /// The field's operators; then the smoothing, or in a direction its derivative; then the work memory of its construction.
  package func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int {
    // The precision is not known here. Float needs more numbers, so its count is used.
    field.preparedCount(for: purpose) + field.width * field.width + PeriodicStencil(size: field.width).memoryCount(.float32)
  }
  package var preparesForStepSize: Bool { true }
  package var preparesOwnTensors: Bool { true }

  package func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    let parts = parts(field, weights.first, purpose, weights.precision)
    field.prepare(parts.layer, stepSize: h, for: purpose)
    PeriodicStencil(size: field.width).makeSmoothing(taps(weights, weights.precision), stepSize: h, into: parts.smoothing, memory: parts.memory)
  }

  package func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double) {
    let parts = parts(field, direction.first, .training, weights.precision)
    field.prepareDirection(parts.layer, at: self.parts(field, weights.first, .training, weights.precision).layer, stepSize: h)
    PeriodicStencil(size: field.width).makeSmoothingDerivative(
      taps(weights, weights.precision), direction: taps(direction, weights.precision), stepSize: h, into: parts.smoothing, memory: parts.memory)
  }

  /// The layer as the field reads it, the smoothing, and the work memory behind it.
  private func parts(
    _ field: any VectorField, _ layer: Layer, _ purpose: Purpose, _ precision: Precision
  ) -> (layer: Layer, smoothing: Matrix, memory: UnsafeMutableRawPointer) {
    guard let prepared = layer.prepared else { preconditionFailure("imex not prepared") }
    let (count, n) = (field.preparedCount(for: purpose), field.width)
    var layer = layer
    if count == 0 { layer.prepared = nil }
    let base = prepared + count * precision.byteCount
    return (layer, Matrix(base, rows: n, columns: n, precision: precision), base + n * n * precision.byteCount)
  }

  private func taps(_ weights: StepWeights, _ precision: Precision) -> Vector {
    guard let taps = weights.own[0] else { preconditionFailure("imex without its stencil") }
    return Vector(taps, count: PeriodicStencil.taps, precision: precision)
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (parts, n) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width)
    let explicit = scratch.rows(0..<n)
    field.evaluate(0, parts.layer, at: before, scale: step.stepSize, addingTo: before, into: explicit, record: record, scratch: scratch.rows(n..<n + field.scratchWidth))
    product(parts.smoothing, explicit, addingTo: nil, into: after)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (own, n) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width)
    let along = direction.map { parts(field, $0.layer(), .training, before.precision) }
    let explicit = scratch.rows(0..<n)
    field.pushforward(
      0, own.layer, direction: along?.layer, at: before, record: record, tangent: tangent, scale: step.stepSize, addingTo: tangent, into: explicit,
      scratch: scratch.rows(n..<n + field.scratchWidth))
    product(own.smoothing, explicit, addingTo: nil, into: out)
    if let along { affine(along.smoothing, bias: nil, activation: .identity, of: after, scale: -1, addingTo: out, into: out, slope: nil) }
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (parts, n) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width)
    // The smoothing is symmetric.
    let smoothed = scratch.rows(0..<n)
    product(parts.smoothing, cotangent, addingTo: nil, into: smoothed)
    if let gradient, let own = gradient.own[0] {
      PeriodicStencil(size: n).accumulateGradient(
        taps(step.weights, before.precision), stepSize: step.stepSize, q: smoothed, y: after,
        addingTo: Vector(own, count: PeriodicStencil.taps, precision: before.precision))
    }
    copy(smoothed, into: cotangent)
    field.pullback(
      0, parts.layer, at: before, record: record, scale: step.stepSize, cotangent: smoothed, addingTo: cotangent, gradient: gradient?.layer(),
      scratch: scratch.rows(n..<n + field.scratchWidth))
  }
}

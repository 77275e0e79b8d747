import LinearAlgebra
import Settings
import VectorFields

/// `Imex` for images: each channel is smoothed around a torus with a stencil of its own.
///
///     (I + hLᵀL) y₊ = y + h f(y),   (Ly)[c, p] = Σ_δ L[c, δ] y[c, p + δ],   δ over 3 × 3 pixels
///
/// Source: Haber, Lensink, Treister & Ruthotto 2019 (arXiv:1903.02639). The tensor "L" is channels × taps, at first the sum of the differences along both axes, y[p] − y[p − 1]. The smoothing is periodic whatever
/// the field's padding. It is applied in the Fourier basis (`KernelSmoothing`); L itself and its gradient are depthwise convolutions.
struct ImageImex: Integrator {
  private let plain: Imex
  private let stencil: ConvolutionOperator
  private let smoothing: KernelSmoothing

  /// - Throws: `memory`.
  init(_ plain: Imex, _ shape: Shape, _ precision: Precision) throws(Failure) {
    var form = ConvolutionForm(shape)
    (form.groups, form.padding, form.algorithm) = (shape.channels, .periodic, .direct)
    stencil = try ConvolutionOperator(form, inputs: shape.channels, outputs: shape.channels, precision: precision)
    smoothing = try KernelSmoothing(stencil.geometry, precision: precision)
    self.plain = plain
  }

  var order: Int { plain.order }
  func check(_ field: any VectorField) throws(Failure) { try plain.check(field) }

  func parameters(_ field: any VectorField) -> [ParameterShape] {
    let (vertical, horizontal) = (stencil.geometry.vertical, stencil.geometry.horizontal)
    let center = vertical.before * horizontal.kernel + horizontal.before
    var taps = Array(repeating: 0.0, count: stencil.geometry.taps)
    if vertical.kernel > 1 { (taps[center], taps[center - horizontal.kernel]) = (taps[center] + 1, -1) }
    if horizontal.kernel > 1 { (taps[center], taps[center - 1]) = (taps[center] + 1, -1) }
    let channels = stencil.geometry.inputChannels
    return [ParameterShape("L", [channels, taps.count], .weight, .values(Array(repeating: taps, count: channels).flatMap { $0 }), stencil: Stencil(stencil.geometry))]
  }

  func recordWidth(_ field: any VectorField) -> Int { field.recordWidth }
  /// Two blocks of the state, then the scratch of the field, of L or of the smoothing.
  func scratchWidth(_ field: any VectorField) -> Int { 2 * field.width + max(field.scratchWidth, stencil.scratchWidth, smoothing.scratchRows) }

  /// The field's operators; then L, then the smoothing with the work memory of its construction. A direction has the first two.
  func preparedCount(_ field: any VectorField, for purpose: Purpose) -> Int { field.preparedCount(for: purpose) + stencil.preparedCount + smoothing.preparedCount }
  var preparesForStepSize: Bool { true }
  var preparesOwnTensors: Bool { true }

  func prepare(_ field: any VectorField, _ weights: StepWeights, stepSize h: Double, for purpose: Purpose) {
    field.prepare(weights.first, stepSize: h, for: purpose)
    let (parts, taps) = (parts(field, weights.first, purpose, weights.precision), taps(weights))
    stencil.prepareCopy(of: taps, into: parts.stencil.base)
    smoothing.make(Vector(taps, count: stencil.geometry.weightCount, precision: weights.precision), stepSize: h, into: parts.smoothing)
  }

  func prepareDirection(_ field: any VectorField, _ direction: StepWeights, at weights: StepWeights, stepSize h: Double) {
    field.prepareDirection(direction.first, at: weights.first, stepSize: h)
    stencil.prepareCopy(of: taps(direction), into: parts(field, direction.first, .training, weights.precision).stencil.base)
  }

  private func parts(_ field: any VectorField, _ layer: Layer, _ purpose: Purpose, _ precision: Precision) -> (stencil: OperatorWeights, smoothing: UnsafeMutableRawPointer) {
    guard let prepared = layer.prepared else { preconditionFailure("imex not prepared") }
    let base = prepared + field.preparedCount(for: purpose) * precision.byteCount
    return (OperatorWeights(base, .prepared), base + stencil.preparedCount * precision.byteCount)
  }

  private func taps(_ weights: StepWeights) -> UnsafeMutableRawPointer {
    guard let taps = weights.own[0] else { preconditionFailure("imex without its stencil") }
    return taps
  }

  /// out = base + scale·L x, or with Lᵀ.
  private func apply(_ weights: OperatorWeights, to x: Block, scale: Double = 1, addingTo base: Block? = nil, into out: Block, _ scratch: Block) {
    stencil.affine(weights, bias: nil, activation: .identity, of: x, scale: scale, addingTo: base, into: out, slope: nil, scratch: scratch)
  }

  func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (parts, n) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width)
    let (explicit, rest) = (scratch.rows(0..<n), scratch.rows(2 * n..<scratchWidth(field)))
    field.evaluate(0, step.layer(), at: before, scale: step.stepSize, addingTo: before, into: explicit, record: record, scratch: rest)
    smoothing.apply(parts.smoothing, to: explicit, into: after, scratch: rest)
  }

  func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (own, n, h) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width, step.stepSize)
    let (explicit, filtered, rest) = (scratch.rows(0..<n), scratch.rows(n..<2 * n), scratch.rows(2 * n..<scratchWidth(field)))
    field.pushforward(
      0, step.layer(), direction: direction?.layer(), at: before, record: record, tangent: tangent, scale: h, addingTo: tangent, into: explicit, scratch: rest)
    if let direction {
      // The derivative of (I + hLᵀL)⁻¹r is −h(I + hLᵀL)⁻¹(dLᵀL + LᵀdL)y₊.
      let along = parts(field, direction.layer(), .training, before.precision).stencil
      apply(own.stencil, to: after, into: filtered, rest)
      apply(along.transposed, to: filtered, scale: -h, addingTo: explicit, into: explicit, rest)
      apply(along, to: after, into: filtered, rest)
      apply(own.stencil.transposed, to: filtered, scale: -h, addingTo: explicit, into: explicit, rest)
    }
    smoothing.apply(own.smoothing, to: explicit, into: out, scratch: rest)
  }

  func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (own, n, h) = (parts(field, step.layer(), step.weights.purpose, before.precision), field.width, step.stepSize)
    let (smoothed, filtered, rest) = (scratch.rows(0..<n), scratch.rows(n..<2 * n), scratch.rows(2 * n..<scratchWidth(field)))
    // The smoothing is symmetric.
    smoothing.apply(own.smoothing, to: cotangent, into: smoothed, scratch: rest)
    if let gradient {
      // −h⟨q, (dLᵀL + LᵀdL)y₊⟩ = −h⟨Ly₊, dL q⟩ − h⟨Lq, dL y₊⟩, q the smoothed cotangent.
      let place = OperatorWeights(taps(gradient), .tensor)
      apply(own.stencil, to: after, scale: -h, into: filtered, rest)
      stencil.accumulateGradient(filtered, smoothed, addingTo: place, scratch: rest)
      apply(own.stencil, to: smoothed, scale: -h, into: filtered, rest)
      stencil.accumulateGradient(filtered, after, addingTo: place, scratch: rest)
    }
    copy(smoothed, into: cotangent)
    field.pullback(
      0, step.layer(), at: before, record: record, scale: h, cotangent: smoothed, addingTo: cotangent, gradient: gradient?.layer(), scratch: rest)
  }
}

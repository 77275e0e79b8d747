import LinearAlgebra
import Settings

/// τᵢẏᵢ = −yᵢ + Σⱼ wⱼᵢ σ(yⱼ − θⱼ) + Iᵢ: a continuous recurrent network with trained time constants τ = exp s > 0.
///
/// Source: Ruseckas 2019 (continuous-time recurrent network, the Hopfield equation). wⱼᵢ leads from unit j to unit i, so that the product is wᵀσ. If the weights are ½(w + wᵀ) (option `symmetric`) and σ
/// is non-decreasing, the Cohen–Grossberg function V = −½aᵀwa + Σᵢ(∫^{yᵢ} ξσ'(ξ − θᵢ)dξ − Iᵢaᵢ), a = σ(y − θ), does not increase along the flow of constant weights:
/// V̇ = −Σᵢ τᵢσ'(yᵢ − θᵢ)ẏᵢ². This holds for the flow, not for a step of any size.
///
/// Tensors: w n × n; log_tau (s), n numbers, or one a channel of an image; theta and I of the configured bias kind. The record holds the slopes, a, and τ⊙ẏ. Cost: one product and five passes over the state.
package final class ContinuousRNNField: PlannedField {
  package let plan: LayerPlan
  private let weights: OperatorPlace
  private let logTimeConstants: BiasPlace
  private let thresholds: BiasPlace
  private let inputs: BiasPlace
  private let activation: Activation
  private let precision: Precision
  /// Bytes from the prepared memory to 1/τ.
  private let ratesOffset: Int
  /// The number of time constants: one for each feature, or channel of an image.
  private let units: Int

  /// Takes the option `symmetric`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    weights = try plan.weight("w", prepared: try configuration.options.flag("symmetric") ? .symmetric : .nothing).transposed
    logTimeConstants = plan.vector("log_tau", configuration.width, stride: 1)
    units = configuration.width
    thresholds = plan.bias("theta", of: weights)
    inputs = plan.bias("I", of: weights)
    ratesOffset = plan.reserve(configuration.width)
    self.plan = plan
    activation = configuration.activation
    precision = configuration.precision
  }

  package var isDamped: Bool { true }
  package var recordWidth: Int { 3 * width }
  package var scratchWidth: Int { 2 * width + weights.linearOperator.scratchWidth }
  private func productScratch(_ scratch: Block) -> Block { scratch.rows(2 * width..<scratchWidth) }

  /// Makes ½(w + wᵀ), if configured, and 1/τ = exp(−s). The tangent of 1/τ depends on 1/τ, so `pushforward` forms it.
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) {
    plan.prepare(layer, asDirection: asDirection)
    guard !asDirection, let source = logTimeConstants(layer), let rates = rates(layer) else { return }
    let target = Vector(rates.base, count: units, precision: precision)
    copy(Vector(source.base, count: units, precision: precision), into: target)
    scale(-1, target)
    exponential(target, into: target)
  }

  private func rates(_ layer: Layer) -> Bias? { layer.prepared.map { Bias($0 + ratesOffset, stride: 1, rows: width / units) } }
  private func preparedRates(_ layer: Layer) -> Bias {
    guard let rates = rates(layer) else { preconditionFailure("layer not prepared") }
    return rates
  }

  private func part(_ index: Int, _ rows: Block) -> Block { rows.rows(index * width..<(index + 1) * width) }
  private func slopes(_ record: Block) -> Block { part(0, record) }
  private func activations(_ record: Block) -> Block { part(1, record) }
  private func drives(_ record: Block) -> Block { part(2, record) }

  /// out = x + a·θ, each number of θ for a row.
  private func shift(_ x: Block?, by a: Double, _ theta: Bias?, into out: Block, ones: Block) {
    guard let theta else { return settle(x, into: out) }
    fill(ones, 1)
    scaleRows(theta, ones, scale: a, addingTo: x, into: out)
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let a = record.map { activations($0) } ?? part(0, scratch)
    let drive = record.map { drives($0) } ?? part(1, scratch)
    // The rows of `drive` are not used before the product, so they hold the ones until then.
    shift(x, by: -1, thresholds(layer), into: a, ones: drive)
    activate(activation, a, scale: 1, addingTo: nil, into: a, slope: record.map { slopes($0) })
    add(-1, x, to: nil, into: drive)
    weights.linearOperator.affine(
      weights.weights(layer), bias: inputs(layer), activation: .identity, of: a, scale: 1, addingTo: drive, into: drive, slope: nil, scratch: productScratch(scratch))
    scaleRows(preparedRates(layer), drive, scale: scale, addingTo: base, into: out)
  }

  /// With r = τ⊙ẏ: (1/τ)⊙(−v + wᵀD(v − δθ) + δwᵀa + δI − δs⊙r).
  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let moved = part(0, scratch)
    let sum = part(1, scratch)
    shift(v, by: -1, direction.flatMap { thresholds($0) }, into: moved, ones: sum)
    multiply(1, slopes(record), moved, addingTo: nil, into: moved)
    if let v { add(-1, v, to: nil, into: sum) } else { fill(sum, 0) }
    weights.linearOperator.affine(
      weights.weights(layer), bias: direction.flatMap { inputs($0) }, activation: .identity, of: moved, scale: 1, addingTo: sum, into: sum, slope: nil,
      scratch: productScratch(scratch))
    if let direction {
      weights.linearOperator.affine(
        weights.direction(direction), bias: nil, activation: .identity, of: activations(record), scale: 1, addingTo: sum, into: sum, slope: nil,
        scratch: productScratch(scratch))
      if let change = logTimeConstants(direction) { scaleRows(change, drives(record), scale: -1, addingTo: sum, into: sum) }
    }
    scaleRows(preparedRates(layer), sum, scale: scale, addingTo: base, into: out)
  }

  /// With g = p/τ: ds −= Σ r⊙g, dI += Σ g, dw += a·gᵀ, e = D⊙(w·g), dθ −= Σ e, q += e − g.
  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let g = part(0, scratch)
    let negated = part(1, scratch)
    scaleRows(preparedRates(layer), p, scale: scale, addingTo: nil, into: g)
    weights.linearOperator.affine(
      weights.weights(layer).transposed, bias: nil, activation: .identity, of: g, scale: -1, addingTo: nil, into: negated, slope: nil,
      scratch: productScratch(scratch))
    multiply(1, slopes(record), negated, addingTo: nil, into: negated)
    if let gradient {
      weights.linearOperator.accumulateGradient(g, activations(record), addingTo: weights.gradient(gradient), scratch: productScratch(scratch))
      if let bias = inputs(gradient) { weights.linearOperator.accumulateBiasGradient(g, addingTo: bias, transposed: true) }
      if let bias = thresholds(gradient) { weights.linearOperator.accumulateBiasGradient(negated, addingTo: bias, transposed: true) }
      if let bias = logTimeConstants(gradient) { accumulateRowDots(drives(record), g, scale: -1, addingTo: bias) }
    }
    add(-1, g, to: q, into: q)
    add(-1, negated, to: q, into: q)
  }
}

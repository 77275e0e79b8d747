import LinearAlgebra
import VectorFields

/// The FractalNet block of two fields f and g with weights of their own: w = k₃y + h f(y), y₊ = k₁y + k₂w + ½h g(w).
///
/// Source: Larsson et al. 2017 (arXiv:1605.07648), read as a Runge–Kutta scheme by Lu et al. 2018, §2: f₂(u) = k₁u + k₂(k₃u + f₁(u)) + f₂(k₃u + f₁(u)) with f₁ = h f, f₂ = ½h g. The three numbers
/// k of each layer are trained and begin with Heun's coefficients (½, ½, 1): with g = f the layer is then a step of `heun`. g has the weights at the end of the step.
///
/// The record keeps both fields' slopes and w.
package struct Fractal: Integrator {
  package init() {}
  /// For two fields, with k at its initial values, of the equation ẏ = ½(f + g); with g = f it is 2, Heun's.
  package var order: Int { 1 }
  package var takesOwnSteps: Bool { true }
  package var nodes: [Double] { [0, 1] }
  package var fieldCount: Int { 2 }

  /// k = (k₁, k₂, k₃). It is declared as a bias, so that weight decay does not act on it: k = 0 would erase the state.
  package func parameters(_ field: any VectorField) -> [ParameterShape] { [ParameterShape("k", [3], .bias, .values([0.5, 0.5, 1]))] }

  package func recordWidth(_ field: any VectorField) -> Int { 2 * field.wholeRecordWidth + field.stateWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { field.stateWidth + field.scratchWidth }

  private func middle(_ field: any VectorField, _ record: Block) -> Block {
    record.rows(2 * field.wholeRecordWidth..<2 * field.wholeRecordWidth + field.stateWidth)
  }

  private func fieldScratch(_ field: any VectorField, _ scratch: Block) -> Block { scratch.rows(field.stateWidth..<field.stateWidth + field.scratchWidth) }

  /// The three numbers of a layer.
  private func factors(_ weights: StepWeights, _ precision: Precision) -> (Double, Double, Double) {
    guard let base = weights.own[0] else { preconditionFailure("fractal layer without k") }
    let k = Vector(base, count: 3, precision: precision)
    return (k.load(0), k.load(1), k.load(2))
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (h, rest) = (step.stepSize, fieldScratch(field, scratch))
    let (k1, k2, k3) = factors(step.weights, before.precision)
    let middle = record.map { self.middle(field, $0) } ?? scratch.slot(0, of: field.stateWidth)
    scaled(k3, before, into: middle)
    field.evaluateWhole(
      step.layer(), at: before, scale: h, addingTo: middle, into: middle, record: record?.slot(0, of: field.wholeRecordWidth), scratch: rest)
    combine(k1, before, k2, middle, into: after)
    field.evaluateWhole(
      step.layer(node: 1, field: 1), at: middle, scale: h / 2, addingTo: after, into: after, record: record?.slot(1, of: field.wholeRecordWidth), scratch: rest)
  }

  /// out = k·x.
  private func scaled(_ k: Double, _ x: Block, into out: Block) {
    var sum = RunningSum(nil, into: out)
    sum.add(k, x)
    sum.finish()
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (h, rest) = (step.stepSize, fieldScratch(field, scratch))
    let (k1, k2, k3) = factors(step.weights, before.precision)
    let (d1, d2, d3) = direction.map { factors($0, before.precision) } ?? (0, 0, 0)
    let (middle, v) = (middle(field, record), scratch.slot(0, of: field.stateWidth))
    combine(k3, tangent, d3, before, into: v)
    field.pushforwardWhole(
      step.layer(), direction: direction?.layer(), at: before, record: record.slot(0, of: field.wholeRecordWidth), tangent: tangent, scale: h, addingTo: v,
      into: v, scratch: rest)
    var sum = RunningSum(nil, into: out)
    sum.add(k1, tangent)
    sum.add(d1, before)
    sum.add(k2, v)
    sum.add(d2, middle)
    sum.finish()
    field.pushforwardWhole(
      step.layer(node: 1, field: 1), direction: direction?.layer(node: 1, field: 1), at: middle, record: record.slot(1, of: field.wholeRecordWidth),
      tangent: v, scale: h / 2, addingTo: out, into: out, scratch: rest)
  }

  /// With p the cotangent of y₊: w̄ = k₂p + ½h J_gᵀp at w, then k₁p + k₃w̄ + h J_fᵀw̄; dk = (⟨p, y⟩, ⟨p, w⟩, ⟨w̄, y⟩) summed over samples.
  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (h, rest) = (step.stepSize, fieldScratch(field, scratch))
    let (k1, k2, k3) = factors(step.weights, before.precision)
    let (middle, w) = (middle(field, record), scratch.slot(0, of: field.stateWidth))
    scaled(k2, cotangent, into: w)
    field.pullbackWhole(
      step.layer(node: 1, field: 1), at: middle, record: record.slot(1, of: field.wholeRecordWidth), scale: h / 2, cotangent: cotangent, addingTo: w,
      gradient: gradient?.layer(node: 1, field: 1), scratch: rest)
    if let base = gradient?.own[0] {
      let bytes = before.precision.byteCount
      accumulateRowDots(cotangent, before, scale: 1, addingTo: Bias(base, stride: 0))
      accumulateRowDots(cotangent, middle, scale: 1, addingTo: Bias(base + bytes, stride: 0))
      accumulateRowDots(w, before, scale: 1, addingTo: Bias(base + 2 * bytes, stride: 0))
    }
    combine(k1, cotangent, k3, w, into: cotangent)
    field.pullbackWhole(
      step.layer(), at: before, record: record.slot(0, of: field.wholeRecordWidth), scale: h, cotangent: w, addingTo: cotangent, gradient: gradient?.layer(),
      scratch: rest)
  }
}

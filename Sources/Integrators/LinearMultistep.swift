import LinearAlgebra
import Settings
import VectorFields

/// The linear multi-step network: y₊ = (1 − k_n) y + k_n y₋ + h f(y) with a trained number k_n in each layer but the first, which is a step of Euler.
///
/// Source: Lu et al. 2018, eq. 6 (LM-ResNet). Roots 1 and −k: zero-stable iff −1 < k ≤ 1; real stability interval −2(1 − k) ≤ hλ ≤ 0; the layer approximates
/// (1 + k)u̇ + (1 − k)(h/2)ü = f, so that its error is (1 − k)/(1 + k) times that of Euler's method, and k = 1 has order 2. With k = 0 a step has the bits of Euler's method. k is one number per layer, or one per
/// layer and feature of the state, which for images is a channel. Its initial values are uniform in [−0.1, 0].
///
/// With the start `given` both y₀ and y₋₁ come from outside: the visible state is (y, y₋), and every layer has its k. This is LM-ResNet's stage behind a residual block with a shortcut of its own, whose y₋₁ is the
/// shortcut's value.
///
/// All parts of a partitioned field are evaluated at y. The state is (y, y₋), the record one evaluation.
package struct LinearMultistep: Integrator {
  package enum CoefficientShape: String, CaseIterable, Sendable {
    case scalar
    case perChannel = "per_channel"
  }
  package enum Start: String, CaseIterable, Sendable { case euler, given }
  private let shape: CoefficientShape
  private let begin: Start

  package init(shape: CoefficientShape = .scalar, start: Start = .euler) { (self.shape, begin) = (shape, start) }

  package init(_ options: OptionValues) throws(Failure) {
    self.init(
      shape: CoefficientShape(rawValue: try options.text("multistep_shape")) ?? .scalar, start: Start(rawValue: try options.text("multistep_start")) ?? .euler)
  }

  package static let options = [
    OptionDescription(
      "multistep_shape", .choice(CoefficientShape.allCases.map(\.rawValue)), default: .text(CoefficientShape.scalar.rawValue),
      "shape of the trained coefficient k. scalar: one number per layer; per_channel: one number per layer and feature of the state, or channel of an image"),
    OptionDescription(
      "multistep_start", .choice(Start.allCases.map(\.rawValue)), default: .text(Start.euler.rawValue),
      "how linear_multistep begins. euler: with a step of Euler; given: the state's first half is y, its second half the earlier y₋, such as connector residual with remember makes"),
  ]

  package var order: Int { 1 }

  package func parameters(_ field: any VectorField) -> [ParameterShape] {
    [ParameterShape("k", [shape == .scalar ? 1 : field.stateWidth / field.pixels], .weight, .uniform(-0.1...0), skipsFirstLayer: begin == .euler)]
  }

  package func fieldWidth(visible: Int) throws(Failure) -> Int {
    guard begin == .given else { return visible }
    guard visible.isMultiple(of: 2) else {
      throw Failure(.incompatible, "multistep_start is given, so that half of the state is the earlier one; width is \(visible), it must be even")
    }
    return visible / 2
  }
  package func check(_ field: any VectorField) throws(Failure) {
    guard begin == .euler || field.stateWidth == field.width else {
      throw Failure(.incompatible, "multistep_start given needs a field of one component; this field is partitioned")
    }
  }
  package func visibleWidth(_ field: any VectorField) -> Int { begin == .given ? 2 * field.width : field.width }
  package func stateWidth(_ field: any VectorField) -> Int { 2 * field.stateWidth }
  package func rememberedRows(_ field: any VectorField) -> Int { field.stateWidth }
  package var copiesState: Bool { true }
  package func recordWidth(_ field: any VectorField) -> Int { field.wholeRecordWidth }
  /// A copy of the cotangent of y, then the scratch of the field.
  package func scratchWidth(_ field: any VectorField) -> Int { field.stateWidth + field.scratchWidth }

  private func fieldScratch(_ field: any VectorField, _ scratch: Block) -> Block { scratch.rows(field.stateWidth..<field.stateWidth + field.scratchWidth) }

  /// k of a step; nil at the first.
  private func factor(_ field: any VectorField, _ step: Step, _ weights: StepWeights) -> Bias? {
    guard step.index > 0 || begin == .given else { return nil }
    guard let base = weights.own[0] else { preconditionFailure("linear_multistep layer without k") }
    return Bias(base, stride: shape == .scalar ? 0 : 1, rows: field.pixels)
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let n = field.stateWidth
    let (y, moved) = (before.slot(0, of: n), after.slot(0, of: n))
    var base = y
    if let k = factor(field, step, step.weights) {
      // y + k(y₋ − y): with k = 0 it is y to the bit.
      combine(1, before.slot(1, of: n), -1, y, into: moved)
      scaleRows(k, moved, scale: 1, addingTo: y, into: moved)
      base = moved
    }
    field.evaluateWhole(step.layer(), at: y, scale: step.stepSize, addingTo: base, into: moved, record: record, scratch: fieldScratch(field, scratch))
    remember(y, in: after.slot(1, of: n))
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let n = field.stateWidth
    let (y, v, moved) = (before.slot(0, of: n), tangent.slot(0, of: n), out.slot(0, of: n))
    var base = v
    if let k = factor(field, step, step.weights) {
      combine(1, tangent.slot(1, of: n), -1, v, into: moved)
      scaleRows(k, moved, scale: 1, addingTo: v, into: moved)
      if let direction, let change = factor(field, step, direction) {
        scaleRows(change, before.slot(1, of: n), scale: 1, addingTo: moved, into: moved)
        scaleRows(change, y, scale: -1, addingTo: moved, into: moved)
      }
      base = moved
    }
    field.pushforwardWhole(
      step.layer(), direction: direction?.layer(), at: y, record: record, tangent: v, scale: step.stepSize, addingTo: base, into: moved,
      scratch: fieldScratch(field, scratch))
    copy(v, into: out.slot(1, of: n))
  }

  /// With (p, q) the cotangent of (y₊, y): ((1 − k)p + q + h Jᵀp, kp), and dk = ⟨p, y₋ − y⟩ over samples, and for a scalar over rows.
  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let n = field.stateWidth
    let (p, q, given) = (cotangent.slot(0, of: n), cotangent.slot(1, of: n), scratch.slot(0, of: n))
    let y = before.slot(0, of: n)
    copy(p, into: given)
    combine(1, p, 1, q, into: p)
    if let k = factor(field, step, step.weights) {
      scaleRows(k, given, scale: 1, addingTo: nil, into: q)
      combine(1, p, -1, q, into: p)
      if let gradient, let sum = factor(field, step, gradient) {
        accumulateRowDots(given, before.slot(1, of: n), scale: 1, addingTo: sum)
        accumulateRowDots(given, y, scale: -1, addingTo: sum)
      }
    } else {
      fill(q, 0)
    }
    field.pullbackWhole(
      step.layer(), at: y, record: record, scale: step.stepSize, cotangent: given, addingTo: p, gradient: gradient?.layer(), scratch: fieldScratch(field, scratch))
  }
}

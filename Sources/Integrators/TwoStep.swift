import LinearAlgebra
import VectorFields

/// The coefficients of y₊ = α y + β y₋ + s f(y).
package struct TwoStepCoefficients: Sendable {
  /// α, β and s; β is 0 if the step does not depend on the earlier state.
  package var current: Double
  package var previous: Double
  package var slope: Double

  package init(current: Double, previous: Double, slope: Double) {
    self.current = current
    self.previous = previous
    self.slope = slope
  }
}

/// A scheme that remembers one earlier state: y₊ = α y + β y₋ + s f(y), with the exact inverse y₋ = (y₊ − α y − s f(y))/β.
///
/// The state is (y, y₋); the record is that of one evaluation. If a step does not depend on y₋ (β = 0), y₋ is zero there, as at the beginning of a block, and the inverse of the step leaves it zero.
package protocol TwoStepIntegrator: Integrator {
  func coefficients(_ step: Step) -> TwoStepCoefficients
  /// The component that the scheme steps, which moves the visible state; nil if it steps all components of the whole state.
  func component(_ field: any VectorField) -> Int?
}

extension TwoStepIntegrator {
  package var isReversible: Bool { true }

  /// Rows of y.
  private func rows(_ field: any VectorField) -> Int { component(field) == nil ? field.stateWidth : field.width }
  package func stateWidth(_ field: any VectorField) -> Int { 2 * rows(field) }
  package func rememberedRows(_ field: any VectorField) -> Int { rows(field) }
  package var copiesState: Bool { true }
  package func recordWidth(_ field: any VectorField) -> Int { component(field) == nil ? field.wholeRecordWidth : field.recordWidth }
  /// A copy of the cotangent of y, then the scratch of the field.
  package func scratchWidth(_ field: any VectorField) -> Int { rows(field) + field.scratchWidth }

  private func fieldScratch(_ field: any VectorField, _ scratch: Block) -> Block {
    let start = rows(field)
    return scratch.rows(start..<start + field.scratchWidth)
  }

  /// out = base + s·f(y).
  private func evaluate(_ field: any VectorField, _ layer: Layer, at y: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    if let component = component(field) {
      field.evaluate(component, layer, at: y, scale: scale, addingTo: base, into: out, record: record, scratch: fieldScratch(field, scratch))
    } else {
      field.evaluateWhole(layer, at: y, scale: scale, addingTo: base, into: out, record: record, scratch: fieldScratch(field, scratch))
    }
  }

  /// α·y + β·y₋: y or y₋ itself where the sum equals it, else in `out`.
  private func base(_ c: TwoStepCoefficients, _ current: Block, _ previous: Block, into out: Block) -> Block {
    if c.current == 1, c.previous == 0 { return current }
    if c.current == 0, c.previous == 1 { return previous }
    combine(c.current, current, c.previous, previous, into: out)
    return out
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (n, c) = (rows(field), coefficients(step))
    let (y, moved) = (before.slot(0, of: n), after.slot(0, of: n))
    let base = base(c, y, before.slot(1, of: n), into: moved)
    evaluate(field, step.layer(), at: y, scale: c.slope, addingTo: base, into: moved, record: record, scratch: scratch)
    remember(y, in: after.slot(1, of: n))
  }

  package func reverse(_ field: any VectorField, _ step: Step, from after: Block, into before: Block, record: Block?, scratch: Block) {
    let (n, c) = (rows(field), coefficients(step))
    let (y, recovered) = (before.slot(0, of: n), before.slot(1, of: n))
    copy(after.slot(1, of: n), into: y)
    guard c.previous != 0 else {
      fill(recovered, 0)
      // The state is known already; only the record is missing.
      if let record { evaluate(field, step.layer(), at: y, scale: 1, addingTo: nil, into: scratch.slot(0, of: n), record: record, scratch: scratch) }
      return
    }
    let inverse = TwoStepCoefficients(current: -c.current / c.previous, previous: 1 / c.previous, slope: -c.slope / c.previous)
    let base = base(inverse, y, after.slot(0, of: n), into: recovered)
    evaluate(field, step.layer(), at: y, scale: inverse.slope, addingTo: base, into: recovered, record: record, scratch: scratch)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (n, c, rest) = (rows(field), coefficients(step), fieldScratch(field, scratch))
    let (y, v, moved) = (before.slot(0, of: n), tangent.slot(0, of: n), out.slot(0, of: n))
    let base = base(c, v, tangent.slot(1, of: n), into: moved)
    if let component = component(field) {
      field.pushforward(
        component, step.layer(), direction: direction?.layer(), at: y, record: record, tangent: v, scale: c.slope, addingTo: base, into: moved, scratch: rest)
    } else {
      field.pushforwardWhole(
        step.layer(), direction: direction?.layer(), at: y, record: record, tangent: v, scale: c.slope, addingTo: base, into: moved, scratch: rest)
    }
    copy(v, into: out.slot(1, of: n))
  }

  /// With (p, q) the cotangent of (y₊, y): (αp + q + s Jᵀp, βp).
  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (n, c, rest) = (rows(field), coefficients(step), fieldScratch(field, scratch))
    let (p, q, given) = (cotangent.slot(0, of: n), cotangent.slot(1, of: n), scratch.slot(0, of: n))
    copy(p, into: given)
    var sum = RunningSum(q, into: p)
    sum.add(c.current, given)
    sum.finish()
    var old = RunningSum(nil, into: q)
    old.add(c.previous, given)
    old.finish()
    let y = before.slot(0, of: n)
    if let component = component(field) {
      field.pullback(
        component, step.layer(), at: y, record: record, scale: c.slope, cotangent: given, addingTo: p, gradient: gradient?.layer(), scratch: rest)
    } else {
      field.pullbackWhole(step.layer(), at: y, record: record, scale: c.slope, cotangent: given, addingTo: p, gradient: gradient?.layer(), scratch: rest)
    }
  }
}

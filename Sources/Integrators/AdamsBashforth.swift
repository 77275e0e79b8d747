import LinearAlgebra
import Settings
import VectorFields

/// Adams–Bashforth methods of 2 or 3 steps, y₊ = y + h Σ β_i f_{n−i}, with one evaluation per layer.
///
///     2 steps: β = (1 + r/2, −r/2) with r = h_n/h_{n−1};    3 steps: β = (23, −16, 5)/12
///
/// Source: Bashforth & Adams 1883; variable steps after Hairer, Nørsett & Wanner 1993, §III.5. The first layer is a step of `heun`, and with 3 steps the second layer is a step of the two-step method, so that
/// the order holds from the start. Each f_i is evaluated with the weights of its own layer. On the imaginary axis the two-step method is nowhere stable, the three-step method up to 0.72.
///
/// The state is (y, f_{n−1}) or (y, f_{n−1}, f_{n−2}); the record is one evaluation. The derivatives recompute the first layer's second stage.
package struct AdamsBashforth: Integrator {
  private let steps: Int

  /// - Parameter steps: 2 or 3.
  package init(steps: Int) {
    precondition(steps == 2 || steps == 3, "adams_bashforth of 2 or 3 steps")
    self.steps = steps
  }

  package var order: Int { steps }
  /// Every layer evaluates the field at its beginning; the first one, a step of `heun`, evaluates it at its end too, with the weights and inputs there.
  package var nodes: [Double] { [0, 1] }

  package func checkUnequalSteps() throws(Failure) {
    guard steps == 2 else {
      throw Failure(.incompatible, "integrator adams_bashforth3 needs equal step sizes: its coefficients know only those; adams_bashforth2 takes unequal ones")
    }
  }

  package func stateWidth(_ field: any VectorField) -> Int { steps * field.stateWidth }
  package func recordWidth(_ field: any VectorField) -> Int { field.wholeRecordWidth }
  /// For the second stage of the first layer: its state, its record and two cotangents. Then the scratch of the field.
  package func scratchWidth(_ field: any VectorField) -> Int { 3 * field.stateWidth + field.wholeRecordWidth + field.scratchWidth }

  private func stageRecord(_ field: any VectorField, _ scratch: Block) -> Block {
    scratch.rows(3 * field.stateWidth..<3 * field.stateWidth + field.wholeRecordWidth)
  }
  private func fieldScratch(_ field: any VectorField, _ scratch: Block) -> Block {
    let start = 3 * field.stateWidth + field.wholeRecordWidth
    return scratch.rows(start..<start + field.scratchWidth)
  }

  /// β_0, β_1, β_2 of a step that is not the first.
  private func coefficients(_ step: Step) -> (Double, Double, Double) {
    if steps == 3, step.index > 1 { return (23.0 / 12, -16.0 / 12, 5.0 / 12) }
    let ratio = step.stepSize / step.previousStepSize
    return (1 + ratio / 2, -ratio / 2, 0)
  }

  /// out = base + h Σ β_i·slopes_i, where slope 0 lies in `newest`, and the others in the memory of `old`.
  private func sum(_ step: Step, _ newest: Block, _ old: Block, into out: Block) {
    let (n, h) = (out.rows, step.stepSize)
    let (first, second, third) = coefficients(step)
    var sum = RunningSum(old.slot(0, of: n), into: out)
    sum.add(h * first, newest)
    sum.add(h * second, old.slot(1, of: n))
    if steps == 3 { sum.add(h * third, old.slot(2, of: n)) }
    sum.finish()
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (n, h, rest) = (field.stateWidth, step.stepSize, fieldScratch(field, scratch))
    let (y, slope, moved) = (before.slot(0, of: n), after.slot(1, of: n), after.slot(0, of: n))
    field.evaluateWhole(step.layer(), at: y, scale: 1, addingTo: nil, into: slope, record: record, scratch: rest)
    if steps == 3 { copy(before.slot(1, of: n), into: after.slot(2, of: n)) }
    guard step.index == 0 else { return sum(step, slope, before, into: moved) }
    let stage = scratch.slot(0, of: n)
    combine(1, y, h, slope, into: stage)
    combine(1, y, h / 2, slope, into: moved)
    field.evaluateWhole(step.layer(node: 1), at: stage, scale: h / 2, addingTo: moved, into: moved, record: nil, scratch: rest)
  }

  /// Recomputes the first layer's second stage: its state and its record.
  private func makeStage(_ field: any VectorField, _ step: Step, _ before: Block, _ after: Block, _ scratch: Block) -> (state: Block, record: Block) {
    let n = field.stateWidth
    let (stage, record) = (scratch.slot(0, of: n), stageRecord(field, scratch))
    combine(1, before.slot(0, of: n), step.stepSize, after.slot(1, of: n), into: stage)
    field.evaluateWhole(
      step.layer(node: 1), at: stage, scale: 1, addingTo: nil, into: scratch.slot(1, of: n), record: record, scratch: fieldScratch(field, scratch))
    return (stage, record)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (n, h, rest) = (field.stateWidth, step.stepSize, fieldScratch(field, scratch))
    let (v, slope, moved) = (tangent.slot(0, of: n), out.slot(1, of: n), out.slot(0, of: n))
    field.pushforwardWhole(
      step.layer(), direction: direction?.layer(), at: before.slot(0, of: n), record: record, tangent: v, scale: 1, addingTo: nil, into: slope, scratch: rest)
    if steps == 3 { copy(tangent.slot(1, of: n), into: out.slot(2, of: n)) }
    guard step.index == 0 else { return sum(step, slope, tangent, into: moved) }
    let stage = makeStage(field, step, before, after, scratch)
    let moving = scratch.slot(2, of: n)
    combine(1, v, h, slope, into: moving)
    combine(1, v, h / 2, slope, into: moved)
    field.pushforwardWhole(
      step.layer(node: 1), direction: direction?.layer(node: 1), at: stage.state, record: stage.record, tangent: moving, scale: h / 2,
      addingTo: moved, into: moved, scratch: rest)
  }

  /// With (p, g₁, g₂) the cotangent of (y₊, f_n, f_{n−1}): w = hβ₀p + g₁ is that of f_n, and (p + Jᵀw, hβ₁p + g₂, hβ₂p) that of the state before.
  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (n, h, rest) = (field.stateWidth, step.stepSize, fieldScratch(field, scratch))
    let (p, newest) = (cotangent.slot(0, of: n), cotangent.slot(1, of: n))
    let w = scratch.slot(1, of: n)
    if step.index == 0 {
      let stage = makeStage(field, step, before, after, scratch)
      let lambda = scratch.slot(2, of: n)
      fill(lambda, 0)
      field.pullbackWhole(
        step.layer(node: 1), at: stage.state, record: stage.record, scale: h / 2, cotangent: p, addingTo: lambda,
        gradient: gradient?.layer(node: 1), scratch: rest)
      var sum = RunningSum(newest, into: w)
      sum.add(h / 2, p)
      sum.add(h, lambda)
      sum.finish()
      combine(1, p, 1, lambda, into: p)
      if steps == 3 {
        copy(cotangent.slot(2, of: n), into: newest)
        fill(cotangent.slot(2, of: n), 0)
      } else {
        fill(newest, 0)
      }
    } else {
      let (first, second, third) = coefficients(step)
      var sum = RunningSum(newest, into: w)
      sum.add(h * first, p)
      sum.finish()
      var older = RunningSum(steps == 3 ? cotangent.slot(2, of: n) : nil, into: newest)
      older.add(h * second, p)
      older.finish()
      if steps == 3 {
        var oldest = RunningSum(nil, into: cotangent.slot(2, of: n))
        oldest.add(h * third, p)
        oldest.finish()
      }
    }
    field.pullbackWhole(
      step.layer(), at: before.slot(0, of: n), record: record, scale: 1, cotangent: w, addingTo: p, gradient: gradient?.layer(), scratch: rest)
  }
}

import LinearAlgebra
import Settings
import VectorFields

/// The reversible residual network of two fields f and g with weights of their own: X₊ = X + h f(Y), Y₊ = Y + h g(X₊).
///
/// Source: Gomez et al. 2017 (arXiv:1707.04585), read as an integrator by Lu et al. 2018, §2. The visible features are split in halves X and Y, so their number is even and each field has half of
/// them. The inverse is algebraic, Y = Y₊ − h g(X₊), X = X₊ − h f(Y): exact up to rounding for any fields, so that training needs no stored states. Volume preserving; order 1.
package struct RevNet: Integrator {
  package init() {}
  package var order: Int { 1 }
  package var takesOwnSteps: Bool { true }
  package var isReversible: Bool { true }
  package var fieldCount: Int { 2 }

  package func check(_ field: any VectorField) throws(Failure) {
    guard field.componentCount == 1, field.stateWidth == field.width else {
      throw Failure(
        .incompatible, "integrator revnet makes the partition itself, of two fields of one component such as dense; this field is partitioned: use verlet")
    }
  }

  package func fieldWidth(visible: Int) throws(Failure) -> Int {
    guard visible % 2 == 0 else {
      throw Failure(.incompatible, "integrator revnet splits the features in two halves; width is \(visible), it must be even")
    }
    return visible / 2
  }

  package func visibleWidth(_ field: any VectorField) -> Int { 2 * field.width }
  package func stateWidth(_ field: any VectorField) -> Int { 2 * field.width }
  package func recordWidth(_ field: any VectorField) -> Int { 2 * field.recordWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { field.scratchWidth }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (n, h) = (field.width, step.stepSize)
    field.evaluate(
      0, step.layer(), at: before.slot(1, of: n), scale: h, addingTo: before.slot(0, of: n), into: after.slot(0, of: n),
      record: record?.slot(0, of: field.recordWidth), scratch: scratch)
    field.evaluate(
      0, step.layer(field: 1), at: after.slot(0, of: n), scale: h, addingTo: before.slot(1, of: n), into: after.slot(1, of: n),
      record: record?.slot(1, of: field.recordWidth), scratch: scratch)
  }

  package func reverse(_ field: any VectorField, _ step: Step, from after: Block, into before: Block, record: Block?, scratch: Block) {
    let (n, h) = (field.width, step.stepSize)
    field.evaluate(
      0, step.layer(field: 1), at: after.slot(0, of: n), scale: -h, addingTo: after.slot(1, of: n), into: before.slot(1, of: n),
      record: record?.slot(1, of: field.recordWidth), scratch: scratch)
    field.evaluate(
      0, step.layer(), at: before.slot(1, of: n), scale: -h, addingTo: after.slot(0, of: n), into: before.slot(0, of: n),
      record: record?.slot(0, of: field.recordWidth), scratch: scratch)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (n, h) = (field.width, step.stepSize)
    field.pushforward(
      0, step.layer(), direction: direction?.layer(), at: before.slot(1, of: n), record: record.slot(0, of: field.recordWidth), tangent: tangent.slot(1, of: n),
      scale: h, addingTo: tangent.slot(0, of: n), into: out.slot(0, of: n), scratch: scratch)
    field.pushforward(
      0, step.layer(field: 1), direction: direction?.layer(field: 1), at: after.slot(0, of: n), record: record.slot(1, of: field.recordWidth),
      tangent: out.slot(0, of: n), scale: h, addingTo: tangent.slot(1, of: n), into: out.slot(1, of: n), scratch: scratch)
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (n, h) = (field.width, step.stepSize)
    field.pullback(
      0, step.layer(field: 1), at: after.slot(0, of: n), record: record.slot(1, of: field.recordWidth), scale: h, cotangent: cotangent.slot(1, of: n),
      addingTo: cotangent.slot(0, of: n), gradient: gradient?.layer(field: 1), scratch: scratch)
    field.pullback(
      0, step.layer(), at: before.slot(1, of: n), record: record.slot(0, of: field.recordWidth), scale: h, cotangent: cotangent.slot(0, of: n),
      addingTo: cotangent.slot(1, of: n), gradient: gradient?.layer(), scratch: scratch)
  }
}

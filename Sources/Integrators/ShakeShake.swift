import LinearAlgebra
import VectorFields

/// Mixes two fields in random shares: y₊ = y + h(η f(y) + (1 − η) g(y)). In training η is uniform in [0, 1) for each sample and layer; in evaluation it is ½.
///
/// Sources: Gastaldi 2017 (arXiv:1705.07485); Lu et al. 2018, §3.1: it approximates dX = ½(f + g)dt + (1/√12)(f − g)√h dB. The gradient is that of the shares drawn (Gastaldi's "shake-keep"), exact;
/// his variant with other shares in the backward pass is not a derivative. Order 1. Fields of any kind, with weights of their own.
package struct ShakeShake: Integrator {
  package init() {}
  package var order: Int { 1 }
  package var takesOwnSteps: Bool { true }
  package var fieldCount: Int { 2 }
  package var drawsNumbers: Bool { true }
  package func recordWidth(_ field: any VectorField) -> Int { 2 * field.wholeRecordWidth }
  /// Rows for a branch's value or its cotangent, a copy of the cotangent, and the two shares; then the field's scratch.
  package func scratchWidth(_ field: any VectorField) -> Int { 2 * field.stateWidth + 2 + field.scratchWidth }

  private struct Parts {
    let branch: Block
    let copy: Block
    private let first: Block
    private let second: Block
    let inner: Block
    /// Whether the shares are those of training.
    let isDrawn: Bool

    init(_ field: any VectorField, _ step: Step, _ scratch: Block) {
      var rows = Rows(scratch)
      branch = rows.next(field.stateWidth)
      copy = rows.next(field.stateWidth)
      first = rows.next(1)
      second = rows.next(1)
      inner = rows.next(field.scratchWidth)
      isDrawn = step.draws != nil
      guard let draws = step.draws else { return }
      drawUniform(draws, low: 0, high: 1, into: first)
      fill(second, 1)
      combine(1, second, -1, first, into: second)
    }

    func share(_ index: Int) -> Block { index == 0 ? first : second }
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (parts, h) = (Parts(field, step, scratch), step.stepSize)
    for index in 0..<2 {
      let (base, record) = (index == 0 ? before : after, record?.slot(index, of: field.wholeRecordWidth))
      if parts.isDrawn {
        field.evaluateWhole(step.layer(field: index), at: before, scale: 1, addingTo: nil, into: parts.branch, record: record, scratch: parts.inner)
        scaleColumns(parts.share(index), parts.branch, scale: h, addingTo: base, into: after)
      } else {
        field.evaluateWhole(step.layer(field: index), at: before, scale: h / 2, addingTo: base, into: after, record: record, scratch: parts.inner)
      }
    }
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (parts, h) = (Parts(field, step, scratch), step.stepSize)
    for index in 0..<2 {
      let base = index == 0 ? tangent : out
      field.pushforwardWhole(
        step.layer(field: index), direction: direction?.layer(field: index), at: before, record: record.slot(index, of: field.wholeRecordWidth), tangent: tangent,
        scale: parts.isDrawn ? 1 : h / 2, addingTo: parts.isDrawn ? nil : base, into: parts.isDrawn ? parts.branch : out, scratch: parts.inner)
      if parts.isDrawn { scaleColumns(parts.share(index), parts.branch, scale: h, addingTo: base, into: out) }
    }
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (parts, h) = (Parts(field, step, scratch), step.stepSize)
    LinearAlgebra.copy(cotangent, into: parts.copy)
    for index in 0..<2 {
      if parts.isDrawn { scaleColumns(parts.share(index), parts.copy, scale: 1, addingTo: nil, into: parts.branch) }
      field.pullbackWhole(
        step.layer(field: index), at: before, record: record.slot(index, of: field.wholeRecordWidth), scale: parts.isDrawn ? h : h / 2,
        cotangent: parts.isDrawn ? parts.branch : parts.copy, addingTo: cotangent, gradient: gradient?.layer(field: index), scratch: parts.inner)
    }
  }
}

import LinearAlgebra
import Settings
import VectorFields

/// PolyNet of order m: y₊ = Σ_{i=0…m} (hf)^i(y) = y + hf(y) + hf(hf(y)) + …, the field applied to its own result with the same weights.
///
/// Source: Zhang et al. 2017 (arXiv:1611.05725), read as an integrator by Lu et al. 2018, §2: for a linear f the truncated Neumann series of (I − hf)⁻¹, hence near backward Euler. Of order 1
/// where f(0) = 0 (no bias and σ(0) = 0); otherwise each further application adds hf(0), and the layer is a step of ẏ = f(y) + (m−1) f(0).
///
/// m evaluations; the record keeps their slopes and m − 1 intermediate results.
package struct PolyNet: Integrator {
  /// m ≥ 1; 1 is Euler.
  private let terms: Int

  /// - Parameter terms: the order m of the polynomial, at least 1.
  package init(terms: Int) {
    precondition(terms >= 1, "polynet without a term")
    self.terms = terms
  }

  package init(_ options: OptionValues) throws(Failure) { self.init(terms: try options.integer("polynet_order")) }

  package static let options = [
    OptionDescription("polynet_order", .integer(1...16), default: .integer(2), unit: "1", "number of terms after y in y + hf(y) + hf(hf(y)) + …; 1 is euler")
  ]

  package var order: Int { 1 }
  package var takesOwnSteps: Bool { true }
  package func recordWidth(_ field: any VectorField) -> Int { terms * field.wholeRecordWidth + (terms - 1) * field.stateWidth }
  private func slots(_ field: any VectorField) -> Int { max(terms - 1, 2) * field.stateWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { slots(field) + field.scratchWidth }
  private func fieldScratch(_ field: any VectorField, _ scratch: Block) -> Block { scratch.rows(slots(field)..<slots(field) + field.scratchWidth) }

  private func evaluation(_ index: Int, _ field: any VectorField, _ record: Block) -> Block { record.slot(index, of: field.wholeRecordWidth) }

  /// Where u_1 … u_{m−1} lie, u_i = h f(u_{i−1}).
  private func results(_ field: any VectorField, _ record: Block) -> Block {
    record.rows(terms * field.wholeRecordWidth..<terms * field.wholeRecordWidth + (terms - 1) * field.stateWidth)
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (layer, h, rest) = (step.layer(), step.stepSize, fieldScratch(field, scratch))
    let results = record.map { self.results(field, $0) } ?? scratch
    var x = before
    for index in 0..<terms - 1 {
      let next = results.slot(index, of: field.stateWidth)
      field.evaluateWhole(layer, at: x, scale: h, addingTo: nil, into: next, record: record.map { evaluation(index, field, $0) }, scratch: rest)
      x = next
    }
    field.evaluateWhole(
      layer, at: x, scale: h, addingTo: sum(results, addingTo: before, into: after), into: after, record: record.map { evaluation(terms - 1, field, $0) },
      scratch: rest)
  }

  /// base + Σ u_i over the m − 1 slots of `results`, in `out`; `base` itself if there are none.
  private func sum(_ results: Block, addingTo base: Block, into out: Block) -> Block {
    guard terms > 1 else { return base }
    var sum = RunningSum(base, into: out)
    for index in 0..<terms - 1 { sum.add(1, results.slot(index, of: out.rows)) }
    sum.finish()
    return out
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (layer, direction, h, rest) = (step.layer(), direction?.layer(), step.stepSize, fieldScratch(field, scratch))
    let results = results(field, record)
    var (x, v) = (before, tangent)
    for index in 0..<terms - 1 {
      let next = scratch.slot(index, of: field.stateWidth)
      field.pushforwardWhole(
        layer, direction: direction, at: x, record: evaluation(index, field, record), tangent: v, scale: h, addingTo: nil, into: next, scratch: rest)
      (x, v) = (results.slot(index, of: field.stateWidth), next)
    }
    field.pushforwardWhole(
      layer, direction: direction, at: x, record: evaluation(terms - 1, field, record), tangent: v, scale: h,
      addingTo: sum(scratch, addingTo: tangent, into: out), into: out, scratch: rest)
  }

  /// With p the cotangent of y₊: w_m = p, w_i = p + h J(u_i)ᵀ w_{i+1}; then p + h J(y)ᵀ w_1.
  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (layer, gradient, h, rest) = (step.layer(), gradient?.layer(), step.stepSize, fieldScratch(field, scratch))
    let results = results(field, record)
    var (w, next) = (scratch.slot(0, of: field.stateWidth), scratch.slot(1, of: field.stateWidth))
    copy(cotangent, into: w)
    for index in (1..<terms).reversed() {
      copy(cotangent, into: next)
      field.pullbackWhole(
        layer, at: results.slot(index - 1, of: field.stateWidth), record: evaluation(index, field, record), scale: h, cotangent: w, addingTo: next,
        gradient: gradient, scratch: rest)
      swap(&w, &next)
    }
    field.pullbackWhole(
      layer, at: before, record: evaluation(0, field, record), scale: h, cotangent: w, addingTo: cotangent, gradient: gradient, scratch: rest)
  }
}

import LinearAlgebra

/// f(y; θ) + g(t, y): a field to which known terms of the equation are added, so that its weights learn the rest (Theory.md §2.17).
///
/// The state has one row more than that of f, the time that has passed since the beginning, whose derivative is 1; so every scheme that steps an equation knows the time of each evaluation. The outside input is one row, the time
/// at the beginning of each sample, and t is their sum. One component: g moves the whole state, so that schemes which step the parts of a state in turn (`verlet`) do not apply.
///
/// The derivatives are as exact as those of g, which the caller gives. The record is that of f. States are given to g where they lie. Cost: that of f and g, and a pass over g's values.
package final class KnownTermsField: WrappingField {
  /// f.
  package let field: any VectorField
  package let terms: KnownTermsPlace
  /// The rows of f's state.
  private let rows: Int

  package init(_ field: any VectorField, _ terms: KnownTermsPlace) {
    precondition(field.driveWidth == 0 && !field.preparesForStepSize, "known terms beside a field with outside input or operators of one step size")
    (self.field, self.terms, rows) = (field, terms, field.stateWidth)
  }

  package var stateWidth: Int { rows + 1 }
  package var driveWidth: Int { 1 }
  package var hasSteadyDrive: Bool { true }
  package var componentCount: Int { 1 }
  package func rowsRead(by component: Int) -> Range<Int> { 0..<rows + 1 }
  package func rowsWritten(by component: Int) -> Range<Int> { 0..<rows + 1 }
  package var accelerationComponent: Int? { nil }
  /// nil: nothing is known of g's Jacobian.
  package var frozenDynamics: FrozenDynamics? { nil }
  package var recordWidth: Int { field.wholeRecordWidth }
  /// The field's scratch, two states, and two rows.
  package var scratchWidth: Int { field.scratchWidth + 2 * rows + 2 }

  private struct Parts {
    let inner: Block
    let first: Block
    let second: Block
    let times: Block
    let row: Block
  }

  private func parts(_ scratch: Block, _ x: Block, _ layer: Layer) -> Parts {
    let own = field.scratchWidth
    func row(_ index: Int) -> Block { scratch.rows(own + 2 * rows + index..<own + 2 * rows + index + 1) }
    combine(1, x.rows(rows..<rows + 1), 1, layer.givenDrive(1, like: x), into: row(0))
    return Parts(
      inner: scratch.rows(0..<own), first: scratch.rows(own..<own + rows), second: scratch.rows(own + rows..<own + 2 * rows), times: row(0), row: row(1))
  }

  /// f's part of a block, and the row of the time.
  private func own(_ block: Block) -> Block { block.rows(0..<rows) }
  private func clock(_ block: Block) -> Block { block.rows(rows..<rows + 1) }
  /// The layer as f reads it.
  private func own(_ layer: Layer) -> Layer {
    var layer = layer
    layer.driveBase = nil
    return layer
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let parts = parts(scratch, x, layer)
    field.evaluateWhole(own(layer), at: own(x), scale: scale, addingTo: base.map(own), into: own(out), record: record, scratch: parts.inner)
    terms.evaluate(times: parts.times, states: own(x), into: parts.first)
    combine(1, own(out), scale, parts.first, into: own(out))
    if let base {
      fill(parts.row, scale)
      combine(1, clock(base), 1, parts.row, into: clock(out))
    } else {
      fill(clock(out), scale)
    }
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let parts = parts(scratch, x, layer)
    field.pushforwardWhole(
      own(layer), direction: direction.map(own), at: own(x), record: record, tangent: v.map(own), scale: scale, addingTo: base.map(own), into: own(out), scratch: parts.inner)
    if let base { copy(clock(base), into: clock(out)) } else { fill(clock(out), 0) }
    let begins = direction.flatMap { $0.drive(1, like: x) }
    guard v != nil || begins != nil else { return }
    // The tangent of the time: of what has passed and of the beginning.
    switch (v.map(clock), begins) {
    case (let passed?, let begins?): combine(1, passed, 1, begins, into: parts.row)
    case (let one?, nil), (nil, let one?): copy(one, into: parts.row)
    case (nil, nil): break
    }
    if v == nil { fill(parts.second, 0) }
    terms.pushforward(times: parts.times, states: own(x), timeTangents: parts.row, stateTangents: v.map(own) ?? parts.second, into: parts.first)
    combine(1, own(out), scale, parts.first, into: own(out))
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let parts = parts(scratch, x, layer)
    // `q` may be `p`, whose numbers both f and g read.
    copy(own(p), into: parts.second)
    field.pullbackWhole(own(layer), at: own(x), record: record, scale: scale, cotangent: parts.second, addingTo: own(q), gradient: gradient.map(own), scratch: parts.inner)
    terms.pullback(times: parts.times, states: own(x), cotangents: parts.second, timeGradients: parts.row, stateGradients: parts.first)
    combine(1, own(q), scale, parts.first, into: own(q))
    combine(1, clock(q), scale, parts.row, into: clock(q))
    if let begins = gradient.flatMap({ $0.drive(1, like: x) }) { combine(1, begins, scale, parts.row, into: begins) }
  }
}

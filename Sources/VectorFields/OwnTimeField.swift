import LinearAlgebra

/// r·f(y; θ): a field in times of each sample's own, r being the rate at which the sample's time passes in the block's.
///
/// A layer of size h so leads each sample over a time of its own, r·h. The rate is the first row of the layer's outside input, one number for each sample; the rows of a driven f follow. Integrators that know f and the step size
/// only as h·f (`Integrator.takesOwnSteps`) step each sample as they would with f and the step size r·h. Where r is 0, a state keeps its bits if f is finite there.
///
/// The derivatives are exact, those by r too, for which the record holds f(y) behind the record of f. Cost: that of f and one pass over its value.
package final class OwnTimeField: WrappingField {
  /// f.
  package let field: any VectorField
  /// The intervals of a sample. Consecutive layers, as many for each, share an interval and its outside input.
  package let intervals: Int
  /// Rows of the largest component.
  private let values: Int

  /// - Parameter field: one whose operators do not depend on the step size.
  package init(_ field: any VectorField, intervals: Int) {
    precondition(!field.preparesForStepSize, "operators of one step size, but samples have steps of their own")
    (self.field, self.intervals) = (field, intervals)
    values = (0..<field.componentCount).map { field.rowsWritten(by: $0).count }.max() ?? 0
  }

  package var driveWidth: Int { 1 + field.driveWidth }
  package var hasSteadyDrive: Bool { true }
  /// r·f is a velocity: as an acceleration it would have to be r²·f.
  package var accelerationComponent: Int? { nil }
  /// nil: what is known of f's Jacobian says nothing about steps of unknown size.
  package var frozenDynamics: FrozenDynamics? { nil }
  package var recordWidth: Int { field.recordWidth + values }
  /// The field's scratch, its value or a cotangent, and a row for inner products.
  package var scratchWidth: Int { field.scratchWidth + values + 1 }

  /// The rates, a row; in a direction their tangents, in a gradient their cotangents, nil where there are none.
  private func rates(_ layer: Layer, like x: Block) -> Block? { layer.drive(1, like: x) }

  /// The layer as f reads it: its outside input begins behind the rates.
  private func own(_ layer: Layer, like x: Block) -> Layer {
    var layer = layer
    layer.driveBase = field.driveWidth == 0 ? nil : layer.driveBase.map { $0 + x.columns * x.precision.byteCount }
    return layer
  }

  /// Where a component's value lies: in the record, behind that of f.
  private func value(_ component: Int, _ record: Block) -> Block { record.rows(field.recordWidth..<field.recordWidth + field.rowsWritten(by: component).count) }

  private func parts(_ component: Int, _ scratch: Block) -> (inner: Block, value: Block, row: Block) {
    let own = field.scratchWidth
    return (scratch.rows(0..<own), scratch.rows(own..<own + field.rowsWritten(by: component).count), scratch.rows(own + values..<own + values + 1))
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let (inner, spare, _) = parts(component, scratch)
    let value = record.map { self.value(component, $0) } ?? spare
    field.evaluate(component, own(layer, like: x), at: x, scale: 1, addingTo: nil, into: value, record: record?.rows(0..<field.recordWidth), scratch: inner)
    scaleColumns(layer.givenDrive(1, like: x), value, scale: scale, addingTo: base, into: out)
  }

  /// r·(J·v + ∂f/∂θ·δθ + ∂f/∂u·δu) + δr·f.
  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let (inner, tangent, _) = parts(component, scratch)
    field.pushforward(
      component, own(layer, like: x), direction: direction.map { own($0, like: x) }, at: x, record: record.rows(0..<field.recordWidth), tangent: v, scale: 1, addingTo: nil,
      into: tangent, scratch: inner)
    scaleColumns(layer.givenDrive(1, like: x), tangent, scale: scale, addingTo: base, into: out)
    if let changes = direction.flatMap({ rates($0, like: x) }) { scaleColumns(changes, value(component, record), scale: scale, addingTo: out, into: out) }
  }

  /// f's pullback of r·p; the cotangent of r accumulates fᵀp.
  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let (inner, cotangent, row) = parts(component, scratch)
    if let sums = gradient.flatMap({ rates($0, like: x) }) { addColumnDots(scale, value(component, record), p, to: sums, scratch: row) }
    scaleColumns(layer.givenDrive(1, like: x), p, scale: 1, addingTo: nil, into: cotangent)
    field.pullback(
      component, own(layer, like: x), at: x, record: record.rows(0..<field.recordWidth), scale: scale, cotangent: cotangent, addingTo: q,
      gradient: gradient.map { own($0, like: x) }, scratch: inner)
  }
}

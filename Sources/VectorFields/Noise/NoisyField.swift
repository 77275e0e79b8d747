import LinearAlgebra

/// A field with noise in its layers: m⊙f or f + ξ during training, and f (or E m·f) in evaluation.
///
/// The derivatives are exact for the numbers that were drawn: the Jacobian is diag(m)·J, or J. Wherever the numbers are needed, the same ones are drawn again, so that none are stored. The record is that of f.
package final class NoisyField: WrappingField {
  /// The number of parts of a layer's random numbers that one field uses, one for each component.
  package static var parts: Int { 2 }

  let field: any VectorField
  private let noise: any LayerNoise
  /// Rows of the largest component, and of the numbers drawn for it.
  private let values: Int
  private let numbers: Int

  package init(_ field: any VectorField, _ noise: any LayerNoise) {
    self.field = field
    self.noise = noise
    let rows = (0..<field.componentCount).map { field.rowsWritten(by: $0).count }.max() ?? 0
    (values, numbers) =
      switch noise.action {
      case .scalesSamples: (rows, 1)
      case .scalesNumbers: (rows, rows)
      case .adds: (0, rows)
      }
  }

  package var driveWidth: Int { field.driveWidth }
  package var hasSteadyDrive: Bool { field.hasSteadyDrive }
  package var accelerationComponent: Int? { field.accelerationComponent }
  package var split: (any SplitField)? { field.split }
  /// The dynamics in evaluation. In training a factor m acts like a step of size m·h.
  package var frozenDynamics: FrozenDynamics? { field.frozenDynamics }
  package var recordWidth: Int { field.recordWidth }
  /// The field's scratch, then its value, then the numbers drawn.
  package var scratchWidth: Int { field.scratchWidth + values + numbers }
  package var preparesForStepSize: Bool { field.preparesForStepSize }

  package func affineForm(_ component: Int, _ layer: Layer) -> AffineForm? {
    layer.draws.isDrawn || noise.mean(layer: layer.draws.layer) != 1 ? nil : field.affineForm(component, layer)
  }

  /// The field's scratch, and the places of the others in `scratch`.
  private func parts(_ scratch: Block, _ component: Int) -> (inner: Block, values: Block, numbers: Block) {
    let own = field.scratchWidth
    let rows = field.rowsWritten(by: component).count
    return (scratch.rows(0..<own), scratch.rows(own..<own + min(values, rows)), scratch.rows(own + values..<own + values + min(numbers, rows)))
  }

  /// Draws the numbers of a component. Returns false if the layer draws none.
  private func draw(_ component: Int, _ layer: Layer, into numbers: Block) -> Bool {
    guard layer.draws.isDrawn, !noise.isSilent(layer: layer.draws.layer) else { return false }
    noise.draw(noise.action == .scalesSamples ? layer.draws.of(part: 0) : layer.draws.of(part: layer.draws.part + component), into: numbers)
    return true
  }

  /// The factor of the field if nothing is drawn.
  private func factor(_ layer: Layer) -> Double { layer.draws.isDrawn ? 1 : noise.mean(layer: layer.draws.layer) }

  /// out = base + scale·m⊙x.
  private func scaled(_ m: Block, _ x: Block, _ scale: Double, _ base: Block?, _ out: Block) {
    if noise.action == .scalesSamples { return scaleColumns(m, x, scale: scale, addingTo: base, into: out) }
    multiply(scale, m, x, addingTo: base, into: out)
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let (inner, values, numbers) = parts(scratch, component)
    guard draw(component, layer, into: numbers) else {
      return field.evaluate(component, layer, at: x, scale: scale * factor(layer), addingTo: base, into: out, record: record, scratch: inner)
    }
    if noise.action == .adds {
      field.evaluate(component, layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: inner)
      return combine(1, out, scale, numbers, into: out)
    }
    field.evaluate(component, layer, at: x, scale: 1, addingTo: nil, into: values, record: record, scratch: inner)
    scaled(numbers, values, scale, base, out)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block,
    scratch: Block
  ) {
    let (inner, values, numbers) = parts(scratch, component)
    guard noise.action != .adds, draw(component, layer, into: numbers) else {
      return field.pushforward(
        component, layer, direction: direction, at: x, record: record, tangent: v, scale: scale * factor(layer), addingTo: base, into: out, scratch: inner)
    }
    field.pushforward(component, layer, direction: direction, at: x, record: record, tangent: v, scale: 1, addingTo: nil, into: values, scratch: inner)
    scaled(numbers, values, scale, base, out)
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let (inner, values, numbers) = parts(scratch, component)
    guard noise.action != .adds, draw(component, layer, into: numbers) else {
      return field.pullback(
        component, layer, at: x, record: record, scale: scale * factor(layer), cotangent: p, addingTo: q, gradient: gradient, scratch: inner)
    }
    scaled(numbers, p, 1, nil, values)
    field.pullback(component, layer, at: x, record: record, scale: scale, cotangent: values, addingTo: q, gradient: gradient, scratch: inner)
  }
}

import LinearAlgebra
import VectorFields

/// A field as one map of the whole state: all its components at the same point.
extension VectorField {
  /// Rows of the record of all components.
  var wholeRecordWidth: Int { componentCount * recordWidth }

  /// out = base + scale·f(x). `out` may be `base`, never `x`.
  func evaluateWhole(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block, into out: Block, record: Block?, scratch: Block) {
    for component in 0..<componentCount {
      let rows = rowsWritten(by: component)
      evaluate(
        component, layer, at: x.rows(rowsRead(by: component)), scale: scale, addingTo: base.rows(rows), into: out.rows(rows),
        record: record?.part(component, of: self), scratch: scratch)
    }
  }

  /// out = base + scale·(J·v + ∂f/∂θ·direction). `out` may be `base`, never `v`; v nil is zero.
  func pushforwardWhole(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block, into out: Block, scratch: Block
  ) {
    for component in 0..<componentCount {
      let (read, rows) = (rowsRead(by: component), rowsWritten(by: component))
      pushforward(
        component, layer, direction: direction, at: x.rows(read), record: record.part(component, of: self), tangent: v?.rows(read), scale: scale,
        addingTo: base.rows(rows), into: out.rows(rows), scratch: scratch)
    }
  }

  /// q += scale·Jᵀp, and the gradient accumulates scale·(∂f/∂θ)ᵀp. `q` is another block than `p`.
  func pullbackWhole(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    for component in 0..<componentCount {
      let read = rowsRead(by: component)
      pullback(
        component, layer, at: x.rows(read), record: record.part(component, of: self), scale: scale, cotangent: p.rows(rowsWritten(by: component)),
        addingTo: q.rows(read), gradient: gradient, scratch: scratch)
    }
  }
}

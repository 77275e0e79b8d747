import LinearAlgebra

/// Treats a field as one map f of the whole state: all its components are evaluated at the same point, each with its own record.
///
/// Schemes for one equation ẏ = f(y) use this. Staggered schemes such as `verlet` evaluate the components one by one.
extension VectorField {
  /// Rows of the record of one evaluation of all components.
  package var wholeRecordWidth: Int { componentCount * recordWidth }

  /// out = base + scale·f(x). `out` may be `base`, never `x`.
  ///
  /// - Parameters: x, base, out: `stateWidth` rows; record: `wholeRecordWidth` rows; scratch: `scratchWidth` rows.
  package func evaluateWhole(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    for component in 0..<componentCount {
      let rows = rowsWritten(by: component)
      evaluate(
        component, layer, at: x.rows(rowsRead(by: component)), scale: scale, addingTo: base?.rows(rows), into: out.rows(rows),
        record: record?.part(component, of: self), scratch: scratch)
    }
  }

  /// out = base + scale·(∂f/∂x·v + ∂f/∂θ·direction). `out` may be `base`, never `v`; v nil is zero.
  package func pushforwardWhole(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    for component in 0..<componentCount {
      let (read, rows) = (rowsRead(by: component), rowsWritten(by: component))
      pushforward(
        component, layer, direction: direction, at: x.rows(read), record: record.part(component, of: self), tangent: v?.rows(read), scale: scale,
        addingTo: base?.rows(rows), into: out.rows(rows), scratch: scratch)
    }
  }

  /// q += scale·(∂f/∂x)ᵀp, and the gradient accumulates scale·(∂f/∂θ)ᵀp.
  ///
  /// `q` may be `p`, unless the field is partitioned, because each component then reads the rows of the other.
  package func pullbackWhole(
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

extension Block {
  /// The record of one component within the record of a whole evaluation.
  package func part(_ component: Int, of field: any VectorField) -> Block {
    rows(component * field.recordWidth..<(component + 1) * field.recordWidth)
  }

  /// Slot `index` of equal slots of `height` rows, one after the other.
  package func slot(_ index: Int, of height: Int) -> Block { rows(index * height..<(index + 1) * height) }
}

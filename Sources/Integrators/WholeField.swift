import LinearAlgebra
import VectorFields

<<<<<<< HEAD
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
=======
/// The field as one map f of its whole state: all components at the same state, each with its own record.
///
/// This is what a scheme means that was written for one equation ẏ = f(y); staggered schemes such as `verlet` call the components by themselves.
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
>>>>>>> fb21118 (integrators: Runge–Kutta of any tableau, polynet, FractalNet, Adams–Bashforth, linear multi-step, leapfrog, midpoint, RevNet)
        record: record?.part(component, of: self), scratch: scratch)
    }
  }

<<<<<<< HEAD
  /// out = base + scale·(J·v + ∂f/∂θ·direction). `out` may be `base`, never `v`; v nil is zero.
  func pushforwardWhole(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block, into out: Block, scratch: Block
=======
  /// out = base + scale·(∂f/∂x·v + ∂f/∂θ·direction). `out` may be `base`, never `v`.
  package func pushforwardWhole(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
>>>>>>> fb21118 (integrators: Runge–Kutta of any tableau, polynet, FractalNet, Adams–Bashforth, linear multi-step, leapfrog, midpoint, RevNet)
  ) {
    for component in 0..<componentCount {
      let (read, rows) = (rowsRead(by: component), rowsWritten(by: component))
      pushforward(
<<<<<<< HEAD
        component, layer, direction: direction, at: x.rows(read), record: record.part(component, of: self), tangent: v?.rows(read), scale: scale,
        addingTo: base.rows(rows), into: out.rows(rows), scratch: scratch)
    }
  }

  /// q += scale·Jᵀp, and the gradient accumulates scale·(∂f/∂θ)ᵀp. `q` is another block than `p`.
  func pullbackWhole(
=======
        component, layer, direction: direction, at: x.rows(read), record: record.part(component, of: self), tangent: v.rows(read), scale: scale,
        addingTo: base?.rows(rows), into: out.rows(rows), scratch: scratch)
    }
  }

  /// q += scale·(∂f/∂x)ᵀp, and the gradient accumulates scale·(∂f/∂θ)ᵀp.
  ///
  /// `q` may be `p` unless the field is partitioned: its components read each other's rows.
  package func pullbackWhole(
>>>>>>> fb21118 (integrators: Runge–Kutta of any tableau, polynet, FractalNet, Adams–Bashforth, linear multi-step, leapfrog, midpoint, RevNet)
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
<<<<<<< HEAD
=======

extension Block {
  /// The record of one component within the record of a whole evaluation.
  func part(_ component: Int, of field: any VectorField) -> Block {
    rows(component * field.recordWidth..<(component + 1) * field.recordWidth)
  }

  /// Slot `index` of equal slots of `height` rows, one after the other.
  func slot(_ index: Int, of height: Int) -> Block { rows(index * height..<(index + 1) * height) }
}
>>>>>>> fb21118 (integrators: Runge–Kutta of any tableau, polynet, FractalNet, Adams–Bashforth, linear multi-step, leapfrog, midpoint, RevNet)

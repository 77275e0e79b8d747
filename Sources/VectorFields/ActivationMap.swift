import LinearAlgebra

/// x ↦ c·σ(x) + d·x, elementwise and without weights. The record is σ'(x).
///
/// If d ≠ 0, the linear term is added first. With base = x and scale = −1/d it cancels exactly, and the result is exactly c·scale·σ(x). Cost: one pass, or two if d ≠ 0.
package struct ActivationMap: LayerMap {
  package let outputs: Int
  package let activation: Activation
  private let factor: Double
  private let linear: Double

  package init(_ activation: Activation, factor c: Double, linear d: Double, rows: Int) {
    self.activation = activation
    factor = c
    linear = d
    outputs = rows
  }

  package var recordWidth: Int { outputs }
  package var scratchWidth: Int { outputs }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    var sum = base
    if linear != 0 {
      add(linear * scale, x, to: base, into: out)
      sum = out
    }
    activate(activation, x, scale: factor * scale, addingTo: sum, into: out, slope: record?.rows(0..<outputs))
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    multiplyByDerivative(v, record, scale, base, out, scratch)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    multiplyByDerivative(p, record, scale, base, q, scratch)
  }

  /// out = base + scale·(c·σ' + d)⊙v; `out` may be any of the others, because d·v is kept in scratch.
  private func multiplyByDerivative(_ v: Block, _ record: Block, _ scale: Double, _ base: Block?, _ out: Block, _ scratch: Block) {
    let slopes = record.rows(0..<outputs)
    guard linear != 0 else { return multiply(factor * scale, slopes, v, addingTo: base, into: out) }
    let sum = scratch.rows(0..<outputs)
    add(linear * scale, v, to: base, into: sum)
    multiply(factor * scale, slopes, v, addingTo: sum, into: out)
  }
}

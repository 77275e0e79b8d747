import LinearAlgebra
import VectorFields

/// The linear test equation of a scheme: ẏ = λy with a complex number λ, as a field of real numbers in float64.
///
/// A complex number is two rows, its real and its imaginary part. The partitioned form is ẏ = λz, ż = λy, whose matrix has the eigenvalues ±λ; schemes such as `verlet` step that one. A scheme that is applied to this field gives its
/// own stability function, without a list of formulas beside it (`StabilityFunction`).
struct LinearTestField: VectorField {
  let factor: ComplexNumber
  let isSplit: Bool

  var width: Int { 2 }
  /// A complex number is one feature, so that a number of the scheme's for each feature multiplies both of its rows.
  var pixels: Int { 2 }
  var stateWidth: Int { isSplit ? 4 : 2 }
  var componentCount: Int { isSplit ? 2 : 1 }
  func rowsWritten(by component: Int) -> Range<Int> { isSplit && component == 1 ? 2..<4 : 0..<2 }
  func rowsRead(by component: Int) -> Range<Int> { isSplit && component == 0 ? 2..<4 : 0..<2 }
  var recordWidth: Int { 0 }
  var scratchWidth: Int { 0 }
  var parameters: [ParameterShape] { [] }

  func evaluate(_ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    add(factor, to: out, base, x, scale)
  }

  func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    if let v { return add(factor, to: out, base, v, scale) }
    if let base { if base.base != out.base { copy(base, into: out) } } else { fill(out, 0) }
  }

  func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    preconditionFailure("the linear test equation is stepped and never differentiated backwards")
  }

  /// out = base + scale·λx.
  private func add(_ factor: ComplexNumber, to out: Block, _ base: Block?, _ x: Block, _ scale: Double) {
    let (re, im) = (x.rows(0..<1), x.rows(1..<2))
    if let base { if base.base != out.base { copy(base, into: out) } } else { fill(out, 0) }
    combine(1, out.rows(0..<1), scale * factor.real, re, into: out.rows(0..<1))
    combine(1, out.rows(0..<1), -scale * factor.imaginary, im, into: out.rows(0..<1))
    combine(1, out.rows(1..<2), scale * factor.real, im, into: out.rows(1..<2))
    combine(1, out.rows(1..<2), scale * factor.imaginary, re, into: out.rows(1..<2))
  }
}

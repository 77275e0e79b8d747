import LinearAlgebra
import Settings

/// f(y) = −WᵀTσ(Wy + b), W = K/β, T = 2/(hL), β² ≥ ‖K‖₂² + ε²: the gradient flow at the largest step that is non-expansive for its K.
///
/// h is the size of the layer's step, L the largest slope of the activation, and β a bound of the norm by Gram iteration (`GramNorm`), with its derivative. Euler's step is y − (2/L)Wᵀσ(Wy + b) with ‖W‖₂ ≤ 1, which does not
/// depend on h. If the slopes lie in [0, L], then |x₊ − y₊| ≤ |x − y| in ℓ₂ for all x and y and every K: the energy (2/L)1ᵀΦ(Wy + b) is convex and its gradient has the Lipschitz constant 2‖W‖₂² ≤ 2, so that it is
/// ½-cocoercive (Theory.md §6.15). It holds for each layer, whatever the weights of the others, and for Runge–Kutta steps of circle radius 1 (heun, ssprk3, rk4).
///
/// `row_sums` reaches the same with sums in place of β (`RowSumGradientFlowField`), which is cheaper and works for convolutions, but there ‖W‖₂ is 1.8 to 2.1 times smaller than 1 for random kernels, and every layer does less.
///
/// Tensors: K hidden × n; b. W is computed once per batch, at the cost of `GramNorm`, ten products of square matrices, which for 256 × 256 is more than a batch of 256 samples takes. Gradients come back through β.
package final class TightGradientFlowField: MappedField {
  package let plan: LayerPlan
  package let map: ComposedMap
  package let frozenDynamics: FrozenDynamics?
  private let slope: Double

  /// Takes the option `hidden_width`, the rows of K.
  /// - Throws: `.incompatible` for an activation whose slopes are not in [0, L], or for convolutions.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let slopes = configuration.activation.slopeRange
    guard slopes.lowerBound >= 0, slopes.upperBound.isFinite else {
      throw Failure(.incompatible, "steps tight needs an activation whose slopes are at least 0; those of \(configuration.activation.name) begin at \(slopes.lowerBound)")
    }
    var plan = LayerPlan(configuration)
    guard plan.isDense else { throw Failure(.incompatible, "steps tight needs operator dense; for convolutions there is steps row_sums") }
    let weights = try plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient, prepared: .scaled(.tight))
    map = ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: -1)
    self.plan = plan
    slope = slopes.upperBound
    frozenDynamics = FrozenDynamics(.scaledDescent, configuration.activation, [])
  }

  package var isDamped: Bool { true }
  package var preparesForStepSize: Bool { true }
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) { preconditionFailure("the bound of the norm needs the step size") }
  package func finishGradient(_ gradient: Layer) { preconditionFailure("the bound of the norm needs the step size") }

  /// √(2/hL), the norm that the weights are scaled to.
  private func bound(_ h: Double) -> Double { (2 / (h * slope)).squareRoot() }

  package func prepare(_ layer: Layer, stepSize h: Double, for purpose: Purpose) { plan.prepare(layer, asDirection: false, bound: bound(h)) }
  package func prepareDirection(_ direction: Layer, at layer: Layer, stepSize h: Double) { plan.prepareDirection(direction, at: layer, bound: bound(h)) }
  package func finishGradient(_ gradient: Layer, at layer: Layer, stepSize h: Double) { plan.finishGradient(gradient, at: layer, bound: bound(h)) }
}

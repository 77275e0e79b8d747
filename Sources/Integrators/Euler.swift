import LinearAlgebra
import VectorFields

/// Forward Euler, y₊ = y + h f(y): the residual network.
///
/// Source: Haber & Ruthotto 2017, eq. 2.1; Lu et al. 2018 (ResNet, ResNeXt). Order 1. All parts of a partitioned field are evaluated at the old state. No step size is
/// stable for imaginary eigenvalues: `antisymmetric` needs γ > 0 (Theory.md §6.2).
package struct Euler: Integrator {
  package init() {}
  package var order: Int { 1 }
  package var takesOwnSteps: Bool { true }
  package func recordWidth(_ field: any VectorField) -> Int { field.wholeRecordWidth }
  /// The scratch of the field. For a partitioned field also a copy of the cotangent, because each component reads the rows of the other.
  package func scratchWidth(_ field: any VectorField) -> Int { field.scratchWidth + (field.isPartitioned ? field.stateWidth : 0) }

  /// The conditions are: for a rotation damped within the activation, h ≤ 2g/(L(g² + ‖S‖²)) (Theory.md §6.2); for one damped outside of it, h(γ + s)² ≤ 2(γ − ½s) (Theory.md §6.3); for descent, hs ≤ 2
  /// (Theory.md §6.4); for decay, hs ≤ 2 as well, which follows from the eigenvalues.
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    switch dynamics.kind {
    case .rotation(let g):
      guard g > 0 else { return .unknown("euler is stable at no step on imaginary eigenvalues: gamma must be > 0") }
      let square = 2 * g / (h * dynamics.slope) - g * g
      return square > 0 ? .atMost(dynamics.slope * square.squareRoot()) : .unknown("the damping alone is too strong for euler's step \(h): gamma must be < \(4 / (h * dynamics.slope))")
    case .dampedRotation(let gamma):
      guard gamma > 0 else { return .unknown("euler is stable at no step on imaginary eigenvalues: gamma must be > 0") }
      guard h * gamma < 2 else { return .unknown("the damping alone is too strong for euler's step \(h): gamma must be < \(2 / h)") }
      let linear = 2 * h * gamma + 1
      // The positive root of hs² + (2hγ + 1)s − γ(2 − hγ) = 0, without cancellation.
      let constant = gamma * (2 - h * gamma)
      return .atMost(2 * constant / (linear + (linear * linear + 4 * h * constant).squareRoot()))
    case .descent, .decay: return .atMost(2 / h)
    case .scaledDescent: return .unlimited
    default: return .unknown("euler is stable at no step on imaginary eigenvalues")
    }
  }

  /// Descent (Theory.md §6.4) and rotations damped outside of the activation (Theory.md §6.3).
  package func largestNonExpansiveSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    switch dynamics.kind {
    case .descent, .scaledDescent, .dampedRotation: largestStableSize(dynamics, stepSize: h)
    default: .unknown("euler is known to be non-expansive for descent, as of field gradient_flow, and for field antisymmetric_damped with gamma > 0")
    }
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    field.evaluateWhole(step.layer(), at: before, scale: step.stepSize, addingTo: before, into: after, record: record, scratch: scratch)
  }

  package func propagateSample(
    _ field: any VectorField, first: Layer, second: Layer, layers: Int, stepSize h: Double, states: (even: Block, odd: Block)
  ) -> Bool {
    guard field.componentCount == 1, let map = field.affineForm(0, first), let next = field.affineForm(0, second) else { return false }
    let stage = AffineStage(
      map.weights, bias: map.bias, next: (next.weights, next.bias), activation: map.activation, of: states.even, scale: map.sign * h,
      addingTo: states.even, into: states.odd)
    affineChain(stage, nil, layers: layers, precision: states.even.precision)
    return true
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    field.pushforwardWhole(
      step.layer(), direction: direction?.layer(), at: before, record: record, tangent: tangent, scale: step.stepSize, addingTo: tangent, into: out,
      scratch: scratch.rows(0..<field.scratchWidth))
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    var source = cotangent
    if field.isPartitioned {
      source = scratch.rows(field.scratchWidth..<field.scratchWidth + field.stateWidth)
      copy(cotangent, into: source)
    }
    field.pullbackWhole(
      step.layer(), at: before, record: record, scale: step.stepSize, cotangent: source, addingTo: cotangent, gradient: gradient?.layer(),
      scratch: scratch.rows(0..<field.scratchWidth))
  }
}

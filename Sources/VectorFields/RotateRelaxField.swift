import LinearAlgebra
import Settings

/// f(y) = (A − Aᵀ)y − Kᵀσ(Ky + b): a rotation and the relaxation of `gradient_flow`.
///
/// Source: none outside this library (Theory.md §2.9). If the slopes lie in [0, L], the flow is non-expansive, because the rotation is antisymmetric and the relaxation is the descent of a convex energy. The
/// integrators `cayley` and `exponential`, which apply an exact rotation and then an Euler step of the relaxation, are non-expansive for h ≤ 2/(L‖K‖²). About explicit schemes that do not split the field nothing
/// is claimed.
///
/// Over convolutions A is a matrix across the channels of each pixel, or with the option `rotation` kernel a convolution.
///
/// M = ½(A − Aᵀ) is computed once per batch. Its gradient G becomes dA = ½(G − Gᵀ). K is hidden × n. Cost: three products.
package final class RotateRelaxField: MappedField, RotatingField {
  package let plan: LayerPlan
  package let map: SumMap<AffineMap, ComposedMap>
  package var isDamped: Bool { true }
  package let frozenDynamics: FrozenDynamics?
  package let rotationOrder: Int?

  /// Takes the options `hidden_width`, the rows of K, and `rotation`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let isKernel = try configuration.options.text("rotation") == "kernel"
    let rotation = try plan.weight("A", prepared: .antisymmetric(damping: 0), by: isKernel ? nil : configuration.operators.ofPixels)
    rotationOrder = isKernel && !plan.isDense ? nil : configuration.width
    let weights = try plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = SumMap(
      AffineMap(rotation, bias: .none, nil, factor: 2),
      ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: -1))
    self.plan = plan
    frozenDynamics = FrozenDynamics(.rotationAndDescent, configuration.activation, [.init(weights)], degree: 2)
  }

  package var rotation: OperatorPlace { map.first.place }
  package var rotationKernel: ConvolutionGeometry? { (rotation.linearOperator as? ConvolutionOperator)?.geometry }

  package func evaluateRelaxation(
    _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    map.second.evaluate(layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: scratch)
  }

  package func pushforwardRelaxation(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    map.second.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: scale, addingTo: base, into: out, scratch: scratch)
  }

  package func pullbackRelaxation(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    map.second.pullback(layer, at: x, record: record, scale: scale, cotangent: p, addingTo: q, into: q, gradient: gradient, scratch: scratch)
  }
}

import LinearAlgebra

/// ÿ = σ(Ky + b) as ẏ = v, v̇ = σ(Ky + b), v(0) = 0: the second-order network of [HR].
///
/// Source: Haber & Ruthotto 2017, §4.2. Component 0 moves the visible y by the velocity, component 1 is the acceleration, which `leapfrog` takes as it is; Verlet on the pair is the same
/// scheme with the velocity remembered. Where K is symmetric with eigenvalues ≤ 0 and σ the identity, solutions for
/// constant weights oscillate, or drift where an eigenvalue is 0; of other K nothing is claimed. Cost: one product.
package final class SecondOrderField: PartitionedMappedField {
  package let plan: LayerPlan
  package let positionMap: ScalingMap
  package let momentumMap: AffineMap
  package var accelerationComponent: Int? { 1 }

  package init(_ configuration: FieldConfiguration) {
    var plan = LayerPlan(configuration)
    let weights = plan.weight("K")
    positionMap = ScalingMap(1, rows: configuration.width)
    momentumMap = AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation)
    self.plan = plan
  }
}

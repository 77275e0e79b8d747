import LinearAlgebra
import Settings

/// ÿ = σ(Ky + b) as ẏ = v, v̇ = σ(Ky + b), v(0) = 0: the second-order network of [HR].
///
/// Source: Haber & Ruthotto 2017, §4.2. Component 0 moves the visible y by the velocity. Component 1 is the acceleration, which `leapfrog` uses directly; `verlet` is the same scheme with the velocity in the state.
/// If K is symmetric with eigenvalues ≤ 0 and σ is the identity, solutions for constant weights oscillate, or drift along eigenvectors of the eigenvalue 0. For other K nothing is claimed. Cost: one product.
package final class SecondOrderField: PartitionedMappedField {
  package let plan: LayerPlan
  package let positionMap: ScalingMap
  package let momentumMap: AffineMap
  package var accelerationComponent: Int? { 1 }

  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K")
    positionMap = ScalingMap(1, rows: configuration.rows)
    momentumMap = AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation)
    self.plan = plan
  }
}

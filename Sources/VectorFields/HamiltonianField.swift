import LinearAlgebra
import Settings

/// ẏ = σ(Kz + b), ż = −σ(Kᵀy + b), z(0) = 0: a partitioned field whose block matrix is antisymmetric for every K.
///
/// Source: Haber & Ruthotto 2017, §4.3. Both components have the same bias. Component 0 moves the positions y, which the next block or the readout gets; component 1 moves the momenta z. A Verlet step preserves
/// volume, but is not symplectic. Cost: one product per component.
package final class HamiltonianField: PartitionedMappedField {
  package let plan: LayerPlan
  package let positionMap: AffineMap
  package let momentumMap: AffineMap
  package let frozenDynamics: FrozenDynamics?

  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K")
    let bias = plan.bias("b", of: weights)
    positionMap = AffineMap(weights, bias: bias, configuration.activation)
    momentumMap = AffineMap(weights.transposed, bias: bias, configuration.activation, factor: -1)
    self.plan = plan
    frozenDynamics = FrozenDynamics(.oscillation, configuration.activation, [.init(weights)])
  }
}

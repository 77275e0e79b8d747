import LinearAlgebra
import Settings

/// f(y) = σ(My + b) with M = ½(K − Kᵀ − γI): eigenvalues of the frozen Jacobian have real parts in [−½γ·max σ', −½γ·min σ'].
///
/// Source: Haber & Ruthotto 2017, eq. 4.12, with the factor ½. The statement on the eigenvalues holds for activations with slopes ≥ 0; for γ = 0 the eigenvalues are imaginary. It does not bound growth
/// (Theory.md §6.12). [HR] multiplies rows, Y·A, with A = Mᵀ: to use a K from there, transpose it.
///
/// M is computed once per batch (n² per layer). During the adjoint sweep its gradient G = Σ g·yᵀ accumulates in the place of K; at the end it becomes dK = ½(G − Gᵀ). Cost: one product.
package final class AntisymmetricField: MappedField {
  package let plan: LayerPlan
  package let map: AffineMap
  package let isDamped: Bool
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `gamma`, γ ≥ 0.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let gamma = try configuration.options.real("gamma")
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K", prepared: .antisymmetric(damping: gamma))
    map = AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation)
    self.plan = plan
    isDamped = gamma > 0
    frozenDynamics = FrozenDynamics(.rotation(damping: gamma / 2), configuration.activation, [.init(weights, isAntisymmetric: true)])
  }
}

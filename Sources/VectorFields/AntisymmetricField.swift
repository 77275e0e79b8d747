import LinearAlgebra
import Settings

/// f(y) = σ(My + b) with M = ½(K − Kᵀ − γI): eigenvalues of the frozen Jacobian have real parts in [−½γ·max σ', −½γ·min σ'].
///
/// Source: Haber & Ruthotto 2017, eq. 4.12, with the factor ½. That holds where slopes are ≥ 0; for γ = 0 the eigenvalues are purely imaginary. It is not a bound on growth (theory §5). The row
/// convention Y·A of [HR] has A = Mᵀ: pass the transpose of its K.
///
/// M is prepared once per batch (n² per layer); the gradient of M, G = Σ g·yᵀ, accumulates in K's place and becomes dK = ½(G − Gᵀ) at the end. Cost: one product.
package final class AntisymmetricField: MappedField {
  package let plan: LayerPlan
  package let map: AffineMap
  package let isDamped: Bool
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `gamma`, γ ≥ 0.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let gamma = try configuration.options.real("gamma")
    var plan = LayerPlan(configuration)
    let weights = plan.weight("K", prepared: .antisymmetric(damping: gamma))
    map = AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation)
    self.plan = plan
    isDamped = gamma > 0
    frozenDynamics = FrozenDynamics(.rotation(damping: gamma / 2), configuration.activation, [.init(weights, isAntisymmetric: true)])
  }
}

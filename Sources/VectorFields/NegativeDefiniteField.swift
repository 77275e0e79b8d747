import LinearAlgebra
import Settings

/// f(y) = σ(−CᵀCy + b): the frozen Jacobian −D·CᵀC has a real spectrum ≤ 0.
///
/// Source: Haber & Ruthotto 2017, §4.2, where it is the right-hand side of ÿ = f(y) for `leapfrog`. The condition is slopes ≥ 0: then D·CᵀC has the eigenvalues of the symmetric
/// D^½CᵀCD^½. Frozen: nothing is claimed about growth under switching slopes.
///
/// Composed from C (hidden × n) and Cᵀ, so that dC = −C(G + Gᵀ) comes as the two contributions of one tensor (theory §3). Cost: two products.
package final class NegativeDefiniteField: MappedField {
  package let plan: LayerPlan
  package let map: ComposedMap
  package var isDamped: Bool { true }
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `hidden_width`, the rows of C.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = plan.weight("C", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = ComposedMap(
      AffineMap(weights, bias: .none, nil, factor: -1),
      then: AffineMap(weights.transposed, bias: plan.bias("b", of: weights.transposed), configuration.activation))
    self.plan = plan
    frozenDynamics = FrozenDynamics(.decay, configuration.activation, [.init(weights)], degree: 2)
  }
}
